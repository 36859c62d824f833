"""ROC curves of models, their areas with intervals, and an inset of differences (Khan et al. 2019, Figs. 3 and 10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.model import GalaxyModel
from zoo_head_classes import areas, published
from zoo_head_classes.evidence import evidence, position
from zoo_head_classes.rounds import grouped


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
    rounds: dict[str, int] | None = None,
) -> Drawing:
    """Draw a curve per model; the inset shows by how much its true positive rate is above that of the first one.

    rounds: the round of each model of a recursion, whose mean is one curve with a band of one standard deviation.
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
    groups = {name: np.stack([one.scores(wanted) for one in some]) for name, some in grouped(found, rounds).items()}
    base = areas.averaged(next(iter(groups.values())), truth)
    tables = [
        curve(name, scores, truth, base).assign(**area(scores, truth, resamples, seed))
        for name, scores in groups.items()
    ]
    numbers = pd.concat(tables, ignore_index=True).assign(positive=wanted, galaxies=len(truth))
    return Drawing(_picture(numbers, split, wanted, row), numbers)


def curve(
    name: str,
    scores: Float[np.ndarray, "model galaxy"],
    truth: Bool[np.ndarray, " galaxy"],
    base: Float[np.ndarray, "other point"],
) -> pd.DataFrame:
    """The points of a model's curve, or of the mean curve of several; `difference` is that to the mean of `base`.

    As many models as in `base` are pairs with them, in order.
    """
    if len(scores) == 1:
        fpr, tpr = areas.curve(scores[0], truth)
        first = np.interp(fpr, areas.AT, base.mean(axis=0))
        return pd.DataFrame({"run": name, "fpr": fpr, "tpr": tpr, "difference": tpr - first})
    each = areas.averaged(scores, truth)
    gains = each - (base if len(base) == len(each) else base.mean(axis=0))
    told = {"tpr": each, "difference": gains}
    columns = {key: values.mean(axis=0) for key, values in told.items()}
    spreads = {f"{key}_std": values.std(axis=0, ddof=1) for key, values in told.items()}
    return pd.DataFrame({"run": name, "fpr": areas.AT} | columns | spreads)


def area(
    scores: Float[np.ndarray, "model galaxy"], truth: Bool[np.ndarray, " galaxy"], resamples: int, seed: int
) -> dict[str, float]:
    """The area, the mean over models, with its interval over galaxies and their standard deviation."""
    each = [areas.area(own, truth) for own in scores]
    low, high = areas.interval(scores, truth, resamples, seed)
    spread = float(np.std(each, ddof=1)) if len(each) > 1 else float("nan")
    return {"models": len(each), "auc": float(np.mean(each)), "low": low, "high": high, "spread": spread}


def _picture(numbers: pd.DataFrame, split: str, positive: str, row: str | None) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 4.8), layout="constrained")
    axes = picture.subplots()
    axes.plot([0, 1], [0, 1], color=style.PALE, lw=1)
    curves = list(numbers.groupby("run", sort=False))
    for number, (name, own) in enumerate(curves):
        axes.plot(own["fpr"], own["tpr"], color=style.colour(number), label=told(name, own.iloc[0]))
        _band(axes, own, "tpr", number)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    heading = f"{positive} against all others, {numbers['galaxies'].iat[0]:,} galaxies of the split {split}"
    axes.set_title(heading + beside(row))
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.67), title="area, 95 % of bootstrap samples")
    if len(curves) > 1:
        _differences(axes.inset_axes((0.42, 0.1, 0.55, 0.27)), curves)
    return picture


def told(name: str, one: pd.Series) -> str:
    """A curve in the legend: its area with the interval over galaxies, and the spread of several models."""
    several = f", {one['models']} models ± {one['spread']:.4f}" if one["models"] > 1 else ""
    return f"{name}: {one['auc']:.4f} ({one['low']:.4f} – {one['high']:.4f}){several}"


def beside(row: str | None) -> str:
    """The published areas as a line below the heading."""
    if row not in published.AREAS:
        return ""
    told = ", ".join(f"{name} {area:.2f}" for name, area in published.AREAS[row].items())
    return f"\npublished for {row}: {told}"


def _differences(axes: Any, curves: list[tuple[str, pd.DataFrame]]) -> None:
    """True positive rates less those of the first curve, at the same false positive rates."""
    axes.axhline(0, color=style.colour(0), lw=1)
    for number, (_, own) in enumerate(curves[1:], start=1):
        axes.plot(own["fpr"], own["difference"], color=style.colour(number), lw=1)
        _band(axes, own, "difference", number)
    axes.set_title("true positive rate less that of the first", fontsize=7.5)
    axes.tick_params(labelsize=7)


def _band(axes: Any, own: pd.DataFrame, key: str, number: int) -> None:
    """One standard deviation of several models on either side."""
    if own["models"].iat[0] > 1:
        low, high = own[key] - own[f"{key}_std"], own[key] + own[f"{key}_std"]
        axes.fill_between(own["fpr"], low, high, color=style.colour(number), alpha=0.15, lw=0)
