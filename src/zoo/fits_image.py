"""FITS files: the header and the pixels of the first image in two or three dimensions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from jaxtyping import Shaped

from zoo.errors import ZooImageError

BLOCK = 2880
"""Bytes of a FITS block; a whole file is a multiple of it (FITS standard 4.0, section 3.1)."""


def header(kind: str, data: bytes) -> tuple[str, str, int, int, int]:
    """Format, type of the numbers, bands, height and width."""
    with image_unit(data) as unit:
        shape = (1, *unit.shape)[-3:]
        return kind, f"BITPIX {unit.header['BITPIX']}", *map(int, shape)


def pixels(kind: str, data: bytes) -> Shaped[np.ndarray, "band height width"]:
    """The numbers with BSCALE and BZERO applied, in the machine's byte order; a plane is one band."""
    with image_unit(data) as unit:
        values = np.asarray(unit.data)
        return values.astype(values.dtype.newbyteorder("=")).reshape((1, *values.shape)[-3:])


@contextmanager
def image_unit(data: bytes) -> Iterator[Any]:
    """The first header-data unit with an image of two or three dimensions, of a file that is all there."""
    try:
        from astropy.io import fits
    except ImportError:
        raise ZooImageError(
            "is FITS, which astropy reads: pip install 'galaxy-model-zoo[fits]'.", "E-IMAGE-EXTRA"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what astropy warns of is either refused below or of no concern to pixels
        with fits.open(BytesIO(data), memmap=False) as units:
            check_whole(units, data)
            for unit in units:
                if unit.is_image and len(unit.shape) in (2, 3) and 0 not in unit.shape:
                    yield unit
                    return
            found = ", ".join(f"{u.name or 'unnamed'} {'×'.join(map(str, getattr(u, 'shape', ())))}" for u in units)
    raise ZooImageError(f"has no image of 2 or 3 dimensions (it holds {found}): add one.", "E-IMAGE-FORMAT")


def check_whole(units: Any, data: bytes) -> None:
    """Raise ZooImageError if a file ends before its last unit does.

    units: the file as astropy opened it, an HDUList. data: all its bytes.
    """
    ends = [info["datLoc"] + info["datSpan"] for unit in units if (info := unit.fileinfo())]
    expected = max([*ends, -(-len(data) // BLOCK) * BLOCK])
    if len(data) < expected:
        raise ZooImageError(
            f"is truncated: {len(data)} of at least {expected} bytes, retrieve it again.", "E-IMAGE-TRUNCATED"
        )
