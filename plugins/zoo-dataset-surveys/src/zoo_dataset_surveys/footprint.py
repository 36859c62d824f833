"""A footprint: which piece of sky a file shows in which band, from its headers alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from zoo import cutout
from zoo.errors import ZooImageError
from zoo.sky import unit_vectors
from zoo_dataset_surveys import fits_file, sky
from zoo_dataset_surveys.sky import Numbers

BAND_KEYS = ("BAND", "FILTER")
"""Header keys whose first word is the band, such as `g` and `g DECam SDSS c0001`."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """A file that shows a piece of sky in a band. shape: height and width of its image, pixels."""

    path: Path
    band: str
    wcs: Any
    shape: tuple[int, int]

    @cached_property
    def centre(self) -> Float[np.ndarray, "3"]:
        """The direction of its middle, as a unit vector."""
        height, width = self.shape
        return unit_vectors(*self.wcs.all_pix2world([(width - 1) / 2], [(height - 1) / 2], 0))[:, 0]

    @cached_property
    def radius(self) -> float:
        """The longest chord from its middle to a corner: what lies in it is not farther away."""
        height, width = self.shape
        corners = self.wcs.all_pix2world([-0.5, width - 0.5] * 2, [-0.5, -0.5, height - 0.5, height - 0.5], 0)
        return float(np.linalg.norm(unit_vectors(*corners) - self.centre[:, None], axis=0).max())

    def covers(self, ra: Numbers, dec: Numbers) -> Bool[np.ndarray, " galaxy"]:
        """Which positions (deg, ICRS) lie on one of its pixels."""
        x, y = sky.to_pixels(self.wcs, ra, dec)
        height, width = self.shape
        return (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)


def of(path: Path, band: str | None = None, hdu: int | str | None = None) -> list[Footprint]:
    """The footprints of a FITS file: one, or for a cube of bands one each. Raises ZooImageError.

    band: what its header need not say then. hdu: see `zoo_dataset_surveys.frame.read`.
    """
    return cutout.named(str(path), lambda: list(_of(path, band, hdu)))


def _of(path: Path, band: str | None, hdu: int | str | None) -> Iterator[Footprint]:
    from astropy.io import fits

    with open(path, "rb") as file:
        start = file.read(512)
    if not start.startswith(tuple(fits_file.UNPACK)):
        fits_file.check_is_fits(start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what astropy warns of is either refused or of no concern to positions
        with fits.open(path, memmap=True) as units:
            unit = fits_file.image(list(units), hdu)
            wcs, shape = sky.wcs(unit.header), tuple(unit.shape[-2:])
            for name in [band] if band else bands(unit.header, units[0].header, unit.shape):
                yield Footprint(path, name, wcs, shape)


def bands(header: Any, primary: Any, shape: tuple[int, ...]) -> list[str]:
    """The bands that headers name: the letters of BANDS for a cube, else one. Raises ZooImageError for none."""
    letters = str(header.get("BANDS", "")).strip()
    if letters and len(letters) == (shape[0] if len(shape) == 3 else 1):
        return list(letters)
    for key in BAND_KEYS:
        if words := str(header.get(key) or primary.get(key) or "").split():
            return words[:1]
    raise ZooImageError(
        f"does not say its band ({', '.join(BAND_KEYS)} are absent): say where its name does, such as "
        "dataset.pattern=*-{band}.fits.",
        "E-FRAME-BAND",
    )
