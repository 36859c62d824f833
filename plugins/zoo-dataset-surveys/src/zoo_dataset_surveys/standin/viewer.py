"""The viewer of the Legacy Surveys: cutouts of any size about any position, in FITS or JPEG (surveys.md 3.4)."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from zoo_dataset_surveys import colour, sky
from zoo_dataset_surveys.standin import fits_bytes, light
from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.galaxy import Galaxy, generator
from zoo_dataset_surveys.standin.holdings import Holdings

LAYERS = {"ls-dr8": "grz", "ls-dr9": "grz", "ls-dr10": "griz", "decals-dr5": "grz", "sdss": "gri"}
"""Layers and their bands."""

SCALE, LARGEST, SEEING, NOISE = 0.262, 3000, 0.5, 0.005
"""Arcsec per pixel, pixels, arcsec, and nanomaggies per pixel of the native scale."""

AWAY = 600.0
"""Arcsec from the nearest galaxy beyond which the surveys have no images here."""


def fits_cutout(holdings: Holdings, request: Request) -> Reply:
    """Bands as float32, north up: a cube, or a plane for one band."""
    asked = cutout_of(holdings, request)
    if isinstance(asked, Reply):
        return asked
    (ra, dec), size, scale, bands, galaxies = asked
    header = fits_bytes.header(ra, dec, (size, size), scale, SURVEY="LegacySurvey", VERSION="1", IMAGETYP="image")
    header["BANDS"] = bands
    header.update({f"BAND{number}": band for number, band in enumerate(bands)})
    cube = seen(galaxies, (ra, dec), (size, size), scale, bands)
    from astropy.io import fits

    name = f"cutout_{ra:.4f}_{dec:.4f}.fits"
    return Reply(
        fits_bytes.written(fits.PrimaryHDU(cube[0] if len(bands) == 1 else cube, header)),
        "image/fits",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def jpeg_cutout(holdings: Holdings, request: Request) -> Reply:
    """A picture of g, r and z, blank where there is nothing."""
    asked = cutout_of(holdings, request)
    if isinstance(asked, Reply) and asked.status != 500:
        return asked
    if isinstance(asked, Reply):
        return Reply(picture([], (0.0, 0.0), (256, 256), SCALE, "grz", "decals_dr2", dark=True), "image/jpeg")
    place, size, scale, _, galaxies = asked
    return Reply(picture(galaxies, place, (size, size), scale, "grz", "decals_dr2"), "image/jpeg")


def cutout_of(
    holdings: Holdings, request: Request
) -> Reply | tuple[tuple[float, float], int, float, str, list[Galaxy]]:
    """Position, pixels of a side, scale, bands and galaxies of what is asked for, or what is wrong with it."""
    values = request.values
    if not {"ra", "dec"} <= set(values):
        return Reply(b"Need ra,dec keywords", status=400)
    if (known := LAYERS.get(values.get("layer", "ls-dr9"))) is None:
        return Reply(b"no such layer", "text/html")
    ra, dec = float(values["ra"]), float(values["dec"])
    if not holdings.galaxies.near(ra, dec, AWAY):
        return html("Server Error (500)", 500)
    size, scale = min(int(values.get("size", 256)), LARGEST), float(values.get("pixscale", SCALE))
    bands = values.get("bands", known)
    bands = bands if set(bands) <= set(known) else known
    return (ra, dec), size, scale, bands, holdings.galaxies.near(ra, dec, scale * size * math.sqrt(2))


def seen(
    galaxies: Sequence[Galaxy], place: tuple[float, float], shape: tuple[int, int], scale: float, bands: str
) -> Float32[np.ndarray, "band height width"]:
    """Nanomaggies per pixel of each band."""
    wcs = sky.wcs(fits_bytes.header(*place, shape, scale))
    draws = generator(zlib.crc32(f"{place} {bands}".encode()), shape[0])
    noise = draws.normal(0, NOISE * scale / SCALE, (len(bands), *shape))
    planes = [light.image(galaxies, wcs, shape, band, SEEING) for band in bands]
    return (np.stack(planes) + noise).astype(np.float32)


def picture(
    galaxies: Sequence[Galaxy],
    place: tuple[float, float],
    shape: tuple[int, int],
    scale: float,
    bands: str,
    preset: str,
    dark: bool = False,
) -> bytes:
    """A JPEG in the colours of a preset, north up. dark: where there is nothing to be seen."""
    from PIL import Image

    planes = np.zeros((len(bands), *shape)) if dark else seen(galaxies, place, shape, scale, bands)
    pixels = 0 * planes[:3].astype(np.uint8) if dark else colour.PRESETS[preset](planes, list(bands))
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)[::-1])).save(file, "JPEG", quality=90)
    return file.getvalue()
