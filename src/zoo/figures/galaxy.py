"""Galaxies of a data set by id or split, and as the augmenter shows them to a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from zoo.augmenter import Augmenter
from zoo.dataset import Dataset
from zoo.errors import DataError
from zoo.pictures import as_rgb


def chosen(dataset: Dataset, galaxy: str | None, split: str) -> int:
    """The row of this galaxy, or of the first one of the split. Raises DataError where there is none."""
    if galaxy is None:
        return int(of_split(dataset, split)[0])
    found = np.flatnonzero(dataset.table["object_id"] == str(galaxy))
    if not len(found):
        raise DataError(f"The data set has no galaxy {galaxy}: take galaxy= one of its ids.")
    return int(found[0])


def of_split(dataset: Dataset, split: str) -> Int[np.ndarray, " galaxy"]:
    """The rows of a split, or of `all`. Raises DataError where there is none."""
    column = dataset.table["split"]
    rows = np.flatnonzero((column == split) | (split == "all"))
    if not len(rows):
        found = ", ".join(f"{number} {name}" for name, number in column.value_counts().items())
        raise DataError(f"The split {split} has 0 galaxies (there are {found}): choose another split, or split=all.")
    return rows


def views(
    augmenter: Augmenter, dataset: Dataset, row: int, parameters: Any = None
) -> Float[Tensor, "view some band height width"]:
    """The views of a galaxy: as it is, or with each of these parameters; recentred where the augmenter recentres."""
    known = None if dataset.measured is None else torch.from_numpy(dataset.measured[[row]])
    as_told = augmenter.canonical(1) if parameters is None else parameters
    return augmenter.views(dataset[row].image[None], augmenter.at(as_told, known))


def first_view(augmenter: Augmenter, dataset: Dataset, row: int) -> Float[np.ndarray, "height width rgb"]:
    """What a network sees of a galaxy as it is."""
    return as_rgb(views(augmenter, dataset, row)[0, 0].cpu().numpy())
