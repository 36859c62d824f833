"""Tiles of DES: one band of a square of sky with north up, its mask and its weight (surveys.md 3.1 to 3.3)."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from zoo_dataset_surveys import sky
from zoo_dataset_surveys.standin import fits_bytes, light
from zoo_dataset_surveys.standin.field import Field
from zoo_dataset_surveys.standin.galaxy import Galaxy, generator, middle

BANDS = ("g", "r", "i", "z", "Y")
SCALE, SEEING, NOISE, COUNTS = 0.263, 0.45, 0.003, 1000.0
"""Arcsec per pixel, arcsec, nanomaggies per pixel, and counts of one nanomaggy: zero point 30."""

SIDE = 600
"""Pixels; real tiles have 10,000."""

NORTH = 70 / 3600
"""How far the second tile of a field lies from the first, in deg: they overlap."""

PLANES = ("SCI", "MSK", "WGT")


@dataclass(frozen=True)
class Tile:
    """A tile about a position in deg, with the galaxies in it."""

    ra: float
    dec: float
    galaxies: tuple[Galaxy, ...]

    @property
    def name(self) -> str:
        """DES and its centre, hhmm±ddmm, cut off."""
        hours, degrees = self.ra / 15, abs(self.dec)
        sign = "-" if self.dec < 0 else "+"
        return f"DES{int(hours):02d}{int(hours % 1 * 60):02d}{sign}{int(degrees):02d}{int(degrees % 1 * 60):02d}"

    def file_name(self, band: str, version: str = "r4920p02") -> str:
        """The name of its file in a band."""
        return f"{self.name}_{version}_{band}.fits.fz"

    def header(self, band: str) -> Any:
        """The header of its image."""
        more = {"BUNIT": "electrons", "MAGZERO": 30.0, "FILTER": band, "BAND": band, "TILENAME": self.name}
        return fits_bytes.header(self.ra, self.dec, (SIDE, SIDE), SCALE, **more)

    def file(self, band: str) -> bytes:
        """The file of a band: an empty unit, then image, mask and weight, each compressed in tiles by Rice's method."""
        from astropy.io import fits

        packed = [
            fits.CompImageHDU(plane, self.header(band), name=name, compression_type="RICE_1")
            for name, plane in zip(PLANES, planes(self, band), strict=True)
        ]
        return fits_bytes.written(fits.PrimaryHDU(), *packed)

    def pixel(self, ra: float, dec: float) -> tuple[float, float]:
        """Column and row of a position, from 0; NaN where there is none."""
        x, y = sky.to_pixels(sky.wcs(self.header("r")), np.array([ra]), np.array([dec]))
        return float(x[0]), float(y[0])

    def covers(self, ra: float, dec: float) -> bool:
        """Whether a position lies in the tile."""
        return all(-0.5 <= place < SIDE - 0.5 for place in self.pixel(ra, dec))

    def cutout(self, band: str, plane: int, ra: float, dec: float, width: float, height: float) -> bytes:
        """A plane about a position as the cutout service of Data Lab gives it, what lies beyond the tile cut off.

        width, height: deg; the first in right ascension, without cos δ.
        """
        from astropy.io import fits

        x, y = self.pixel(ra, dec)
        half = width * math.cos(math.radians(dec)) / 2 * 3600 / SCALE, height / 2 * 3600 / SCALE
        (left, right), (low, high) = (
            (max(round(c - h), 0), min(round(c + h), SIDE)) for c, h in zip((x, y), half, strict=True)
        )
        header = self.header(band)
        header["CRPIX1"] -= left
        header["CRPIX2"] -= low
        return fits_bytes.written(fits.PrimaryHDU(planes(self, band)[plane - 1][low:high, left:right], header))


@lru_cache(maxsize=64)
def planes(tile: Tile, band: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, mask and weight of a tile, in counts."""
    draws = generator(zlib.crc32(tile.name.encode()), BANDS.index(band))
    seen = light.image(tile.galaxies, sky.wcs(tile.header(band)), (SIDE, SIDE), band, SEEING)
    seen = COUNTS * (seen + draws.normal(0, NOISE, (SIDE, SIDE)))
    weight = np.full((SIDE, SIDE), (COUNTS * NOISE) ** -2, np.float32)
    return seen.astype(np.float32), np.zeros((SIDE, SIDE), np.int32), weight


def tiles(fields: Iterable[Field]) -> dict[str, Tile]:
    """A tile on each field, and on every fifth a second one to the north of it, by name."""
    found = list[Tile]()
    for number, field in enumerate(fields):
        ra, dec = middle(field.galaxies)
        found += [Tile(ra, dec + shift, field.galaxies) for shift in ((0.0, NORTH) if number % 5 == 0 else (0.0,))]
    return {tile.name: tile for tile in found}
