"""JPEG, PNG and TIFF files: their headers, and their pixels by the rule of docs/images.md.

Everything visible becomes red, green and blue; 16-bit numbers, 32-bit integers and floats keep their values.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from jaxtyping import Shaped
from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from zoo.errors import ZooImageError

OPEN: dict[str, Callable[[BytesIO], Image.Image]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}
"""The formats allowed. Image.open would try others too, and warn of size on its own terms."""

VISIBLE = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
NUMBERS = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")

CUT_SHORT = ("Truncated File Read", "Expecting to read")
"""What Pillow says, as a warning only, of a TIFF whose tags are cut off."""

PHOTOMETRIC, BITS, PLANAR, SAMPLE_FORMAT, ORIENTATION = 262, 258, 284, 339, 274
OTHER_BYTE = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B" if sys.byteorder == "little" else ";16L"}

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: np.rot90(a),
}
"""What undoes each EXIF orientation of pixels "height width band"."""


def header(kind: str, data: bytes) -> tuple[str, str, int, int, int]:
    """Format, mode, bands, height and width. Raises ZooImageError for a file without its end or of unknown mode."""
    image = opened(kind, data)
    height, width = image.size[::-1]
    if orientation(kind, image, data) >= 5:
        height, width = width, height
    deep = ";16" if depth(image) == 16 and image.mode in VISIBLE else ""
    return kind, image.mode + deep, 3, height, width


def pixels(kind: str, data: bytes) -> Shaped[np.ndarray, "3 height width"]:
    """The pixels as red, green and blue: uint8, uint16, int32, uint32 or float32."""
    image = opened(kind, data)
    turn = TURNS.get(orientation(kind, image, data), np.asarray)
    if kind == "JPEG" and image.mode == "RGB" and (fast := quick_jpeg(data)) is not None:
        values = fast
    elif image.mode in NUMBERS:
        values = grey_numbers(image)
    elif depth(image) == 16:
        values = sixteen_bits(image, opened(kind, data))
    else:
        values = visible(image)
    return np.ascontiguousarray(turn(values)).transpose(2, 0, 1)


def opened(kind: str, data: bytes) -> Image.Image:
    """The image with its header read and its end seen, not yet decoded."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        image = OPEN[kind](BytesIO(data))
        whole = has_end(kind, image, data)
    if not whole or any(sign in str(warning.message) for warning in said for sign in CUT_SHORT):
        raise ZooImageError(
            f"is truncated: its {kind} data do not end within its {len(data)} bytes, retrieve it again.",
            "E-IMAGE-TRUNCATED",
        )
    if image.mode not in VISIBLE + NUMBERS or not is_plain(kind, image):
        raise ZooImageError(
            f"is a {kind} of the kind {image.mode} ({depth(image)} bits), which has no documented reading: save it as "
            "8- or 16-bit grey or RGB with interleaved bands.",
            "E-IMAGE-MODE",
        )
    return image


def has_end(kind: str, image: Any, data: bytes) -> bool:
    """Whether the file's last structure is there: decoders forgive a missing end with grey."""
    if kind == "JPEG":  # the end marker after the last scan; entropy-coded data cannot hold one
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if kind == "PNG":
        return data.rfind(b"IEND\xaeB`\x82") > 0
    starts, counts = (image.tag_v2.get(a) or image.tag_v2.get(b) for a, b in ((273, 324), (279, 325)))
    return bool(starts and counts) and max(map(sum, zip(starts, counts, strict=True))) <= len(data)


def is_plain(kind: str, image: Any) -> bool:
    """Whether a TIFF keeps its bands interleaved and its numbers in whole bytes, so that nothing is lost unseen."""
    if kind != "TIFF":
        return True
    bits = depth(image)
    return bits in (1, 2, 4, 8, 32) or (bits == 16 and image.tag_v2.get(PLANAR, 1) == 1)


def depth(image: Any) -> int:
    """Bits per number in the file. Pillow's mode tells 8 also where a colour file has 16."""
    if hasattr(image, "tag_v2"):
        return max(image.tag_v2.get(BITS, (1,)))
    return 16 if image.tile and ";16" in rawmode(image.tile[0].args) else 8


def rawmode(args: Any) -> str:
    """The layout of the bytes in the file, from a tile's decoder arguments."""
    return args if isinstance(args, str) else str(args[0]) if args else ""


def orientation(kind: str, image: Image.Image, data: bytes) -> int:
    """The EXIF orientation that is still to be undone: Pillow turns TIFF itself."""
    if kind == "TIFF" or (kind == "PNG" and b"eXIf" not in data):  # asking a PNG without it would decode the file
        return 1
    return image.getexif().get(ORIENTATION, 1)


def quick_jpeg(data: bytes) -> Shaped[np.ndarray, "height width 3"] | None:
    """The same pixels by simplejpeg, in 0.6 of the time; None where it is not installed.

    It refuses damaged data that Pillow fills with grey.
    """
    try:
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg.decode_jpeg(data, "RGB", strict=True)


def grey_numbers(image: Any) -> Shaped[np.ndarray, "height width 3"]:
    """Grey numbers of 16 or 32 bits, the same in each band."""
    image.load()
    values = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    if (
        values.dtype.kind == "i"
        and values.itemsize == 4
        and depth(image) == 32
        and tags.get(SAMPLE_FORMAT, (1,)) == (1,)
    ):
        values = values.view(np.uint32)
    values = values.astype(values.dtype.newbyteorder("="))
    if tags.get(PHOTOMETRIC) == 0 and values.dtype == np.uint16:  # white is zero; Pillow minds it for 8 bits only
        values = 65535 - values
    return np.repeat(values[..., None], 3, axis=2)


def sixteen_bits(image: Any, again: Any) -> Shaped[np.ndarray, "height width 3"]:
    """16-bit colour over black. Pillow keeps one byte of two: the other one, if told the other byte order."""
    if rawmode(image.tile[0].args) == "LA;16B":  # four bytes a pixel: read them as they stand
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]
        b = np.asarray(image).astype(np.uint16)
        return over_black(np.repeat(b[..., :1] * 256 + b[..., 1:2], 3, axis=2), b[..., 2] * 256 + b[..., 3])
    again.tile = [tile._replace(args=swapped(tile.args)) for tile in again.tile]
    values = np.asarray(image).astype(np.uint16) * 256 + np.asarray(again)
    return over_black(values[..., :3], values[..., 3]) if values.shape[2] == 4 else values


def swapped(args: Any) -> Any:
    """Decoder arguments with the other byte order of 16-bit numbers."""
    raw = rawmode(args)
    for order, other in OTHER_BYTE.items():
        if raw.endswith(order):
            raw = raw.removesuffix(order) + other
            break
    return raw if isinstance(args, str) else (raw, *args[1:])


def visible(image: Image.Image) -> Shaped[np.ndarray, "height width 3"]:
    """8-bit pixels as a viewer shows them on black."""
    image.load()
    if not image.has_transparency_data:
        return np.array(image.convert("RGB"))
    values = np.asarray(image.convert("RGBA"))
    return over_black(values[..., :3], values[..., 3])


def over_black(
    colour: Shaped[np.ndarray, "height width 3"], alpha: Shaped[np.ndarray, "height width"]
) -> Shaped[np.ndarray, "height width 3"]:
    """Colour times opacity, rounded to whole numbers of the same type."""
    top = np.iinfo(colour.dtype).max
    return ((colour.astype(np.uint64) * alpha[..., None] + top // 2) // top).astype(colour.dtype)
