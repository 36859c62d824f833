"""What recursive training gained: a metric by round, model by model, beside published values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zoo import style
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.recursion import REPORT, read, summary

KEYS = ["dataset", "split", "metric"]


def draw(recursion: Path, metric: str, published: Sequence[Mapping[str, Any]]) -> Drawing:
    """Draw a panel per data set. `published`: rows of dataset, round, value and what they are, drawn as diamonds.

    Raises ZooError where the folder has no report, or the report no such metric.
    """
    rows = read(recursion)
    if metric not in set(rows["metric"]):
        found = ", ".join(dict.fromkeys(rows["metric"]))
        raise ZooError(f"{recursion / REPORT} has no metric {metric}: choose metric= one of {found}.")
    models = rows[rows["metric"] == metric].assign(kind="model")
    means = summary(models).rename(columns={"mean": "value"}).assign(kind="mean over models")
    told = pd.DataFrame(published, columns=["dataset", "round", "value", "what"])
    numbers = pd.concat([models, means, told.assign(metric=metric, kind="published")], ignore_index=True)
    return Drawing(_picture(numbers, metric), numbers)


def _picture(numbers: pd.DataFrame, metric: str) -> Figure:
    panels = list(numbers[numbers["kind"] == "model"].groupby(["dataset", "split"], sort=False))
    picture = Figure(figsize=(style.WIDTH, 3.2), layout="constrained")
    for place, (((dataset, split), models), axes) in enumerate(
        zip(panels, np.ravel(picture.subplots(1, len(panels), squeeze=False, sharey=True)), strict=True)
    ):
        own = numbers[numbers["dataset"] == dataset]
        _models(axes, models)
        _means(axes, own[own["kind"] == "mean over models"])
        _published(axes, own[own["kind"] == "published"])
        axes.set_xticks(sorted(models["round"].unique()))
        axes.set_title(f"{dataset}, {split}, n = {int(models['n'].iloc[0])}", pad=14)
        axes.set_xlabel("round, and above it the gain on round 0 (95 %)")
        axes.set_ylabel(metric if not place else "")
        axes.grid(axis="y")
    picture.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return picture


def _models(axes: Axes, models: pd.DataFrame) -> None:
    """A dot per model with its interval over galaxies, those of one round side by side."""
    seeds = sorted(models["seed"].unique())
    for k, seed in enumerate(seeds):
        own = models[models["seed"] == seed]
        places = own["round"] + 0.3 * ((k + 0.5) / len(seeds) - 0.5)
        label = "a model, 95 % over galaxies" if not k else None
        axes.vlines(places, own["low"], own["high"], color=style.SKY, lw=1)
        axes.plot(places, own["value"], "o", color=style.BLUE, label=label)


def _means(axes: Axes, means: pd.DataFrame) -> None:
    label = "mean ± spread of models"
    axes.errorbar(means["round"] + 0.24, means["value"], means["sd"].fillna(0), fmt="_", color=style.INK, label=label)
    for row in means[means["round"] > 0].itertuples():
        half = (row.gain_high - row.gain_low) / 2
        told = f"{row.gain:+.3f}" + (f" ± {half:.3f}" if half == half else "")
        axes.text(row.round, 1.0, told, transform=axes.get_xaxis_transform(), fontsize=7, ha="center", va="bottom")


def _published(axes: Axes, rows: pd.DataFrame) -> None:
    for what, group in rows.groupby("what", sort=False):
        axes.plot(group["round"] - 0.24, group["value"], "D", color=style.VERMILION, label=what)
