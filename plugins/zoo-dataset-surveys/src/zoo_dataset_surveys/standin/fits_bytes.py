"""FITS files as a survey writes them: a header with a tangential WCS, and the bytes of a file."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np


def header(ra: float, dec: float, shape: tuple[int, int], scale: float, angle: float = 0.0, flip: int = 1, **more: Any):
    """A WCS about the middle of an image. scale: arcsec per pixel. angle: its turn in radians; flip=-1 mirrors it."""
    from astropy.io import fits

    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    cd = turned @ np.diag([-flip, 1]) * scale / 3600
    cards = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg", "RADESYS": "ICRS"}
    cards |= {"CRPIX1": (shape[1] + 1) / 2, "CRPIX2": (shape[0] + 1) / 2, "CRVAL1": ra, "CRVAL2": dec}
    cards |= {f"CD{row}_{column}": cd[row - 1, column - 1] for row in (1, 2) for column in (1, 2)}
    return fits.Header([*cards.items(), *more.items()])


def written(*units: Any) -> bytes:
    """The bytes of a file of these units."""
    from astropy.io import fits

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList(list(units)).writeto(file)
    return file.getvalue()
