"""What a service sent is looked at before anybody keeps it: status 200 does not mean success (surveys.md 0.2).

Refusals have no subject: the client puts the address before them.
"""

from __future__ import annotations

import io

import numpy as np

from zoo import cutout
from zoo.errors import MissingImage, ZooImageError
from zoo_dataset_surveys import fits_file, network
from zoo_dataset_surveys.retry import ServiceError, Transient

ENDS_EARLY = "E-IMAGE-TRUNCATED"


def check_sent(body: bytes) -> None:
    """Raise Transient for nothing, and for a page in place of a file: services that are down send them."""
    if not body:
        raise Transient("sent nothing")
    if network.is_page(body):
        raise Transient(f"sent a page that says '{network.said(body)}'")


def check_fits(body: bytes) -> None:
    """Raise Transient for FITS that is not whole, by the sizes in its headers, and ServiceError for other things."""
    check_sent(body)
    try:
        with fits_file.opened(body):
            pass
    except ZooImageError as refusal:
        if refusal.code == ENDS_EARLY:
            raise Transient(f"sent a file that {refusal}") from None
        raise ServiceError(str(refusal)) from None


def check_picture(body: bytes) -> None:
    """Raise Transient for a JPEG that is not whole, MissingImage for one of a single colour: nothing is drawn in it."""
    from PIL import Image

    check_sent(body)
    try:
        if (kind := cutout.sniff(body)) != "JPEG":
            raise ServiceError(f"is {kind}, not JPEG: mend the request.")
        with Image.open(io.BytesIO(body)) as picture:
            pixels = np.asarray(picture)
    except ZooImageError as refusal:
        raise ServiceError(str(refusal)) from None
    except OSError as error:
        raise Transient(f"sent a picture that cannot be read ({error})") from None
    if (pixels == pixels[:1, :1]).all():
        raise MissingImage("is of a single colour, so nothing was observed there: leave the galaxy out.")


def is_dark(body: bytes) -> bool:
    """Whether all pixels of a FITS image are zero or not finite: so services draw where they have no data."""
    with fits_file.opened(body) as units:
        pixels = np.asarray(fits_file.image(units).data)
    return not np.any(np.isfinite(pixels) & (pixels != 0))
