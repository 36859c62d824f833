"""What a service sent is looked at before anybody keeps it: status 200 does not mean success (surveys.md 0.2).

Refusals have no subject: the client puts the address before them.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zoo import cutout
from zoo.errors import MissingImage, ZooImageError
from zoo.retrieval import network
from zoo.retrieval.retry import ServiceError, Transient
from zoo_dataset_surveys import fits_file

ENDS_EARLY = "E-IMAGE-TRUNCATED"


class Fits(NamedTuple):
    """A whole FITS file. dark: all pixels of its image are zero or not finite, as where there are no data."""

    data: bytes
    dark: bool


def fits(body: bytes) -> Fits:
    """The file in a body.

    Raises Transient where it is damaged, or shorter than its headers say, and ServiceError for what is no FITS image.
    """
    network.check_sent(body)
    try:
        with fits_file.opened(body) as units:
            pixels = np.asarray(fits_file.image(units).data)
    except ZooImageError as refusal:
        if refusal.code == ENDS_EARLY:
            raise Transient(f"sent a file that {refusal}") from None
        raise ServiceError(str(refusal)) from None
    except Exception as error:  # astropy's dozen kinds
        what = " ".join(str(error).split())[:80] or type(error).__name__
        raise Transient(f"sent a damaged file ({what})") from error
    return Fits(body, not np.any(np.isfinite(pixels) & (pixels != 0)))


def is_dark(path: Path) -> bool:
    """Whether a FITS image is zero all over. Raises Transient where it is damaged, ServiceError for no FITS image."""
    return fits(path.read_bytes()).dark


def picture(body: bytes) -> bytes:
    """The JPEG in a body. Raises Transient where it is not whole, MissingImage where nothing is drawn in it."""
    from PIL import Image

    network.check_sent(body)
    try:
        if (kind := cutout.sniff(body)) != "JPEG":
            raise ServiceError(f"is {kind}, not JPEG: mend the request.")
        with Image.open(io.BytesIO(body)) as found:
            pixels = np.asarray(found)
    except ZooImageError as refusal:
        raise ServiceError(str(refusal)) from None
    except OSError as error:
        raise Transient(f"sent a picture that cannot be read ({error})") from None
    if (pixels == pixels[:1, :1]).all():
        raise MissingImage("is of a single colour, so nothing was observed there: leave the galaxy out.")
    return body
