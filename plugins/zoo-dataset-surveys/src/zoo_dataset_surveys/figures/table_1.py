"""Table I of Khan et al. (2019): galaxies by set and class, rebuilt and as published (G8)."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo_dataset_surveys.figures.sets import COLOURS, TITLES, of_khan2019
from zoo_dataset_surveys.khan2019 import splits
from zoo_dataset_surveys.khan2019.selection import ELLIPTICAL, SPIRAL, TIE
from zoo_dataset_surveys.khan2019.splits import FO, HP, TRAIN, VALIDATION

PUBLISHED = {
    (TRAIN, SPIRAL): 18_352, (TRAIN, ELLIPTICAL): 18_268,
    (VALIDATION, SPIRAL): 456, (VALIDATION, ELLIPTICAL): 507,
    (HP, SPIRAL): 516, (HP, ELLIPTICAL): 550,
    (FO, SPIRAL): 6_677, (FO, ELLIPTICAL): 5_904, (FO, TIE): 15,
}  # fmt: skip
"""The paper's, and where it is silent (validation, ties) those of the authors' lists."""


def draw(dataset: Dataset) -> Drawing:
    """Draw the numbers of galaxies beside the published ones. Raises Incompatible for another data set."""
    rebuilt = of_khan2019(dataset, "table_1").rebuilt
    found, selected = splits.counts(rebuilt.published), splits.counts(rebuilt.selected)
    numbers = pd.DataFrame(
        [(*key, selected.get(key, 0), found.get(key, 0), published) for key, published in PUBLISHED.items()],
        columns=["set", "class", "selected", "rebuilt", "published"],
    )
    numbers["difference"] = numbers["rebuilt"] - numbers["published"]
    return Drawing(_picture(numbers), numbers)


def _picture(numbers: pd.DataFrame) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 3.6), layout="constrained")
    axes = picture.subplots()
    places = _places(numbers)
    axes.barh(places, numbers["rebuilt"], height=0.8, color=[COLOURS[name] for name in numbers["class"]], alpha=0.85)
    axes.vlines(numbers["published"], places - 0.48, places + 0.48, color=style.INK, lw=1.4, label="published")
    for place, row in zip(places, numbers.itertuples(), strict=True):
        told = " as published" if not row.difference else f", published {row.published:,}"
        axes.annotate(f"{row.rebuilt:,}{told}", (max(row.rebuilt, row.published), place), (6, 0),
                      textcoords="offset points", va="center", fontsize=7.5)  # fmt: skip
    axes.set_yticks(places, numbers["class"])
    for name, group in numbers.assign(place=places).groupby("set", sort=False):
        axes.text(0, group["place"].min() - 0.55, TITLES[name], fontsize=8.5, va="bottom", weight="bold")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.32 * numbers["published"].max())
    axes.set_xlabel("galaxies with an SDSS image")
    axes.legend(loc="lower right")
    axes.set_title("The sets of Khan et al. (2019), rebuilt from tables; HP and FO share galaxies", pad=14)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    return picture


def _places(numbers: pd.DataFrame) -> pd.Series:
    """Where the bars stand: one below the other, with room for a heading above each set."""
    new_set = numbers["set"] != numbers["set"].shift()
    return pd.Series(range(len(numbers)), dtype=float) + 0.9 * new_set.cumsum()
