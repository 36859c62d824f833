"""The losses of a training, and the standard deviation of each layer's weights, pass by pass (spec D15, I7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.run import Run

LOSSES = {"train_loss": "training", "validation_loss": "validation"}
LABELLED = 12
"""Traces that have room for a name; of more, the first and last keep theirs."""
LETTERS = 0.05
"""The height of a name, in heights of the axes."""


def draw(run: Run) -> Drawing:
    """Draw both against the number of steps; the run may still be under way. Raises ZooError before its first pass."""
    losses = melted(read(run, "metrics.csv")[["step", *LOSSES]], "step").replace({"curve": LOSSES})
    spread = read(run, "weights.csv") if (run.folder / "weights.csv").is_file() else None
    tables = [losses]
    if spread is not None:
        weights = spread[spread["parameter"].str.endswith("weight")]
        tables.append(weights.rename(columns={"parameter": "curve", "std": "value"})[["step", "curve", "value"]])
    numbers = pd.concat(tables, ignore_index=True)
    return Drawing(_picture(*tables), numbers)


def read(run: Run, name: str) -> pd.DataFrame:
    """A table of the run folder. Raises ZooError where there is none yet."""
    path = run.folder / name
    if not path.is_file():
        raise ZooError(f"{run.folder} has no {name} yet: the first pass over the data writes it.")
    return pd.read_csv(path)


def melted(table: pd.DataFrame, step: str) -> pd.DataFrame:
    """One row per step and curve."""
    return table.melt(id_vars=step, var_name="curve", value_name="value")


def _picture(losses: pd.DataFrame, weights: pd.DataFrame | None = None) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 3.6 if weights is not None else 3.2), layout="constrained")
    left, *right = picture.subplots(1, 2 if weights is not None else 1, squeeze=False)[0]
    for number, (curve, rows) in enumerate(losses.groupby("curve", sort=False)):
        left.plot(rows["step"], rows["value"], marker="o", color=style.colour(number), label=curve)
    left.set(title="Loss", xlabel="step", ylabel="loss")
    left.set_ylim(bottom=0)
    left.legend()
    left.grid()
    for axes in right:
        _traces(axes, weights)
    return picture


def _traces(axes: Any, weights: pd.DataFrame) -> None:
    """One curve per layer, its name at its end."""
    curves = list(weights.groupby("curve", sort=False))
    for number, (_, rows) in enumerate(curves):
        values = rows["value"].where(rows["value"] > 0)  # equal weights, as of a fresh norm, have no logarithm
        axes.plot(rows["step"], values, marker="o", color=style.colour(number))
    axes.set(title="Standard deviation of the weights", xlabel="step")
    axes.set_yscale("log")
    axes.grid()
    named = range(len(curves)) if len(curves) <= LABELLED else (0, len(curves) - 1)
    ends = axes.transScale.transform([(1, curves[k][1]["value"].iloc[-1]) for k in named])[:, 1]
    low, high = axes.transScale.transform([(1, limit) for limit in axes.get_ylim()])[:, 1]
    for number, height in zip(named, apart((ends - low) / (high - low)), strict=True):
        name, look = short(curves[number][0]), {"color": style.colour(number), "fontsize": 7.5, "va": "center"}
        axes.annotate(name, (1.02, height), xycoords="axes fraction", annotation_clip=False, **look)


def apart(heights: Sequence[float]) -> list[float]:
    """Heights between 0 and 1, moved up where they are nearer than names can stand, and down again from the top."""
    found, floor = list(map(float, heights)), -LETTERS
    order = np.argsort(found, kind="stable")
    for k in order:
        floor = found[k] = max(found[k], floor + LETTERS)
    ceiling = 1 + LETTERS
    for k in reversed(order):
        ceiling = found[k] = min(found[k], ceiling - LETTERS)
    return found


def short(parameter: str) -> str:
    """The layer's own name: `backbone.convolutions.conv1.convolve.weight` is conv1, `head.answers.weight` answers.

    A number alone names nothing: `backbone.stem.0.weight` is stem.0.
    """
    parts = parameter.split(".")[1:-1] or [parameter]
    known = [part for part in parts if any(letter.isdigit() for letter in part) and not part.isdigit()]
    if known:
        return known[-1]
    word = max((k for k, part in enumerate(parts) if not part.isdigit()), default=0)
    return ".".join(parts[word:])
