"""A sheet of the FITS files in a folder: each cut out about its centre, in colour where three bands show one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Num

from zoo import sheet
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo_dataset_surveys import frame, inventory
from zoo_dataset_surveys.cutter import Cutout, Target
from zoo_dataset_surveys.figures.cutouts import PALE, described, grey, upright
from zoo_dataset_surveys.folder import by_wavelength
from zoo_dataset_surveys.footprint import Footprint
from zoo_dataset_surveys.inventory import Entry
from zoo_dataset_surveys.recipe import Recipe, pair

COLUMNS = 11
"""Pictures side by side."""

Picture = Num[np.ndarray, "height width 3"]


def draw(
    folder: Path,
    patterns: Sequence[str],
    mask: Sequence[str] | None,
    weight: Sequence[str] | None,
    share: float,
    pixels: int,
    most: int,
) -> Drawing:
    """Draw every file, and behind an image its colours: the reddest, the middle and the bluest band about its centre.

    Each band is in an asinh above its own sky, north up. The table says what each file is, and why it is not cut or not
    coloured. Raises DataError for a folder without FITS files or with more than `most`, ZooError for a share that is
    none.
    """
    if not 0 < share <= 1:
        raise ZooError(f"figure.share={share}: give a part of a file's side, above 0 and at most 1.")
    beside = {"mask": pair(mask, "mask"), "weight": pair(weight, "weight")}
    files = inventory.of(Path(folder), beside, most, patterns)
    places = [file.place for file in files if file.place and file.place.band]
    recipe = partial(Recipe, pixels=pixels, cut="north_up", fill=None, **beside)
    pictures, captions, rows = [], [], []
    for number, file in enumerate(files):
        shown, told = drawn(file, places, recipe, share)
        pictures += shown
        captions += [f"{number} {told.get('band') or file.kind}", f"{number} {told.get('colour')}"][: len(shown)]
        rows.append({"number": number, "file": str(file.path.relative_to(folder)), "kind": file.kind, **told})
    return Drawing(sheet.drawn([sheet.Group(pictures, captions)], COLUMNS), pd.DataFrame(rows))


def drawn(
    file: Entry, places: Sequence[Footprint], recipe: Callable[..., Recipe], share: float
) -> tuple[list[Picture], dict[str, Any]]:
    """The pictures of a file and what is to be said of it."""
    if file.place is None:
        return [plane_of(file)], {"why": file.why or f"is a {file.kind}, which says how good pixels are"}
    band, (height, width) = file.place.band, file.place.shape
    scale = frame.read(file.path, band=band).pixel_scale
    target = Target(file.path.name, *inventory.centre(file.place))
    told = {"band": band, "width": width, "height": height, "pixel_scale": scale, "ra": target.ra, "dec": target.dec}
    side = share * min(height, width) * scale
    one = cut({band: file.place}, recipe, side, target)
    told |= {"masked": one.masked, "flag": described(one.flags)}
    if one.pixels is None:
        return [blank()], told | {"why": one.problem.what if one.problem else ""}
    shown = upright(np.repeat(grey(one.pixels[0])[None], 3, axis=0))
    three = three_of(inventory.companions(file.place, places)) if band else {}
    if not three:
        return [shown], told | {"why": file.why or "fewer than the three bands of a colour show its centre"}
    told |= {"colour": "".join(three), "of": " ".join(one.path.name for one in three.values())}
    return [shown, colours(cut(three, recipe, side, target))], told


def three_of(known: Mapping[str, Footprint]) -> dict[str, Footprint]:
    """The reddest, the middle and the bluest of some bands; nothing where there are fewer than three."""
    bands = by_wavelength(known)
    return {band: known[band] for band in (bands[-1], bands[len(bands) // 2], bands[0])} if len(bands) > 2 else {}


def cut(files: Mapping[str, Footprint], recipe: Callable[..., Recipe], side: float, target: Target) -> Cutout:
    """The cutout of a target from one file of each band."""
    made = recipe(tuple(files), side)
    frames = {band: made.read(one.path, band).frame for band, one in files.items()}
    return next(made.cutter(frames).cutouts([target]))


def colours(cutout: Cutout) -> Picture:
    """Three bands as red, green and blue, each above its own sky."""
    return blank() if cutout.pixels is None else upright(np.stack([grey(plane) for plane in cutout.pixels]))


def plane_of(file: Entry) -> Picture:
    """A mask or a weight from its smallest to its largest number; nothing for what cannot be read."""
    if file.kind not in ("mask", "weight"):
        return blank()
    plane = frame.read_plane(file.path).astype(float)
    low, high = np.nanmin(plane), np.nanmax(plane)
    return upright(np.repeat((np.nan_to_num(plane - low) / max(high - low, 1e-12))[None], 3, axis=0))


def blank() -> Float[np.ndarray, "1 1 3"]:
    """A picture of nothing."""
    return np.full((1, 1, 3), PALE)
