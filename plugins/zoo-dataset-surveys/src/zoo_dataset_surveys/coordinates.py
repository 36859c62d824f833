"""Positions on the sky: degrees or sexagesimal text in, checked degrees (ICRS) out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from zoo import sky_frame
from zoo.errors import DataError
from zoo.label_table import LabelTable
from zoo.sky import unit_vectors

FULL_CIRCLE, POLE, HOURS = 360.0, 90.0, 24.0
CURVE = 16
"""Steps of halving in which the Z-curve comes to cells of 6 arcsec."""

SEXAGESIMAL = frozenset(":hd ")
"""What is in `10:45:03.2`, `10h45m03.2s` and `10 45 03.2`, and not in a number."""

COLONS = re.compile(r"([+-]?)(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d*)?)")


@dataclass(frozen=True)
class Positions:
    """Right ascension from 0 to 360 and declination from -90 to 90, in degrees, ICRS.

    Raises DataError, with the first row, for NaN and for what lies beyond: swapped columns and radians are named where
    they show.
    """

    ra: Float[np.ndarray, " galaxy"]
    dec: Float[np.ndarray, " galaxy"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "ra", np.asarray(self.ra, dtype=float))
        object.__setattr__(self, "dec", np.asarray(self.dec, dtype=float))
        if self.ra.shape != self.dec.shape or self.ra.ndim != 1:
            raise DataError(f"{self.ra.size} right ascensions and {self.dec.size} declinations: give both of each row.")
        _refuse(np.isnan(self.ra) | np.isnan(self.dec), self, "is missing: leave the row out, or look it up by its id")
        _refuse((self.dec < -POLE) | (self.dec > POLE), self, f"has a declination beyond ±90°{self._swapped()}")
        _refuse((self.ra < 0) | (self.ra > FULL_CIRCLE), self, "has a right ascension beyond 0° to 360°: add 360° to "
                "negative ones")  # fmt: skip

    def __len__(self) -> int:
        return len(self.ra)

    def at(self, rows: Shaped[np.ndarray, " chosen"]) -> Positions:
        """The positions of these rows."""
        return Positions(self.ra[rows], self.dec[rows])

    def _swapped(self) -> str:
        could = (np.abs(self.ra) <= POLE).all() and ((self.dec >= 0) & (self.dec <= FULL_CIRCLE)).all()
        return ": ra and dec may be swapped" if could else ": name the column of declinations in degrees"


def along_a_curve(ra: Float[np.ndarray, " galaxy"], dec: Float[np.ndarray, " galaxy"]) -> Int[np.ndarray, " galaxy"]:
    """The rows in an order in which neighbours on the sky mostly stand together: along a Z-curve through space.

    Neither the wrap of right ascension nor the poles are special.
    """
    cells = ((unit_vectors(ra, dec) + 1) / 2 * (2**CURVE - 1)).astype(np.uint64)
    bits = [(cell >> np.uint64(k) & np.uint64(1)) << np.uint64(3 * k + axis) for k in range(CURVE) for axis, cell in
            enumerate(cells)]  # fmt: skip
    return np.argsort(np.sum(bits, axis=0, dtype=np.uint64), kind="stable")


def of(table: LabelTable, ra: str, dec: str) -> Positions:
    """The positions in two columns of a table, as `read` has them; numbers are converted from the unit of their column,
    and all from the frame that the file states.

    Raises DataError also for a unit that is no angle, for one that is not that of the column's sexagesimal text, and
    for a frame that cannot be converted.
    """
    found = Positions(_in_degrees(table, ra, "hourangle"), _in_degrees(table, dec, "deg"))
    return Positions(*sky_frame.to_icrs(found.ra, found.dec, table.frames, (ra, dec), str(table.path)))


def read(ra: Sequence[str], dec: Sequence[str]) -> Positions:
    """The positions that two columns of text say: numbers are degrees, sexagesimal text is hours and degrees.

    Raises DataError for cells that are neither, and as `Positions` does.
    """
    return Positions(right_ascensions(ra), declinations(dec))


def right_ascensions(cells: Sequence[str]) -> Float[np.ndarray, " galaxy"]:
    """Degrees from `218.3128` or `14:33:15.08`, which is hours. Raises DataError for 24 hours and more."""
    return _degrees(cells, "hourangle")


def declinations(cells: Sequence[str]) -> Float[np.ndarray, " galaxy"]:
    """Degrees from `-0.7236` or `-00:43:24.9`, which keeps its sign."""
    return _degrees(cells, "deg")


def _in_degrees(table: LabelTable, column: str, unit: str) -> Float[np.ndarray, " galaxy"]:
    """A column in degrees; `unit` is that of sexagesimal text, which tables spell `hourangle` or `"h:m:s"`."""
    cells, stated = table.text(column), table.measured_in.get(column, "")
    written = [cell for cell in cells if not SEXAGESIMAL.isdisjoint(cell.strip())]
    if not written:
        return _degrees(cells, unit) * table.degrees(column)
    if stated and stated.strip("\"' ")[:1] != unit[0]:
        raise DataError(
            f"{column} in {table.path} is said to be in {stated!r} and has text such as {written[0]!r}, which is read "
            f"in {unit}: write it in degrees as numbers.",
            "E-POSITION-UNIT",
        )
    return _degrees(cells, unit)


def _degrees(cells: Sequence[str], unit: str) -> Float[np.ndarray, " galaxy"]:
    values = np.empty(len(cells))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # astropy only warns of 60 seconds and 24 hours
        for row, cell in enumerate(cells):
            try:
                values[row] = float(cell or "nan") if SEXAGESIMAL.isdisjoint(cell.strip()) else _angle(cell, unit)
            except (ValueError, Warning) as error:
                raise DataError(
                    f"Row {row + 1}: {cell!r} is no coordinate ({error}): write degrees as a number, or right "
                    "ascension in hours and declination in degrees with colons.",
                    "E-POSITION",
                ) from None
    return values


def _angle(cell: str, unit: str) -> float:
    """Degrees of sexagesimal text: what has colons by itself, as catalogues write it, the rest by astropy."""
    found = COLONS.fullmatch(cell.strip())
    if found and (unit != "hourangle" or int(found[2]) < HOURS):
        value = int(found[2]) + int(found[3]) / 60 + float(found[4]) / 3600
        return (-value if found[1] == "-" else value) * (FULL_CIRCLE / HOURS if unit == "hourangle" else 1)
    from astropy.coordinates import Angle

    return float(Angle(cell.strip(), unit=unit).deg)


def _refuse(bad: Bool[np.ndarray, " galaxy"], positions: Positions, why: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{bad.sum()} of {len(bad)} positions cannot be used; row {row + 1}, ra {positions.ra[row]:g} and dec "
            f"{positions.dec[row]:g}, {why}.",
            "E-POSITION",
        )
