"""A field of made-up galaxies on disk: a table of positions, and a folder of frames that show them in three bands."""

import os
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from . import skies

BANDS = "gri"
SHAPE = (90, 110)
RA, DEC = 359.995, -1.0
"""The middle of the first frame; the second one lies beyond right ascension 0."""

PLACES = [(20, 20), (55, 20), (90, 20), (20, 45), (55, 45), (90, 45), (20, 70), (55, 70), (90, 70)]
"""Column and row of the galaxies of either frame."""


def image(number: int, band: str) -> np.ndarray:
    """The galaxies of a frame, each of its own width, on noise, in nanomaggies."""
    sky = np.random.default_rng([number, ord(band)]).normal(0, 0.002, SHAPE).astype(np.float32)
    for k, (x, y) in enumerate(PLACES):
        sky += skies.galaxy(SHAPE, y, x, 1.5 + 0.2 * k) * 0.01 * (1 + BANDS.index(band))
    return sky


def header(number: int, band: str) -> fits.Header:
    """The WCS of a frame: 43.56 arcsec wide, the second to the east of the first."""
    return skies.header(SHAPE, ra=(RA + number * 0.0125) % 360, dec=DEC, BUNIT="nanomaggy", FILTER=f"{band} made up")


def name(number: int, band: str) -> str:
    """The name of a frame's file."""
    return f"{band}/frame-{number}-{band}.fits"


def write_frames(folder: Path, numbers=(0, 1)) -> None:
    """Write the frames, a folder for each band."""
    for band in BANDS:
        (folder / band).mkdir(parents=True, exist_ok=True)
        for number in numbers:
            write_frame(folder / name(number, band), image(number, band), header(number, band))


def write_frame(path: Path, pixels: np.ndarray, its_header: fits.Header, changed: int = 0) -> None:
    """Write one frame; its time of change, by which zoo knows it again, is the same in every copy of the field."""
    path.write_bytes(skies.file(fits.PrimaryHDU(pixels, its_header)))
    os.utime(path, (changed, changed))


def galaxies() -> dict[str, tuple[float, float]]:
    """Ids and positions of all galaxies, deg."""
    found = {}
    for number in (0, 1):
        ra, dec = WCS(header(number, "g")).all_pix2world(*np.transpose(PLACES), 0)
        found |= {f"{number}{k:02d}": place for k, place in enumerate(zip(ra.tolist(), dec.tolist(), strict=True))}
    return found


def label(object_id: str) -> str:
    """The class of a galaxy: by its width."""
    return "wide" if int(object_id[-1]) > 4 else "narrow"


def write_table(path: Path, rows: dict[str, tuple[float, float]], labels: dict[str, str] | None = None) -> None:
    """Write the table of positions."""
    known = {i: label(i) for i in rows if i.isdigit()} | (labels or {})
    lines = [f"{i},{ra:.7f},{dec:.7f},{known.get(i, 'narrow')}" for i, (ra, dec) in rows.items()]
    path.write_text("\n".join(["object_id,ra,dec,label", *lines, ""]))


def write(folder: Path) -> None:
    """Write all."""
    write_frames(folder / "frames")
    write_table(folder / "positions.csv", galaxies())
