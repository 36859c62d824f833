"""What a folder of FITS files holds: images of the sky, their masks and weights, and files that show nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zoo.errors import DataError, ZooImageError
from zoo.image_files import names
from zoo_dataset_surveys import footprint, frame
from zoo_dataset_surveys.folder import SUFFIXES, expression
from zoo_dataset_surveys.footprint import Footprint

FEW = 64
"""Different whole numbers up to which a plane of them says what pixels are, and shows no sky."""

Beside = Mapping[str, tuple[str, str] | None]
"""What to replace in the name of an image for that of its `mask` and its `weight`."""


class Entry(NamedTuple):
    """A file: an `image`, a `mask`, a `weight`, or `unreadable`.

    place: of an image; its band is "" where nobody says it. why: the reason where there is no place or no band.
    """

    path: Path
    kind: str
    place: Footprint | None = None
    why: str = ""


def of(folder: Path, beside: Beside, most: int, patterns: Sequence[str] = ()) -> list[Entry]:
    """The files of a folder by name, a cube with an entry for each band. patterns: of names that say it.

    Raises DataError for a folder without FITS files, or with more than `most`.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist: name one with folder=DIR.")
    found = [folder / name for name in sorted(names(folder)) if name.lower().endswith(SUFFIXES)]
    if not 0 < len(found) <= most:
        raise DataError(f"{folder} has {len(found)} FITS files, and a sheet shows 1 to {most}: name another folder.")
    return [entry for path in found for entry in entries(path, beside, band_of(path.name, patterns))]


def band_of(name: str, patterns: Sequence[str]) -> str | None:
    """The band that a name says, by the first pattern that it has, None for none."""
    found = (expression(pattern).search(name) for pattern in patterns)
    return next((match["band"] for match in found if match), None)


def entries(path: Path, beside: Beside, band: str | None = None) -> Iterator[Entry]:
    """What one file is. band: what its name says."""
    if kind := named_after_an_image(path, beside):
        yield Entry(path, kind)
        return
    try:
        places = footprint.of(path, band)
    except ZooImageError as refusal:
        yield nameless(path, refusal)
        return
    if says_what_pixels_are(path, places[0].band):
        yield Entry(path, "mask")
    else:
        yield from (Entry(path, "image", place) for place in places)


def named_after_an_image(path: Path, beside: Beside) -> str | None:
    """Whether a file is the mask or the weight of another one, by its name."""
    for kind, words in beside.items():
        if words and words[1] in path.name and path.with_name(path.name.replace(*reversed(words))).is_file():
            return kind
    return None


def says_what_pixels_are(path: Path, band: str) -> bool:
    """Whether a plane holds few different whole numbers, as masks and maps of objects do."""
    image = frame.read(path, band=band).image
    return image.dtype.kind in "iu" and len(np.unique(image)) <= FEW


def nameless(path: Path, refusal: ZooImageError) -> Entry:
    """A file whose headers do not say place and band: it may have a place nevertheless."""
    try:
        found = frame.read(path)
    except ZooImageError as error:
        return Entry(path, "image" if error.code.startswith("E-FRAME") else "unreadable", why=said(path, error))
    return Entry(path, "image", Footprint(path, "", found.wcs, found.image.shape), said(path, refusal))


def said(path: Path, refusal: ZooImageError) -> str:
    """What is wrong with a file, without its name."""
    return str(refusal).removeprefix(f"{path} ")


def companions(place: Footprint, places: Sequence[Footprint]) -> dict[str, Footprint]:
    """Of every band the file that shows the centre of a place, of several the nearest one; the place comes first."""
    ra, dec = centre(place)
    found = dict[str, Footprint]()
    shown = [one for one in places if one.covers(np.array([ra]), np.array([dec]))[0]]
    for one in sorted(shown, key=lambda one: (one is not place, float(np.linalg.norm(one.centre - place.centre)))):
        found.setdefault(one.band, one)
    return found


def centre(place: Footprint) -> tuple[float, float]:
    """The position of the middle of an image, deg."""
    x, y, z = place.centre
    return float(np.degrees(np.arctan2(y, x)) % 360), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
