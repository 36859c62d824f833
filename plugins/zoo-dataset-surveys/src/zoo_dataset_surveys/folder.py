"""A folder of FITS files as a source of frames: found by what their headers or names say, chosen by the sky."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from zoo import progress
from zoo.errors import DataError, ZooError
from zoo.image_files import names
from zoo.label_table import some
from zoo.sky import unit_vectors
from zoo_dataset_surveys import footprint
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import readings
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.footprint import Footprint
from zoo_dataset_surveys.services.tiles import tile_in

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

SUFFIXES = tuple(kind + packed for kind in (".fits", ".fit", ".fts") for packed in ("", ".fz", ".gz", ".bz2"))
"""Ends of the names of FITS files, in lower case."""

WAVELENGTH = "uvgrizyYjJhHkK"
"""Bands from blue to red; others stand behind them, by name."""

MANY = 100
"""Files from which on reading their headers has a progress bar."""


class Folder:
    """The frames in a folder, however deep they lie. A galaxy is cut out of the one whose centre is nearest to it.

    pattern: of their names or paths, with `*` for anything and `{band}` for the band; null takes all FITS files, which
    say their bands in their headers. bands: which, and their order; None takes all that are found, from blue to red.
    hdu: of the image, where several could be meant. Raises DataError for a folder without frames.
    """

    def __init__(
        self,
        path: Path,
        pattern: str | None = None,
        bands: Sequence[str] | None = None,
        hdu: int | str | None = None,
    ):
        self.path, self.pattern, self.hdu = Path(path), pattern, hdu
        self._bands = bands and list(map(str, bands))
        if pattern is not None:
            expression(pattern)

    @cached_property
    def files(self) -> Mapping[str, str | None]:
        """The paths of all frames within the folder, and their bands where the names say them."""
        if not self.path.is_dir():
            raise DataError(f"The folder of frames {self.path} does not exist: name it with dataset.frames=DIR.")
        found = {name: self._band(name) for name in sorted(names(self.path))}
        kept = {name: band for name, band in found.items() if band != "" and name.lower().endswith(SUFFIXES)}
        if not kept:
            wanted = f" called {self.pattern}" if self.pattern else ""
            raise DataError(f"{self.path} has no FITS file{wanted} among its {len(found)} files: name another folder.")
        return kept

    @cached_property
    def bands(self) -> list[str]:
        """The bands, in their order."""
        if self._bands:
            return self._bands
        found = {*self.files.values()} if self.pattern else {one.band for one in self.footprints}
        return by_wavelength(found)

    @cached_property
    def footprints(self) -> list[Footprint]:
        """What each frame shows, of the wanted bands. Raises ZooImageError for a file that shows no piece of sky."""
        files = self.files.items()
        read = progress.track(files, "reading headers of frames", len(files)) if len(files) > MANY else files
        found = [one for name, band in read for one in footprint.of(self.path / name, band, self.hdu)]
        known = {one.band for one in found}
        if absent := [band for band in self._bands or () if band not in known]:
            raise DataError(
                f"{self.path} has frames of {some(sorted(known), 12)} and none of {', '.join(absent)}: mend "
                "dataset.bands, or add them."
            )
        return [one for one in found if self._bands is None or one.band in self._bands]

    def state(self, targets: Iterable[Target]) -> str:
        """Names, sizes and times of change of all frames, and which bands are wanted."""
        stats = [(name, (self.path / name).stat()) for name in self.files]
        return repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats] + [self.pattern, self._bands])

    def frames(self, targets: Iterable[Target]) -> Iterator[tuple[Mapping[str, Path | None], list[Target]]]:
        """Groups of galaxies with the files of each band that show them, None for a band that shows them nowhere."""
        targets = list(targets)
        ra, dec = (np.array([target[k] for target in targets], float) for k in (1, 2))
        chosen = np.stack([self._nearest(band, ra, dec) for band in self.bands], axis=1)
        groups: dict[tuple[int, ...], list[Target]] = {}
        for target, key in zip(targets, map(tuple, chosen.tolist()), strict=True):
            groups.setdefault(key, []).append(target)
        for key, some_targets in groups.items():
            files = [self.footprints[k].path if k >= 0 else None for k in key]
            yield dict(zip(self.bands, files, strict=True)), some_targets

    def close(self) -> None:
        """Say nothing: what no frame shows has that as its reason."""

    def tile(self, file: Path) -> str:
        """The tile of DES that a file's name says."""
        return tile_in(str(file))

    def refuse_elsewhere(self, positions: Positions) -> None:
        """Raise DataError where no frame shows any galaxy; it says if hours or swapped columns are to blame."""
        if self._shown(positions):
            return
        telling = [f"{shown} do if {what}" for what, read in readings(positions) if (shown := self._shown(read))]
        raise DataError(
            f"None of {len(positions)} galaxies lies in one of the {len(self.footprints)} frames of {self.path}"
            + (f", but {telling[0]}: mend dataset.ra and dataset.dec." if telling else self._where(positions)),
            "E-POSITION",
        )

    def _shown(self, positions: Positions) -> int:
        """How many positions lie in a frame of any band."""
        found = [self._nearest(band, positions.ra, positions.dec) >= 0 for band in self.bands]
        return int(np.any(found, axis=0).sum())

    def _where(self, positions: Positions) -> str:
        """Where the frames are and where the galaxies are, for messages."""
        x, y, z = np.mean([one.centre for one in self.footprints], axis=0)
        ra, dec = np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))
        first = f"ra {positions.ra[0]:.4f}, dec {positions.dec[0]:.4f}"
        return f": they lie about ra {ra:.4f}, dec {dec:.4f}, the first galaxy at {first}; name frames of its field."

    def _nearest(self, band: str, ra: np.ndarray, dec: np.ndarray) -> Int[np.ndarray, " galaxy"]:
        """The frame of a band whose centre is nearest among those that show a galaxy; -1 for none."""
        from scipy.spatial import cKDTree

        here = unit_vectors(ra, dec).T
        best, chosen = np.full(len(here), np.inf), np.full(len(here), -1)
        tree = cKDTree(here)
        for number in self._about(here):
            one = self.footprints[number]
            if one.band != band or not (near := tree.query_ball_point(one.centre, one.radius * (1 + 1e-6))):
                continue
            rows = np.array(near)[one.covers(ra[near], dec[near])]
            far = np.linalg.norm(here[rows] - one.centre, axis=1)
            nearer = far < best[rows]
            best[rows[nearer]], chosen[rows[nearer]] = far[nearer], number
        return chosen

    def _about(self, here: Float[np.ndarray, "galaxy 3"]) -> list[int]:
        """The frames that lie near enough to show one of these directions, in their order, and few others."""
        if not len(here):
            return []
        middle = here.mean(axis=0)
        far = np.linalg.norm(here - middle, axis=1).max() + self._reach
        return sorted(self._centres.query_ball_point(middle, far * (1 + 1e-6)))

    @cached_property
    def _reach(self) -> float:
        """The radius of the largest frame."""
        return max(one.radius for one in self.footprints)

    @cached_property
    def _centres(self) -> cKDTree:
        """The middles of all frames."""
        from scipy.spatial import cKDTree

        return cKDTree(np.stack([one.centre for one in self.footprints]))

    def _band(self, name: str) -> str | None:
        """The band that a file's path says: None where names say nothing, "" for a file that is not meant."""
        if self.pattern is None:
            return None
        found = expression(self.pattern, tuple(self._bands or ())).search(name)
        return found["band"] if found else ""


@cache
def expression(pattern: str, bands: tuple[str, ...] = ()) -> re.Pattern[str]:
    """A pattern of names, which begins where the name of a folder or file begins. Raises ZooError without a band."""
    if pattern.count("{band}") != 1:
        raise ZooError(f"dataset.pattern={pattern} has to say where the band stands, such as frame-{{band}}-*.fits.")
    before, after = (".*".join(map(re.escape, part.split("*"))) for part in pattern.split("{band}"))
    band = "|".join(map(re.escape, bands)) or r"[^/_.\-]+"
    return re.compile(f"(?:^|/){before}(?P<band>{band}){after}$")


def by_wavelength(bands: Iterable[str]) -> list[str]:
    """Bands from blue to red; those whose names say no wavelength stand behind them, by name."""
    place = {letter: number for number, letter in enumerate(WAVELENGTH)}
    return sorted(bands, key=lambda band: (place.get(band[0], len(place)), band))
