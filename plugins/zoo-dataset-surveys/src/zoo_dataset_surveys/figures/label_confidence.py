"""How sure volunteers were: the debiased fraction of the winning class, set by set (Khan et al. 2019, Fig. 1; G28)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo_dataset_surveys.figures.sets import COLOURS, TITLES, of_khan2019
from zoo_dataset_surveys.khan2019 import tables
from zoo_dataset_surveys.khan2019.selection import ELLIPTICAL, ELLIPTICAL_FROM, SPIRAL, SPIRAL_FROM
from zoo_dataset_surveys.khan2019.splits import SPLITS

THRESHOLDS = {SPIRAL: SPIRAL_FROM, ELLIPTICAL: ELLIPTICAL_FROM}
SIDES = {SPIRAL: -1, ELLIPTICAL: 1}


def draw(dataset: Dataset, points: int) -> Drawing:
    """Draw a violin per set, spirals on its left half and ellipticals on its right one.

    points: at how many fractions, from the smallest to the largest, the density is estimated. Galaxies without votes
    are counted and not drawn. Raises Incompatible for another data set.
    """
    khan = of_khan2019(dataset, "label_confidence")
    rows = khan.rebuilt.published
    elliptical, spiral = tables.votes(khan.root, tables.VOTES[::-1]).of(rows["sdss_objid"].tolist())
    rows = rows.assign(fraction=np.where(rows["label"] == SPIRAL, spiral, elliptical))
    numbers = pd.concat(
        [_violin(rows, split, label, points) for split in SPLITS for label in (SPIRAL, ELLIPTICAL)], ignore_index=True
    )
    return Drawing(_picture(numbers), numbers)


def _violin(rows: pd.DataFrame, split: str, label: str, points: int) -> pd.DataFrame:
    """The density of the winning fraction of one class in one set, a row per point; NaN where nothing is known."""
    chosen = rows.loc[(rows["split"] == split) & (rows["label"] == label), "fraction"]
    known = chosen.dropna().to_numpy()
    fractions = np.linspace(known.min(), known.max(), points) if len(known) else np.full(1, np.nan)
    return pd.DataFrame(
        {
            "set": split,
            "class": label,
            "galaxies": len(chosen),
            "with_votes": len(known),
            "median": np.median(known) if len(known) else np.nan,
            "threshold": THRESHOLDS[label],
            "fraction": fractions,
            "density": density(known, fractions) if len(known) else np.nan,
        }
    )


def density(values: Float[np.ndarray, " galaxy"], at: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """A Gaussian kernel density estimate, reflected at the smallest and largest value so that nothing lies beyond.

    Equal values have no spread to estimate: 1 everywhere.
    """
    from scipy.stats import gaussian_kde

    if len(np.unique(values)) < 2:
        return np.ones(len(at))
    kernel = gaussian_kde(values)
    return kernel(at) + kernel(2 * values.min() - at) + kernel(2 * values.max() - at)


def _picture(numbers: pd.DataFrame) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 3.8), layout="constrained")
    axes = picture.subplots()
    for name, threshold in THRESHOLDS.items():
        axes.axhline(threshold, color=COLOURS[name], ls="--", lw=1, label=f"{name}, trained on from {threshold}")
    for place, split in enumerate(SPLITS):
        for label, side in SIDES.items():
            _half(axes, place, side, numbers[(numbers["set"] == split) & (numbers["class"] == label)])
    axes.set_xticks(range(len(SPLITS)), [_caption(numbers[numbers["set"] == split]) for split in SPLITS])
    axes.set_xlim(-0.6, len(SPLITS) - 0.4)
    axes.set_ylim(0, 1.03)
    axes.set_ylabel("debiased fraction of the winning class")
    axes.legend(loc="lower left")
    axes.set_title("Spirals (left halves) and ellipticals (right halves); points: medians")
    return picture


def _half(axes: Any, place: int, side: int, violin: pd.DataFrame) -> None:
    """Half a violin, as wide as its largest density allows."""
    first = violin.iloc[0]
    if not first["with_votes"]:
        axes.text(place, 0.5, "votes not\nin these tables", ha="center", va="center", fontsize=7.5, color=style.QUIET)
        return
    width = side * 0.42 * violin["density"] / violin["density"].max()
    axes.fill_betweenx(violin["fraction"], place, place + width, color=COLOURS[first["class"]], alpha=0.8, lw=0)
    axes.plot(place + side * 0.06, first["median"], "o", color="white", mec=style.INK)


def _caption(violins: pd.DataFrame) -> str:
    each = violins.drop_duplicates("class")
    told = f"{each['with_votes'].sum():,} of {each['galaxies'].sum():,} with votes"
    return f"{TITLES[each['set'].iat[0]]}\n{told}"
