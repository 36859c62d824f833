"""The galaxies that a model takes for other classes, the surest first (Khan et al. 2019, Figs. 11, 12; spec G27)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from zoo import sheet
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.evaluation import labelled_rows
from zoo.figures.judged import by_margin, classes_of, judged, refuse_class
from zoo.model import GalaxyModel
from zoo.pictures import as_rgb

WHICH = ("wrong", "right", "all")


def draw(
    model: GalaxyModel,
    dataset: Dataset,
    split: str,
    which: str,
    label: str | None,
    galaxies: int,
    columns: int,
    tta: str,
    batch_size: int,
    workers: int,
) -> Drawing:
    """Draw labelled galaxies with the probabilities of the class predicted and of their own, by pairs of the two.

    which: `wrong`, `right` or `all`. label: galaxies of one class alone. Where the data set knows which fraction of
    volunteers chose each class, that stands beside. The table has all of them, the surest first. Raises Incompatible
    for a model without classes, DataError for a split without labels, and ZooError where no galaxy is left.
    """
    sheet.refuse_nothing(galaxies=galaxies, columns=columns)
    if which not in WHICH:
        raise ZooError(f"which={which}: choose one of {', '.join(WHICH)}.")
    names = classes_of(model)
    refuse_class("label", label, names)
    rows = labelled_rows(dataset, split)
    found = by_margin(with_votes(judged(model, dataset, rows, tta, batch_size, workers), dataset))
    wanted = found[chosen(found, which, label).to_numpy()]
    refuse_none(wanted, len(found), split, which, label)
    pairs = wanted.groupby(["label", "morph_class"], sort=True)
    groups = [group(dataset, *pair, own, galaxies) for pair, own in pairs]
    wrong = (found["label"] != found["morph_class"]).sum()
    title = f"{wrong:,} of {len(found):,} labelled galaxies of the split {split} are taken for another class"
    title += "; in brackets: votes" if dataset.class_votes is not None else ""
    return Drawing(sheet.drawn(groups, columns, title), wanted.reset_index(drop=True))


def with_votes(found: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """The table with columns `votes_<class>`, where the data set knows them."""
    if dataset.class_votes is None:
        return found
    votes = dataset.class_votes[found["row"].to_numpy()]
    return found.assign(**{f"votes_{name}": votes[:, k] for k, name in enumerate(dataset.schema.columns)})


def chosen(found: pd.DataFrame, which: str, label: str | None) -> pd.Series:
    """Which galaxies are wanted."""
    right = found["label"] == found["morph_class"]
    wanted = {"wrong": ~right, "right": right, "all": right | ~right}[which]
    return wanted & ((found["label"] == label) | (label is None))


def refuse_none(wanted: pd.DataFrame, number: int, split: str, which: str, label: str | None) -> None:
    """Raise ZooError where nothing is left to show."""
    if wanted.empty:
        of_class = f" with label={label}" if label else ""
        raise ZooError(
            f"None of the {number} labelled galaxies of the split {split} is {which}{of_class}: take which=all, or "
            "another split."
        )


def group(dataset: Dataset, label: str, said: str, found: pd.DataFrame, galaxies: int) -> sheet.Group:
    """The first of these galaxies below what they are and what they are taken for."""
    best = found.head(galaxies)
    pictures = [as_rgb(dataset[row].image.numpy()) for row in best["row"]]
    heading = f"{label}, taken for {said}" if label != said else f"{label}, recognised"
    heading += f": {len(best)} of {len(found):,}"
    return sheet.Group(pictures, [caption(one, label, said) for one in best.to_dict("records")], heading)


def caption(one: dict[str, Any], label: str, said: str) -> str:
    """The id, and what model and volunteers think of the class predicted and of the labelled one."""
    lines = [str(one["object_id"])]
    for name in dict.fromkeys((said, label)):
        votes = one.get(f"votes_{name}", np.nan)
        lines.append(f"{name} {one[f'p_{name}']:.3f}" + (f" ({votes:.2f})" if np.isfinite(votes) else ""))
    return "\n".join(lines)
