"""Where images are lost: their share by imaging run and camera column (G9)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Int
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo_dataset_surveys.figures.sets import of_khan2019
from zoo_dataset_surveys.khan2019 import losses
from zoo_dataset_surveys.objid import CAMCOLS

WHOSE = ("authors", "here")

ROOM = 3
"""Runs from one name to the next."""


def draw(dataset: Dataset, whose: str) -> Drawing:
    """Draw a chart of runs and camera columns.

    whose: `authors`, what they lost of the galaxies of high certainty, or `here`, what the folder of images lacks.
    Raises Incompatible for another data set, and ZooError where there is no such folder.
    """
    khan = of_khan2019(dataset, "image_losses")
    if whose not in WHOSE:
        raise ZooError(f"whose={whose}: choose {' or '.join(WHOSE)}.")
    if whose == "here" and khan.images is None:
        raise ZooError("whose=here counts images of a folder: name it with dataset.images=DIR, or take whose=authors.")
    numbers = khan.rebuilt.losses if whose == "authors" else khan.lost
    return Drawing(_picture(numbers), numbers)


def _picture(numbers: pd.DataFrame) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 2.5), layout="constrained")
    axes = picture.subplots()
    share = numbers.pivot(index="camcol", columns="run", values="rate").reindex(range(1, CAMCOLS + 1))
    axes.set_facecolor(style.PALE)
    drawn = axes.imshow(share, aspect="auto", vmin=0, vmax=1, interpolation="nearest", cmap=style.AMOUNTS)
    bad = losses.systematic(numbers)
    named = _apart(np.flatnonzero(share.columns.isin(bad["run"])))
    axes.set_xticks(named, share.columns[named], rotation=90, fontsize=5.5)
    axes.set_yticks(range(CAMCOLS), share.index)
    axes.set_ylabel("camera column")
    axes.set_xlabel(f"{len(share.columns)} imaging runs; where they lost most, some are named")
    axes.set_title(
        f"{numbers['lost'].sum():,} of {numbers['galaxies'].sum():,} images lost, {bad['lost'].sum():,} of them in "
        f"{len(bad)} cells that lost most of theirs"
    )
    picture.colorbar(drawn, ax=axes, label="share lost", pad=0.01)
    return picture


def _apart(places: Int[np.ndarray, " run"]) -> list[int]:
    """Those of ascending places that leave room for a name between them."""
    kept: list[int] = []
    for place in places.tolist():
        if not kept or place - kept[-1] >= ROOM:
            kept.append(place)
    return kept
