"""The cutout of one galaxy: JPEG, PNG, TIFF or FITS in, an array "band height width" out, by one rule (docs/images.md).

Whatever is wrong with a file ends as a ZooImageError: the file, what it is, what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from zoo import fits_image, raster
from zoo.errors import MissingImage, ZooImageError

MAX_PIXELS = 64_000_000
"""Pixels of three bands above which an image is refused before it is decoded; survey cutouts have fewer than 2 M."""

MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"SIMPLE  =": "FITS",
}
"""First bytes of what can be read."""

STRANGERS = {
    b"%!PS": "EPS",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"%PDF": "PDF",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"RIFF": "WebP",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
}
"""First bytes of what cannot, so that the refusal can name it."""

Result = TypeVar("Result")


class Header(NamedTuple):
    """What a file says of its image before it is decoded; sides in pixels, as they will be decoded."""

    format: str
    mode: str
    bands: int
    height: int
    width: int


def read(
    source: Path | bytes, name: str = "", limits: Sequence[float] | None = None, max_pixels: int = MAX_PIXELS
) -> UInt8[np.ndarray, "band height width"] | Float[np.ndarray, "band height width"]:
    """The pixels of an image file, uint8 or float32 in [0, 1]; row 0 is the first one in the file.

    source: a path, or the bytes of a file. name: how messages call it. limits: the two values that become 0 and 1 in
    images of floating-point or 32-bit numbers; what lies beyond is clipped to them. Raises ZooImageError.
    """
    data, name = contents(source, name)

    def decode() -> np.ndarray:
        kind = sniff(data)
        within(max_pixels, reader(kind).header(kind, data))
        return to_unit(reader(kind).pixels(kind, data), limits)

    return named(name, decode)


def check_header(source: Path | bytes, name: str = "", max_pixels: int = MAX_PIXELS) -> Header:
    """The quick check of a file: first bytes, sides and last bytes, without decoding. Raises ZooImageError."""
    data, name = contents(source, name)

    def check() -> Header:
        kind = sniff(data)
        return within(max_pixels, reader(kind).header(kind, data))

    return named(name, check)


def fit(image: Shaped[np.ndarray, "band height width"], size: int) -> Shaped[np.ndarray, "band size size"]:
    """Pad with zeros or crop about the centre to `size` pixels a side, without resampling.

    Pixel n // 2 of a side of n becomes pixel size // 2, so padding and cropping back is the identity.
    """
    (rows, to_rows), (columns, to_columns) = (overlap(n, size) for n in image.shape[1:])
    fitted = np.zeros((len(image), size, size), image.dtype)
    fitted[:, to_rows, to_columns] = image[:, rows, columns]
    return fitted


def overlap(have: int, want: int) -> tuple[slice, slice]:
    """Which pixels of a side stay, and where they stand on the new side."""
    first = have // 2 - want // 2
    start, end = max(first, 0), min(first + want, have)
    return slice(start, end), slice(start - first, end - first)


def contents(source: Path | bytes, name: str) -> tuple[bytes, str]:
    """The bytes of a source and its name."""
    if isinstance(source, bytes):
        return source, name or "the image"
    name = name or str(source)
    try:
        return Path(source).read_bytes(), name
    except FileNotFoundError:
        raise MissingImage(f"{name} does not exist: retrieve it again, or leave its row out.") from None
    except IsADirectoryError:
        raise ZooImageError(f"{name} is a folder, not an image: remove it, or name the image in it.") from None
    except OSError as error:
        raise ZooImageError(f"{name} cannot be read ({error.strerror}): mend its permissions or its disk.") from None


def named(name: str, work: Callable[[], Result]) -> Result:
    """The result of the work on the file `name`; any failure becomes a ZooImageError that names it."""
    try:
        return work()
    except ZooImageError as error:
        raise ZooImageError(f"{name} {error}", error.code) from None
    except Exception as error:  # decoders raise a dozen kinds (KeyError, SyntaxError, struct.error, UFuncTypeError, …)
        what = " ".join(str(error).split()) or type(error).__name__
        raise ZooImageError(f"{name} is damaged ({what}): retrieve it again.", "E-IMAGE-DAMAGED") from error


def sniff(data: bytes) -> str:
    """The format of a file by its first bytes. Raises ZooImageError for any other than the four."""
    if not data:
        raise ZooImageError("is empty (0 bytes): retrieve it again.", "E-IMAGE-TRUNCATED")
    for magic, kind in MAGIC.items():
        if data.startswith(magic):
            return kind
    if any(magic.startswith(data) for magic in MAGIC):
        raise ZooImageError(f"is truncated: it ends after {len(data)} bytes, retrieve it again.", "E-IMAGE-TRUNCATED")
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        raise ZooImageError("is an HTML page (download error?): retrieve it again.", "E-IMAGE-FORMAT")
    kind = next((kind for magic, kind in STRANGERS.items() if data.startswith(magic)), None)
    kind = kind or ("text" if start and all(9 <= c <= 13 or 32 <= c < 127 for c in start) else "of an unknown format")
    raise ZooImageError(f"is {kind}, not one of JPEG, PNG, TIFF, FITS: convert it.", "E-IMAGE-FORMAT")


def reader(kind: str):
    """The module that reads this format."""
    return fits_image if kind == "FITS" else raster


def within(max_pixels: int, header: tuple[str, str, int, int, int]) -> Header:
    """The header, if the image is small enough to be decoded."""
    _, _, bands, height, width = header
    if bands * height * width > 3 * max_pixels:
        raise ZooImageError(
            f"has {width}×{height} pixels in {bands} bands, more than the {max_pixels:,} that a cutout may have: "
            "cut the galaxy out of it first.",
            "E-IMAGE-SIZE",
        )
    return Header(*header)


def to_unit(
    pixels: Shaped[np.ndarray, "band height width"], limits: Sequence[float] | None
) -> Shaped[np.ndarray, "band height width"]:
    """8-bit numbers as they are, 16-bit ones over 65535, others by the limits (by default 0 and 1, never clipped)."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return pixels.astype(np.float32) / np.float32(65535)
    if bad := int(np.count_nonzero(~np.isfinite(pixels))):
        raise ZooImageError(f"has {bad} of {pixels.size} values that are not finite: fill them first.", "E-IMAGE-NAN")
    if limits is not None:
        low, high = limits
        return np.clip((pixels.astype(np.float64) - low) / (high - low), 0, 1).astype(np.float32)
    if pixels.min() < 0 or pixels.max() > 1:
        low, high = float(pixels.min()), float(pixels.max())
        raise ZooImageError(
            f"has values from {low:.6g} to {high:.6g} where [0, 1] is expected: scale it, or say which values become "
            f"0 and 1, such as dataset.limits=[{low:.3g},{high:.3g}].",
            "E-IMAGE-RANGE",
        )
    return pixels.astype(np.float32)
