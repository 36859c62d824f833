"""Frames of made-up sky: what a file of a survey holds, as FITS bytes."""

import io
import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from zoo_dataset_surveys import frame

RA, DEC, SCALE = 150.0, 2.0, 0.396
"""Position of the reference pixel in deg, and the side of a pixel in arcsec."""


def header(shape=(90, 110), angle=0.0, flip=1, scale=SCALE, ra=RA, dec=DEC, **more) -> fits.Header:
    """A tangential WCS about the central pixel, turned by an angle in deg; flip=-1 mirrors it."""
    sky = WCS(naxis=2)
    sky.wcs.ctype, sky.wcs.crval = ["RA---TAN", "DEC--TAN"], [ra, dec]
    sky.wcs.crpix = [shape[1] // 2 + 1, shape[0] // 2 + 1]
    a = np.radians(angle)
    sky.wcs.cd = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ np.diag([-flip, 1]) * scale / 3600
    made = sky.to_header()
    for row in (1, 2):  # WCSLIB writes PC and CDELT; surveys write CD
        for column in (1, 2):
            made[f"CD{row}_{column}"] = sky.wcs.cd[row - 1, column - 1]
            made.remove(f"PC{row}_{column}", ignore_missing=True)
        made.remove(f"CDELT{row}")
    return fits.Header([*made.cards, *more.items()])


def file(*units) -> bytes:
    """A FITS file of these units."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList(list(units)).writeto(buffer)
    return buffer.getvalue()


def made(image: np.ndarray, mask=None, weight=None, **kind) -> frame.Frame:
    """A frame of this image, through a file."""
    planes = [fits.ImageHDU(plane, name=name) for name, plane in (("MSK", mask), ("WGT", weight)) if plane is not None]
    return frame.read(file(fits.PrimaryHDU(image, header(image.shape, **kind)), *planes), "a frame")


def galaxy(shape=(90, 110), row=45.0, column=55.0, width=3.0) -> np.ndarray:
    """A round galaxy on an empty sky, float32."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (100 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2))).astype(np.float32)
