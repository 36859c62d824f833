"""A frame: the image of a piece of sky in one band, with its WCS, unit, mask and weight, from a FITS file or its bytes.

Read once, it serves all galaxies in it. Whatever is wrong ends as a ZooImageError: the file, what it is, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from zoo import cutout
from zoo.errors import ZooImageError
from zoo_dataset_surveys import fits_file, sky
from zoo_dataset_surveys.fits_file import Plane

NANOMAGGIES = 22.5
"""Magnitude of one nanomaggy (surveys.md 0.9)."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One band of a piece of sky. Row 0 is the first one of the file; pixel centres have whole numbers from 0.

    image: as stored. unit: as the file says it, or "". zero_point: the magnitude of one unit, None where it is not
    known. mask: zero where a pixel is good. weight: more than zero where it is.
    """

    name: str
    image: Plane
    wcs: Any
    unit: str = ""
    zero_point: float | None = None
    mask: Plane | None = None
    weight: Plane | None = None

    def __post_init__(self):
        for kind, plane in (("mask", self.mask), ("weight", self.weight)):
            if plane is not None and plane.shape != self.image.shape:
                raise ZooImageError(
                    f"{self.name} has {fits_file.size(self.image.shape)} pixels and its {kind} "
                    f"{fits_file.size(plane.shape)}: name the {kind} of this image.",
                    "E-FRAME-SHAPE",
                )

    @cached_property
    def pixel_scale(self) -> float:
        """Side of the pixel at the centre, in arcsec."""
        height, width = self.image.shape
        return sky.pixel_side(self.wcs, (width - 1) / 2, (height - 1) / 2)

    @property
    def nanomaggies(self) -> float:
        """How many nanomaggies one unit is (1/1000 for a count of DES). Raises ZooImageError where nobody said it."""
        if self.zero_point is None:
            raise ZooImageError(
                f"{self.name} is in {self.unit or 'an unknown unit'} without a zero point, so its fluxes compare with "
                "no others: say zero_point, the magnitude of one unit (22.5 for SDSS and Legacy, 30 for DES).",
                "E-FRAME-UNIT",
            )
        return 10 ** (0.4 * (NANOMAGGIES - self.zero_point))

    def bad(self, rows: slice, columns: slice) -> Bool[np.ndarray, "height width"]:
        """Which pixels of a window are not finite, under the mask or without weight."""
        found = ~np.isfinite(self.image[rows, columns])
        if self.mask is not None:
            found |= self.mask[rows, columns] != 0
        if self.weight is not None:
            found |= ~(self.weight[rows, columns] > 0)
        return found


def read(
    source: Path | bytes,
    name: str = "",
    hdu: int | str | None = None,
    band: str | None = None,
    zero_point: float | None = None,
    mask: Path | bytes | None = None,
    weight: Path | bytes | None = None,
) -> Frame:
    """The frame in a FITS file, which may be tile-compressed (.fz) or packed (.gz, .bz2). Raises ZooImageError.

    name: how messages call it. hdu: number or EXTNAME of the image, where several could be meant. band: the plane of a
    cube. zero_point: magnitude of one unit, before what the header says. mask, weight: files of their own, where they
    are not planes beside the image.
    """
    data, name = cutout.contents(source, name)
    found = cutout.named(name, lambda: _frame(data, name, hdu, band))
    given = {"zero_point": zero_point}
    given |= {kind: read_plane(file) for kind, file in (("mask", mask), ("weight", weight)) if file is not None}
    return replace(found, **{key: value for key, value in given.items() if value is not None})


def read_plane(source: Path | bytes, name: str = "", hdu: int | str | None = None) -> Plane:
    """The numbers of an image alone, with or without WCS, such as those of a mask. Raises ZooImageError."""
    data, name = cutout.contents(source, name)

    def numbers() -> Plane:
        with fits_file.opened(data) as units:
            return fits_file.pixels(fits_file.image(units, hdu))

    return cutout.named(name, numbers)


def _frame(data: bytes, name: str, hdu: int | str | None, band: str | None) -> Frame:
    with fits_file.opened(data) as units:
        unit = fits_file.image(units, hdu)
        image, header = fits_file.pixels(unit, band), unit.header
        mask, weight = (
            fits_file.beside(units, names, image.shape) for names in (fits_file.MASK_NAMES, fits_file.WEIGHT_NAMES)
        )
        wcs = sky.wcs(header)
        return Frame(name, image, wcs, str(header.get("BUNIT", "")).strip(), zero_point(header), mask, weight)


def zero_point(header: Any) -> float | None:
    """The magnitude of one unit by an image's header, None where it does not say it (surveys.md 0.9).

    MAGZERO of DES, a BUNIT of nanomaggies, or BANDS and IMAGETYP as the viewer of the Legacy Surveys writes them.
    """
    if isinstance(stated := header.get("MAGZERO"), int | float):
        return float(stated)
    if str(header.get("BUNIT", "")).strip().lower().startswith("nanomagg") or {"BANDS", "IMAGETYP"} <= set(header):
        return NANOMAGGIES
    return None
