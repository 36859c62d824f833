"""Fields of SDSS: the frame of a run, camcol, field and band, as DR8 and later have it (surveys.md 2.6)."""

from __future__ import annotations

import bz2
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float32

from zoo_dataset_surveys import sky
from zoo_dataset_surveys.standin import fits_bytes, light
from zoo_dataset_surveys.standin.galaxy import RERUN, Galaxy, cells, generator, middle

SCALE, SEEING, NOISE = 0.396127, 0.65, 0.025
"""Arcsec per pixel, arcsec, and nanomaggies per pixel."""

ROUNDED = 2.0**-8
"""Nanomaggies to which pixels are rounded, so that they pack well; real frames are rounded too."""

CALIBRATION = 0.005
"""Nanomaggies per count."""

SKY, SOFT_BIAS = 120.0, 1000
"""Counts per pixel in the frames of DR7."""

SHAPE = (372, 512)
"""Rows and columns: a quarter of the real 1489 × 2048 either way."""


@dataclass(frozen=True)
class Field:
    """A field, turned as the scan was. shape: rows and columns of its frames."""

    run: int
    camcol: int
    number: int
    galaxies: tuple[Galaxy, ...]
    shape: tuple[int, int] = SHAPE

    def name(self, band: str) -> str:
        """The name of its frame in a band."""
        return f"frame-{band}-{self.run:06d}-{self.camcol}-{self.number:04d}.fits.bz2"

    def frame(self, band: str) -> bytes:
        """The file of its frame: image, calibration, sky and positions, packed by bzip2."""
        return frame(self, band)

    def corrected_frame(self, band: str) -> bytes:
        """The file of its frame in DR7, fpC: counts of 16 bits, with their sky and a soft bias."""
        from astropy.io import fits

        header = header_of(self, band)
        told = {"BUNIT": "DN", "RERUN": str(RERUN), "SOFTBIAS": SOFT_BIAS, "SKY": SKY, "FLUX20": 10 / CALIBRATION}
        header.update(told)
        counts = np.rint(fluxes(self, band) / CALIBRATION + SKY + SOFT_BIAS)
        return fits_bytes.written(fits.PrimaryHDU(counts.clip(0, 65535).astype(np.uint16), header))


@lru_cache(maxsize=128)
def frame(field: Field, band: str) -> bytes:
    """The file of a field's frame."""
    from astropy.io import fits

    rows, columns = field.shape
    model = np.zeros(1, [("ALLSKY", "f4", (12, 16)), ("XINTERP", "f4", columns), ("YINTERP", "f4", rows)])
    units = (
        fits.PrimaryHDU(fluxes(field, band), header_of(field, band)),
        fits.ImageHDU(np.full(columns, CALIBRATION, np.float32)),
        fits.BinTableHDU(model),
        fits.BinTableHDU(np.zeros(1, [("node", "f8"), ("incl", "f8")])),
    )
    return bz2.compress(fits_bytes.written(*units), 1)


def fluxes(field: Field, band: str) -> Float32[np.ndarray, "row column"]:
    """What a field's camera sees, without sky, in nanomaggies."""
    draws = generator(field.run * 6 + field.camcol, zlib.crc32(f"{field.number} {band}".encode()))
    seen = light.image(field.galaxies, sky.wcs(header_of(field, band)), field.shape, band, SEEING)
    noisy = seen + draws.normal(0, NOISE, field.shape)
    return (np.rint(noisy / ROUNDED) * ROUNDED).astype(np.float32)


def header_of(field: Field, band: str) -> Any:
    """The header of a frame, turned as its camera column was in its run."""
    turn = generator(field.run, field.camcol)
    angle, flip = turn.uniform(0, 2 * math.pi), int(turn.choice([-1, 1]))
    names = {"RUN": field.run, "RERUN": "301", "CAMCOL": field.camcol, "FRAME": field.number}
    more = {"BUNIT": "nanomaggy", "FILTER": band, **names}
    return fits_bytes.header(*middle(field.galaxies), field.shape, SCALE, angle, flip, **more)


def fields(galaxies: Iterable[Galaxy], shape: tuple[int, int] = SHAPE) -> dict[tuple[int, int, int], Field]:
    """The fields that these galaxies lie in, by run, camcol and field."""
    some, found = list(galaxies), dict[tuple[int, int, int], list[Galaxy]]()
    for galaxy, cell in zip(some, cells(some), strict=True):
        found.setdefault(cell, []).append(galaxy)
    return {cell: Field(*cell, tuple(inside), shape) for cell, inside in found.items()}
