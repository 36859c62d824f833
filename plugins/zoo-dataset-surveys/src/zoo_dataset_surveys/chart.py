"""A chart of the sky: all of it, or the field in which galaxies lie, in cells of equal area.

Both projections keep areas, so that numbers per cell are densities (ZEA and MOL of Calabretta & Greisen 2002). A field
is drawn about its own middle and the sky is cut where galaxies are few, so that right ascension 0 and the poles cut no
field in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from zoo.sky import unit_vectors
from zoo_dataset_surveys.coordinates import FULL_CIRCLE, POLE, Positions

FIELD = 60.0
"""Degrees from their middle within which all galaxies make a field."""

SMALLEST = 0.01
"""Degrees: the width of a field of one galaxy."""

MARGIN = 1.08
SLIMMEST = 0.4
"""The width of a field beside that of its galaxies, and its shorter side beside its longer one, at least."""

SEAM = 15.0
"""Degrees of right ascension without galaxies that are worth cutting the sky along."""

MOLLWEIDE = 2 * np.sqrt(2) * FULL_CIRCLE / np.pi
"""Degrees, from one end of the equator to the other."""


@dataclass(frozen=True, eq=False)
class Chart:
    """A grid of cells. wcs: from degrees to cells, whole numbers at their centres. shape: rows and columns of cells.

    whole: whether this is all the sky.
    """

    wcs: Any
    shape: tuple[int, int]
    whole: bool

    @property
    def side(self) -> float:
        """Degrees, of a cell; its square is the area of every cell."""
        return float(self.wcs.wcs.cdelt[1])

    @property
    def has_pole(self) -> bool:
        """Whether a pole is on the map, so that right ascensions run out through all of its sides."""
        ends = self.places(Positions(np.zeros(2), np.array([POLE, -POLE]))).T
        height, width = self.shape
        return any(-0.5 < column < width - 0.5 and -0.5 < row < height - 0.5 for column, row in ends)

    def places(self, positions: Positions) -> Float[np.ndarray, "2 galaxy"]:
        """Columns and rows of positions."""
        return np.stack(self.wcs.wcs_world2pix(positions.ra, positions.dec, 0))

    def counts(self, positions: Positions) -> Int[np.ndarray, "height width"]:
        """How many positions lie in each cell."""
        found = np.zeros(self.shape, np.int64)
        column, row = np.rint(self.places(positions)).astype(int)
        height, width = self.shape
        np.add.at(found, (row.clip(0, height - 1), column.clip(0, width - 1)), 1)
        return found

    def centres(self, detail: int = 1) -> Float[np.ndarray, "coordinate height width"]:
        """Column, row, ra and dec of the centres of cells, or of `detail` parts of them; NaN beyond the sky."""
        height, width = self.shape
        ends = [(np.arange(number * detail) + 0.5) / detail - 0.5 for number in (width, height)]
        column, row = np.meshgrid(*ends)
        return np.stack([column, row, *self.wcs.wcs_pix2world(column, row, 0)])


def of(positions: Positions, cells: int) -> Chart:
    """A chart with room for all positions, of so many cells on its longer side."""
    directions = unit_vectors(positions.ra, positions.dec)
    middle = directions.mean(axis=1)
    middle /= max(float(np.linalg.norm(middle)), 1e-9)
    if (middle @ directions).min() > np.cos(np.deg2rad(FIELD)):
        return field(positions, np.rad2deg(np.arctan2(middle[1], middle[0])), np.rad2deg(np.arcsin(middle[2])), cells)
    return sky(positions, cells)


def sky(positions: Positions, cells: int) -> Chart:
    """All the sky after Mollweide, cut along a right ascension where galaxies are few."""
    step = MOLLWEIDE / cells
    shape = (cells // 2, cells)
    made = projected("MOL", opposite_of_the_widest_gap(positions.ra), 0.0, step)
    made.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    return Chart(made, shape, whole=True)


def field(positions: Positions, ra: float, dec: float, cells: int) -> Chart:
    """The zenithal equal-area projection about a place, cut to the box that holds the galaxies."""
    flat = np.stack(projected("ZEA", ra, dec, 1.0).wcs_world2pix(positions.ra, positions.dec, 1))
    low, high = flat.min(axis=1), flat.max(axis=1)
    extent = np.maximum(high - low, SMALLEST) * MARGIN
    extent = np.maximum(extent, SLIMMEST * extent.max())
    step = extent.max() / cells
    width, height = np.ceil(extent / step - 1e-6).astype(int).tolist()
    made = projected("ZEA", ra, dec, step)
    made.wcs.crpix = (np.array([width, height]) + 1) / 2 - (low + high) / 2 / step
    return Chart(made, (height, width), whole=False)


def projected(name: str, ra: float, dec: float, step: float) -> Any:
    """The WCS of a projection about a place, with steps in degrees, east to the left, the place at pixel 0."""
    from astropy.wcs import WCS

    made = WCS(naxis=2)
    made.wcs.ctype = [f"RA---{name}", f"DEC--{name}"]
    made.wcs.crval, made.wcs.cdelt, made.wcs.crpix = [ra % FULL_CIRCLE, dec], [-step, step], [0.0, 0.0]
    made.wcs.cunit, made.wcs.radesys = ["deg", "deg"], "ICRS"
    return made


def opposite_of_the_widest_gap(ra: Float[np.ndarray, " galaxy"]) -> float:
    """The right ascension in the middle of a chart that is cut where no galaxy is; 180 where there is no such gap."""
    around = np.sort(ra)
    gaps = np.diff(around, append=around[0] + FULL_CIRCLE)
    widest = int(np.argmax(gaps))
    if gaps[widest] < SEAM:
        return FULL_CIRCLE / 2
    cut = around[widest] + gaps[widest] / 2
    return round((cut + FULL_CIRCLE / 2) / SEAM) * SEAM % FULL_CIRCLE
