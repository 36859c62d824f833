"""ROC curves of models, their areas with intervals, and an inset of differences (Khan et al. 2019, Figs. 3 and 10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.model import GalaxyModel
from zoo_head_classes import areas, published
from zoo_head_classes.evidence import Evidence, evidence, position


def draw(
    models: dict[str, GalaxyModel],
    dataset: Dataset,
    split: str,
    positive: str | None,
    beside: str | None,
    tta: str,
    resamples: int,
    seed: int,
    batch_size: int,
    workers: int,
) -> Drawing:
    """Draw a curve per model; the inset shows by how much its true positive rate is above that of the first one.

    Galaxies are ranked by the logit of one class against all others. Raises ZooError for an unknown class or row, or
    where the split lacks the class or has no other.
    """
    row = published.known(beside)
    found = {name: evidence(model, dataset, split, batch_size, workers, tta) for name, model in models.items()}
    first = next(iter(found.values()))
    wanted = positive or first.names[-1]
    truth = first.truth == position(wanted, first.names)
    if truth.all() or not truth.any():
        raise ZooError(
            f"The split {split} has {truth.sum()} galaxies of {wanted} among {len(truth)}: a ROC needs both."
        )
    numbers = pd.concat([curve(name, one, wanted, resamples, seed) for name, one in found.items()], ignore_index=True)
    return Drawing(_picture(numbers, split, wanted, row), numbers)


def curve(name: str, found: Evidence, positive: str, resamples: int, seed: int) -> pd.DataFrame:
    """The points of a model's curve, each beside the area and its interval."""
    scores, truth = found.scores(positive), found.truth == position(positive, found.names)
    fpr, tpr = areas.curve(scores, truth)
    low, high = areas.interval(scores, truth, resamples, seed)
    area = areas.area(scores, truth)
    told = {"run": name, "positive": positive, "galaxies": len(truth), "auc": area, "low": low, "high": high}
    return pd.DataFrame({"fpr": fpr, "tpr": tpr}).assign(**told)


def _picture(numbers: pd.DataFrame, split: str, positive: str, row: str | None) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 4.8), layout="constrained")
    axes = picture.subplots()
    axes.plot([0, 1], [0, 1], color=style.PALE, lw=1)
    curves = list(numbers.groupby("run", sort=False))
    for number, (name, own) in enumerate(curves):
        one = own.iloc[0]
        label = f"{name}: {one['auc']:.4f} ({one['low']:.4f} – {one['high']:.4f})"
        axes.plot(own["fpr"], own["tpr"], color=style.colour(number), label=label)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    heading = f"{positive} against all others, {numbers['galaxies'].iat[0]:,} galaxies of the split {split}"
    axes.set_title(heading + beside(row))
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.67), title="area, 95 % of bootstrap samples")
    if len(curves) > 1:
        _differences(axes.inset_axes((0.42, 0.1, 0.55, 0.27)), curves)
    return picture


def beside(row: str | None) -> str:
    """The published areas as a line below the heading."""
    if row not in published.AREAS:
        return ""
    told = ", ".join(f"{name} {area:.2f}" for name, area in published.AREAS[row].items())
    return f"\npublished for {row}: {told}"


def _differences(axes: Any, curves: list[tuple[str, pd.DataFrame]]) -> None:
    """True positive rates less those of the first model, at the same false positive rates."""
    at = np.linspace(0, 1, 201)
    first = np.interp(at, curves[0][1]["fpr"], curves[0][1]["tpr"])
    axes.axhline(0, color=style.colour(0), lw=1)
    for number, (_, own) in enumerate(curves[1:], start=1):
        axes.plot(at, np.interp(at, own["fpr"], own["tpr"]) - first, color=style.colour(number), lw=1)
    axes.set_title("true positive rate less that of the first", fontsize=7.5)
    axes.tick_params(labelsize=7)
