"""A sheet of cutouts: a row for each galaxy, with its bands in grey and the colours that can be made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Num, UInt8

from zoo import sheet
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import DataError, Incompatible, ZooError
from zoo_dataset_surveys.colour import PRESETS, UNITS
from zoo_dataset_surveys.cutouts import Cutouts, words
from zoo_dataset_surveys.flags import Flag
from zoo_dataset_surveys.recipe import Recipe

COLUMNS = 6
"""Pictures side by side, where a galaxy has no more."""

PALE = 0.9
"""Brightness of a galaxy that has no cutout."""

SOFTENING = 3.0
"""Robust deviations of the sky up to which grey is linear."""

COLOURS = [name for name in PRESETS if not name.startswith("bands")]

ON_DEMAND = {"khan2019_sdss", "khan2019_sdss_intended", "khan2019_des_intended"}
"""Colours that ruin most images, and so are drawn where somebody names them."""

Picture = Float[np.ndarray, "height width 3"] | UInt8[np.ndarray, "height width 3"]


def draw(dataset: Dataset, galaxies: int, colours: Sequence[str] | None) -> Drawing:
    """Draw galaxies of dataset=cutouts, evenly spaced in its table, the first row of a cutout at the bottom.

    colours: names of `zoo_dataset_surveys.colour.PRESETS`, which act where the data set keeps bands; None takes those
    for which bands and units suffice. Raises Incompatible for another data set and for bands that a colour lacks.
    """
    if not isinstance(dataset, Cutouts):
        raise Incompatible("The figure cutouts draws dataset=cutouts dataset.positions=FILE dataset.frames=DIR.")
    if strange := [name for name in colours or () if name not in COLOURS]:
        raise ZooError(f"figure.colours has {strange[0]}, which is none of {', '.join(COLOURS)}.")
    if galaxies < 1:
        raise DataError(f"galaxies={galaxies}: a sheet has at least one.")
    recipe, cutouts = dataset.cutouts.recipe, dataset.cutouts
    rows = dataset.kept[np.linspace(0, len(dataset) - 1, min(galaxies, len(dataset))).astype(int)]
    named = fitting(recipe) if colours is None else list(colours)
    titles = [*recipe.bands, *named] if recipe.colour == "bands" else [recipe.colour]
    pictures, captions = [], []
    for row, flag in zip(rows.tolist(), dataset.flags[rows].tolist(), strict=True):
        lost = cutouts.rows["problem"].iat[row]
        blank = np.full((1, 1, 3), PALE)
        pictures += [blank] * len(titles) if lost else shown(cutouts[row], recipe, named)
        captions += captioned(cutouts.rows["object_id"].iat[row], flag, titles)
    columns = ["object_id", "ra", "dec", "masked", "lowest", "highest", "code", *map("frame_{}".format, recipe.bands)]
    numbers = cutouts.rows.loc[rows, columns].assign(flag=[described(flag) for flag in dataset.flags[rows]])
    across = len(titles) * max(COLUMNS // len(titles), 1)
    return Drawing(sheet.drawn([sheet.Group(pictures, captions)], across), numbers)


def fitting(recipe: Recipe) -> list[str]:
    """The colours for which the bands and the unit of a recipe suffice."""
    unit, found = recipe.unit or "stored", []
    for name in COLOURS:
        try:
            PRESETS[name](np.zeros((len(recipe.bands), 2, 2), np.float32), recipe.bands)
        except Incompatible:
            continue
        found += [name] if UNITS.get(name, "stored") == unit and name not in ON_DEMAND else []
    return found


def shown(kept: Num[np.ndarray, "band height width"], recipe: Recipe, colours: Sequence[str]) -> list[Picture]:
    """The pictures of one galaxy: its bands and its colours, or the colour that is kept."""
    if recipe.colour != "bands":
        made = recipe.shown(kept)
        return [upright(made if len(made) == 3 else np.repeat(made.mean(0, keepdims=True), 3, axis=0))]
    fluxes = recipe.flux(kept)
    bands = [upright(np.repeat(grey(plane)[None], 3, axis=0)) for plane in fluxes]
    return bands + [upright(PRESETS[name](fluxes, recipe.bands)) for name in colours]


def upright(image: Num[np.ndarray, "3 height width"]) -> Picture:
    """Bands last, and the first row of the file at the bottom."""
    return np.moveaxis(image, 0, -1)[::-1]


def grey(plane: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "height width"]:
    """A plane from 0 to 1: an asinh of what stands above its sky, so that faint arms and bright centres both show."""
    sky = np.median(plane)
    deviation = 1.4826 * np.median(np.abs(plane - sky)) or plane.std() or 1.0
    curved = np.arcsinh((plane - sky) / (SOFTENING * deviation))
    low, high = np.arcsinh(-1 / SOFTENING), max(float(curved.max()), 1e-6)
    return np.clip((curved - low) / (high - low), 0, 1)


def captioned(object_id: str, flag: int, titles: Sequence[str]) -> list[str]:
    """What stands above the pictures of a row: the id, its flags behind it, and below them what each picture is."""
    above = [object_id, described(flag)][: len(titles)] if len(titles) > 1 else [f"{object_id} {described(flag)}"]
    return [f"{one}\n{title}" for one, title in zip(above + [""] * len(titles), titles, strict=False)]


def described(flag: int) -> str:
    """Flags in words; nothing for a good cutout."""
    return ", ".join(words(one) for one in Flag if one and one & flag)
