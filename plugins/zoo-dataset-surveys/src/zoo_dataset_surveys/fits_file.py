"""FITS files of surveys: which of their units is the image, and the sentence for those that have none or too many."""

from __future__ import annotations

import bz2
import gzip
import warnings
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from jaxtyping import Num

from zoo import cutout, fits_image
from zoo.errors import ZooImageError

MASK_NAMES = frozenset({"MSK", "MASK", "DQ", "DQMASK", "MASKBITS"})
WEIGHT_NAMES = frozenset({"WGT", "WEIGHT", "WHT", "IVAR", "INVVAR"})
IMAGE_NAMES = frozenset({"SCI", "IMAGE"})
"""What surveys call their planes (EXTNAME)."""

UNPACK = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress}
"""How to unpack a file, by its first bytes."""

Unit = Any
Plane = Num[np.ndarray, "height width"]


@contextmanager
def opened(data: bytes) -> Iterator[list[Unit]]:
    """The units of a FITS file, plain, tile-compressed or packed by gzip or bzip2. Raises ZooImageError."""
    from astropy.io import fits

    data = unpacked(data)
    check_is_fits(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what astropy warns of is either refused below or of no concern to pixels
        try:
            units = fits.open(BytesIO(data), memmap=False)
        except OSError:  # a header without its last card
            raise truncated(data) from None
        with units:
            fits_image.check_whole(units, data)
            yield list(units)


def unpacked(data: bytes) -> bytes:
    """The file itself. Raises ZooImageError where the packed one ends early."""
    for magic, unpack in UNPACK.items():
        if data.startswith(magic):
            try:
                return unpack(data)
            except (EOFError, ValueError, OSError, zlib.error):
                raise truncated(data) from None
    return data


def truncated(data: bytes) -> ZooImageError:
    """The refusal of a file that ends before it should."""
    return ZooImageError(f"is truncated: it ends after {len(data)} bytes, retrieve it again.", "E-IMAGE-TRUNCATED")


def check_is_fits(data: bytes) -> None:
    """Raise ZooImageError for what services send in place of FITS: pages, sentences, pictures (surveys.md 0.2)."""
    start = data[:200]
    if start and start.isascii() and start[:1].isalpha() and not b"SIMPLE".startswith(start[:6]):
        said = " ".join(start.decode().split())[:80]
        raise ZooImageError(f"is text that says '{said}', not FITS: mend the request.", "E-IMAGE-FORMAT")
    if (kind := cutout.sniff(data)) != "FITS":
        raise ZooImageError(f"is {kind}, not FITS: retrieve the frame, not a picture of it.", "E-IMAGE-FORMAT")


def image(units: list[Unit], hdu: int | str | None = None) -> Unit:
    """The unit of the image: the one that is asked for, or the only one that can be meant. Raises ZooImageError.

    Meant are units of two or three dimensions that are not called after masks or weights; where there are several, the
    one that is called SCI or IMAGE.
    """
    if hdu is not None:
        return asked_for(units, hdu)
    planes = MASK_NAMES | WEIGHT_NAMES
    meant = [unit for unit in units if drawable(unit) and unit.name.upper() not in planes]
    named = [unit for unit in meant if unit.name.upper() in IMAGE_NAMES]
    if len(meant) != 1 and len(named) != 1:
        raise ZooImageError(
            f"has {len(meant) or 'no'} {'images' if len(meant) > 1 else 'image of 2 dimensions'} (it holds "
            f"{listing(units)}): {'say which, such as hdu=1' if meant else 'take another file'}.",
            "E-FRAME-HDU",
        )
    return named[0] if len(named) == 1 else meant[0]


def asked_for(units: list[Unit], hdu: int | str) -> Unit:
    """The unit of this number or name. Raises ZooImageError."""
    found = [unit for number, unit in enumerate(units) if hdu in (number, unit.name)]
    if not found or not drawable(found[0]):
        raise ZooImageError(f"has no image in hdu={hdu} (it holds {listing(units)}): name another one.", "E-FRAME-HDU")
    return found[0]


def drawable(unit: Unit) -> bool:
    """Whether a unit is an image of two or three dimensions with pixels in it."""
    return unit.is_image and len(unit.shape) in (2, 3) and 0 not in unit.shape


def listing(units: list[Unit]) -> str:
    """The units of a file, for people."""
    return ", ".join(
        f"{n} {u.name or 'unnamed'} {size(getattr(u, 'shape', ())) or 'empty'}" for n, u in enumerate(units)
    )


def size(shape: tuple[int, ...]) -> str:
    """Sides as people write them, width first."""
    return "×".join(str(side) for side in reversed(shape))


def pixels(unit: Unit, band: str | None = None) -> Plane:
    """The numbers of an image in the machine's byte order; of a cube, the plane of this band. Raises ZooImageError.

    A cube names its bands in BANDS, a letter each, as the cutouts of the Legacy Surveys do (surveys.md 3.4).
    """
    values = np.asarray(unit.data)
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.ndim == 2:
        return values
    bands = list(str(unit.header.get("BANDS", "")).strip())
    if len(values) == 1 or (band in bands and len(bands) == len(values)):
        return values[bands.index(band) if band in bands else 0]
    raise ZooImageError(
        f"is a cube of {size(values.shape)} with the bands {''.join(bands) or 'unnamed'}, asked for was "
        f"band={band or 'null'}: name one of them.",
        "E-FRAME-SHAPE",
    )


def beside(units: list[Unit], names: Collection[str], shape: tuple[int, ...]) -> Plane | None:
    """The plane of one of these names that belongs to an image of this shape, where there is one."""
    found = (unit for unit in units if drawable(unit) and unit.name.upper() in names and unit.shape == shape)
    return next((pixels(unit) for unit in found), None)
