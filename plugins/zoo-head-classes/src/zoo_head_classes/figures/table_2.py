"""Rates of all galaxies and of the most confident ones, as Table II of Khan et al. (2019; spec G23, G24)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.metrics import LEVELS, resampled
from zoo.model import GalaxyModel
from zoo_head_classes import published
from zoo_head_classes.evidence import Evidence, evidence
from zoo_head_classes.rates import WORDS, positives, rates


def draw(
    models: dict[str, GalaxyModel],
    dataset: Dataset,
    split: str,
    kept: float,
    convention: str,
    positive: str | None,
    beside: str | None,
    tta: str,
    resamples: int,
    seed: int,
    batch_size: int,
    workers: int,
) -> Drawing:
    """Draw a table: a row for all galaxies and one for the most confident, a column per rate.

    A rate is the mean over the models, with a 95 % bootstrap interval over galaxies and the standard deviation over
    models. Raises ZooError for an unknown convention, class, share or published row.
    """
    row = published.known(beside)
    found = [evidence(model, dataset, split, batch_size, workers, tta) for model in models.values()]
    positive_of = positives(convention, positive, found[0].names)
    sets = {1.0: found, kept: [one.most_confident(kept) for one in found]}
    numbers = pd.DataFrame(
        [
            {"kept": share, "galaxies": len(each[0]), "models": len(each), **one}
            for share, each in sets.items()
            for one in measured(each, positive_of, resamples, seed)
        ]
    )
    numbers["published"] = [published.printed(row, one.kept, one.rate) for one in numbers.itertuples()]
    return Drawing(_picture(numbers, split, row), numbers)


def measured(
    found: Sequence[Evidence], positive: Mapping[str, str], resamples: int, seed: int
) -> Iterator[dict[str, Any]]:
    """A row per rate: the mean over models, their spread, and the interval of the mean over galaxies."""
    each = pd.DataFrame([rates(one, positive) for one in found])
    drawn = [mean_of(found, rows.numpy(), positive) for rows in resampled(len(found[0]), resamples, seed)]
    samples = pd.DataFrame(drawn, columns=each.columns)
    for rate in each:
        known = samples[rate].dropna()
        low, high = np.percentile(known, LEVELS) if len(known) else (np.nan, np.nan)
        spread = each[rate].std() if len(found) > 1 else np.nan
        told = {"rate": rate, "positive": positive.get(str(rate), ""), "value": each[rate].mean(), "low": low}
        yield told | {"high": high, "spread": spread}


def mean_of(
    found: Sequence[Evidence], rows: Int[np.ndarray, " galaxy"], positive: Mapping[str, str]
) -> dict[str, float]:
    """The mean of each rate over the models, for these galaxies of each."""
    return pd.DataFrame([rates(one.rows(rows), positive) for one in found]).mean().to_dict()


def _picture(numbers: pd.DataFrame, split: str, row: str | None) -> Figure:
    names, shares = list(dict.fromkeys(numbers["rate"])), list(dict.fromkeys(numbers["kept"]))
    picture = Figure(figsize=(style.WIDTH, 0.9 + 0.55 * len(shares)), layout="constrained")
    axes = picture.subplots()
    axes.axis("off")
    axes.set(xlim=(-1.45, len(names) - 0.5), ylim=(len(shares) - 0.4, -1.0))
    axes.axhline(-0.5, color=style.INK, lw=1)
    for place, name in enumerate(names):
        positive = numbers.loc[numbers["rate"] == name, "positive"].iat[0]
        axes.text(place, -0.75, f"{WORDS[name]}\n{positive}".strip(), ha="center", va="center", weight="bold")
    for line, share in enumerate(shares):
        own = numbers[numbers["kept"] == share]
        axes.text(-1.45, line, f"{words_of(share)}\n{own['galaxies'].iat[0]:,} galaxies", va="center", fontsize=8)
        for place, cell in enumerate(own.itertuples()):
            axes.text(place, line, told(cell), ha="center", va="center", fontsize=8)
    beside = "" if row is None else f"; p: published, {row}"
    models = numbers["models"].iat[0]
    mean = f"mean of {models} models ± their spread" if models > 1 else "one model"
    axes.set_title(f"The split {split}, {mean}; in brackets 95 % of bootstrap samples{beside}", fontsize=8)
    return picture


def words_of(share: float) -> str:
    """What a row of the table is about."""
    if share == 1:
        return "all"
    return "most confident" if share > 1 else f"surest {100 * share:.3g} %"


def told(cell: Any) -> str:
    """A rate in words: the value, its spread and interval, and the published value."""
    spread = "" if np.isnan(cell.spread) else f" ± {cell.spread:.4f}"
    lines = [f"{cell.value:.4f}{spread}", f"({cell.low:.4f} – {cell.high:.4f})"]
    return "\n".join(lines if np.isnan(cell.published) else [*lines, f"p {cell.published:.4g}"])
