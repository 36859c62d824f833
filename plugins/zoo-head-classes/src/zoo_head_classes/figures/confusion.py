"""Which classes are taken for which, model by model."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.model import GalaxyModel
from zoo_head_classes import published
from zoo_head_classes.evidence import evidence
from zoo_head_classes.rates import confusion

COLUMNS, NARROW = 3, 32
"""Charts side by side, and letters of a name that fit above one of them."""


def draw(
    models: dict[str, GalaxyModel],
    dataset: Dataset,
    split: str,
    kept: float,
    beside: str | None,
    tta: str,
    batch_size: int,
    workers: int,
) -> Drawing:
    """Draw a chart per model, one row per true class, coloured by the share of that class.

    beside: the published set whose matrix, as Table II implies it, is drawn too. Raises ZooError for a set that has
    none, and for a share of nothing.
    """
    row = published.known(beside)
    if row is not None and row not in published.CONFUSIONS:
        raise ZooError(
            f"beside={row}: its row leaves room for many matrices; choose {', '.join(published.CONFUSIONS)}."
        )
    found = {name: evidence(model, dataset, split, batch_size, workers, tta) for name, model in models.items()}
    names = next(iter(found.values())).names
    counts = {name: confusion(one.most_confident(kept)) for name, one in found.items()}
    tables = [table(name, names, matrix) for name, matrix in counts.items()]
    if row is not None:
        tables.append(implied(row))
    numbers = pd.concat(tables, ignore_index=True)
    return Drawing(_picture(numbers, split, kept), numbers)


def table(name: str, names: tuple[str, ...], counts: Int[np.ndarray, "true predicted"]) -> pd.DataFrame:
    """A row per pair of classes: galaxies, and their share of the true class (NaN for a class without galaxies)."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    pairs = [(true, predicted) for true in names for predicted in names]
    told = pd.DataFrame(pairs, columns=["true", "predicted"])
    return told.assign(run=name, galaxies=counts.ravel(), share=shares.ravel())[["run", *told, "galaxies", "share"]]


def implied(row: str) -> pd.DataFrame:
    """The matrix that a row of Table II implies."""
    names = ("elliptical", "spiral")
    counts = np.array([[published.CONFUSIONS[row].get((true, said), 0) for said in names] for true in names])
    return table(f"published, {row}", names, counts)


def _picture(numbers: pd.DataFrame, split: str, kept: float) -> Figure:
    runs = list(dict.fromkeys(numbers["run"]))
    columns = min(COLUMNS, len(runs))
    rows = -(-len(runs) // columns)
    size = style.WIDTH / max(columns, 2)
    picture = Figure(figsize=(style.WIDTH, rows * size + 0.4), layout="constrained")
    axes = list(picture.subplots(rows, columns, squeeze=False).flat)
    for one, run in zip(axes, runs, strict=False):
        _chart(one, numbers[numbers["run"] == run], run)
    for one in axes[len(runs) :]:
        one.axis("off")
    which = "all galaxies" if kept == 1 else f"the most confident ({kept:g})"
    picture.suptitle(f"True class (rows) and predicted class, {which} of the split {split}", fontsize=9.5)
    return picture


def _chart(axes: Any, own: pd.DataFrame, title: str) -> None:
    names = list(dict.fromkeys(own["true"]))
    shares = own["share"].to_numpy().reshape(len(names), -1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    for cell in own.itertuples():
        dark = style.INK if not cell.share > 0.5 else "white"
        place = names.index(cell.predicted), names.index(cell.true)
        told = f"{cell.galaxies:,}\n{cell.share:.1%}" if cell.share == cell.share else "0"
        axes.text(*place, told, ha="center", va="center", color=dark, fontsize=8)
    axes.set_xticks(range(len(names)), names, fontsize=7.5)
    axes.set_yticks(range(len(names)), names, fontsize=7.5, rotation=90, va="center")
    axes.set_title(fill(title, NARROW), fontsize=7.5)
