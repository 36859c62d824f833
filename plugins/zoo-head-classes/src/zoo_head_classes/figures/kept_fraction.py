"""Accuracy and F1 of the most confident galaxies, against their share (Khan et al. 2019, Fig. 6; spec G24)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.model import GalaxyModel
from zoo_head_classes import published
from zoo_head_classes.evidence import Evidence, evidence
from zoo_head_classes.rates import positives, rates

SHOWN = ("accuracy", "f1")


def draw(
    models: dict[str, GalaxyModel],
    dataset: Dataset,
    split: str,
    points: int,
    convention: str,
    positive: str | None,
    beside: str | None,
    tta: str,
    batch_size: int,
    workers: int,
    rounds: dict[str, int] | None = None,
) -> Drawing:
    """Draw both curves: the mean over models, a band of one standard deviation, and the models behind it.

    rounds: the round of each model of a recursion; every round has a mean of its own. Each model ranks the galaxies by
    its own logit margin. Raises ZooError for an unknown convention, class or row.
    """
    if points < 1:
        raise ZooError(f"points={points}: give 1 or more.")
    row = published.known(beside)
    found = {name: evidence(model, dataset, split, batch_size, workers, tta) for name, model in models.items()}
    positive_of = positives(convention, positive, next(iter(found.values())).names)
    rows = [one for name, each in found.items() for one in curve(name, each, points, positive_of)]
    means = {name: f"mean of round {rounds[name]}" if rounds else "mean" for name in models}
    numbers = with_mean(pd.DataFrame(rows), means)
    return Drawing(_picture(numbers, means, split, row, positive_of["f1"]), numbers)


def curve(name: str, found: Evidence, points: int, positive: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The rates of one model for each share, the smallest first."""
    for point in range(1, points + 1):
        some = found.most_confident(point / points)
        told = rates(some, positive)
        yield {"run": name, "kept": point / points, "galaxies": len(some), **{rate: told[rate] for rate in SHOWN}}


def with_mean(each: pd.DataFrame, means: Mapping[str, str]) -> pd.DataFrame:
    """The rows of all models, and behind them means and standard deviations (NaN for one model).

    means: what the mean is called that a model is part of.
    """
    keys = ["run", "kept", "galaxies"]
    grouped = each.assign(run=each["run"].map(means)).groupby(keys, as_index=False, sort=False)
    mean, spread = grouped[list(SHOWN)].mean(), grouped[list(SHOWN)].std()
    spread = spread.rename(columns={rate: f"{rate}_std" for rate in SHOWN})
    return pd.concat([each, mean.merge(spread, on=keys)], ignore_index=True)


def _picture(numbers: pd.DataFrame, means: Mapping[str, str], split: str, row: str | None, positive: str) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 3.2), layout="constrained")
    for axes, rate, title in zip(picture.subplots(1, 2), SHOWN, ("accuracy", f"F1 of {positive}"), strict=True):
        for number, name in enumerate(dict.fromkeys(means.values())):
            _models(axes, numbers[numbers["run"].map(means) == name], rate)
            _mean(axes, numbers[numbers["run"] == name], rate, style.colour(number), name)
        if row:
            printed = published.TABLE_2[row][rate]
            axes.plot(published.share(row), printed, "D", color=style.INK, label=f"published, {row}")
        if row or len({*means.values()}) > 1:
            axes.legend(loc="lower left")
        axes.set(xlabel="share kept, the most confident first", xlim=(0, 1.02))
        axes.set_title(title)
        axes.grid()
    models = min(list(means.values()).count(name) for name in means.values())
    band = f"mean of {models} models, band: ± one standard deviation" if models > 1 else "one model"
    picture.suptitle(f"{numbers['galaxies'].max():,} galaxies of the split {split}, {band}", fontsize=9.5)
    return picture


def _models(axes: Any, models: pd.DataFrame, rate: str) -> None:
    for _, own in models.groupby("run", sort=False):
        axes.plot(own["kept"], own[rate], color=style.QUIET, lw=0.6)


def _mean(axes: Any, mean: pd.DataFrame, rate: str, colour: str, name: str) -> None:
    low, high = mean[rate] - mean[f"{rate}_std"], mean[rate] + mean[f"{rate}_std"]
    axes.fill_between(mean["kept"], low.clip(lower=0), high.clip(upper=1), color=colour, alpha=0.2, lw=0)
    axes.plot(mean["kept"], mean[rate], color=colour, label=name)
