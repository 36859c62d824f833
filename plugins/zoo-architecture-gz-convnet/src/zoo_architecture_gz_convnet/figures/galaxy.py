"""One galaxy of a data set, by its id, as the augmenter shows it to the network."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from zoo.augmenter import Augmenter
from zoo.dataset import Dataset
from zoo.errors import DataError

ANGLES = ("0°", "45°")
"""Of the two views that the published augmenter makes."""


def chosen(dataset: Dataset, galaxy: str | None, split: str) -> int:
    """The row of this galaxy, or of the first one of the split. Raises DataError where there is none."""
    wanted = dataset.table["object_id"] == str(galaxy) if galaxy is not None else dataset.table["split"] == split
    rows = np.flatnonzero(wanted | (galaxy is None and split == "all"))
    if not len(rows):
        what = f"galaxy {galaxy}" if galaxy is not None else f"galaxy of the split {split}"
        raise DataError(f"The data set has no {what}: take galaxy= one of its ids, or another split.")
    return int(rows[0])


def views(augmenter: Augmenter, dataset: Dataset, row: int) -> Float[Tensor, "view 1 band height width"]:
    """What the augmenter makes of the galaxy as it is, recentred where it recentres."""
    known = None if dataset.measured is None else torch.from_numpy(dataset.measured[[row]])
    return augmenter.views(dataset[row].image[None], augmenter.at(augmenter.canonical(1), known))


def angle(view: int, number: int) -> str:
    """What a view is called: its angle where there are the published two."""
    return ANGLES[view] if number == len(ANGLES) else f"view {view + 1}"


def pixels(
    view: Float[Tensor, "band height width"] | Float[np.ndarray, "band height width"],
) -> Float[np.ndarray, "height width rgb"]:
    """Three bands as colours, others as the mean of all in grey."""
    picture = np.asarray(view)
    return np.moveaxis(picture if len(picture) == 3 else picture.mean(0, keepdims=True).repeat(3, 0), 0, -1)
