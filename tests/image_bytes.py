"""Image files made by hand, as independent witnesses of what zoo decodes."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

GREY, RGB, GREY_ALPHA, RGB_ALPHA = 0, 2, 4, 6


def png(pixels: np.ndarray, colour: int, depth: int, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG of "height width band" pixels by the letter of its specification, each row by the filter Sub."""
    height, width = pixels.shape[:2]
    rows = pixels.astype(">u2" if depth == 16 else "u1").reshape(height, -1).view("u1").reshape(height, width, -1)
    before = np.pad(rows, [(0, 0), (1, 0), (0, 0)])[:, :-1]
    filtered = b"".join(b"\1" + row.tobytes() for row in rows - before)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(filtered)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tiff(pixels: np.ndarray, **options: Any) -> bytes:
    """The file that tifffile writes."""
    import tifffile

    file = BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def fits(*units: Any) -> bytes:
    """A FITS file of these header-data units."""
    from astropy.io.fits import HDUList

    file = BytesIO()
    HDUList(list(units)).writeto(file, output_verify="silentfix")
    return file.getvalue()


def galaxy(height: int = 30, width: int = 40, seed: int = 0) -> np.ndarray:
    """A blob with noise, "height width band" uint8."""
    y, x = np.mgrid[:height, :width]
    blob = 220 * np.exp(-(((y - height / 2) / height) ** 2 + ((x - width / 2) / width) ** 2) * 12)
    noise = np.random.default_rng(seed).integers(0, 30, (height, width, 3))
    return np.clip(blob[..., None] * [1, 0.8, 0.6] + noise, 0, 255).astype(np.uint8)
