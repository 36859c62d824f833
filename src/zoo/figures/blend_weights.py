"""The weights of a blend: one per catalogue, or one per catalogue and answer (spec F4 to F6)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.drawing import Drawing
from zoo.errors import ZooError

NEEDED = {"catalogue", "weight"}


def draw(blend: Path) -> Drawing:
    """Draw a bar per catalogue, or a chart of catalogues and answers, from `weights.csv` of a blend's folder.

    Raises ZooError where there is no such table.
    """
    path = blend / "weights.csv"
    if not path.is_file():
        raise ZooError(f"There is no {path}: give blend=FOLDER, one that `zoo blend` wrote.")
    numbers = pd.read_csv(path, dtype={"catalogue": str, "sha256": str, "answer": str})
    if missing := NEEDED - {*numbers}:
        raise ZooError(f"{path} has no column {min(missing)}: it is no table of a blend's weights.")
    by_answer = "answer" in numbers and bool(numbers["answer"].notna().any())
    named = numbers.assign(catalogue=told_apart(numbers))
    return Drawing(_chart(named) if by_answer else _bars(named), numbers)


def told_apart(numbers: pd.DataFrame) -> pd.Series:
    """The names of the catalogues, with the beginning of their hash where several have the same name."""
    if "sha256" not in numbers or numbers.groupby("catalogue")["sha256"].nunique().max() == 1:
        return numbers["catalogue"]
    return numbers["catalogue"] + " " + numbers["sha256"].str[:6]


def _bars(numbers: pd.DataFrame) -> Figure:
    """One bar per catalogue, and a line for equal weights."""
    picture = Figure(figsize=(style.WIDTH, 0.9 + 0.28 * len(numbers)), layout="constrained")
    axes = picture.subplots()
    axes.barh(range(len(numbers)), numbers["weight"], color=style.BLUE, height=0.7)
    axes.axvline(1 / len(numbers), color=style.QUIET, ls="--", lw=1)
    names = [f"{row.catalogue}   {row.weight:.3f}" for row in numbers.itertuples()]
    axes.set_yticks(range(len(numbers)), names)
    axes.invert_yaxis()
    axes.set(xlabel="weight (dashed: equal weights)", xlim=(0, 1.05 * max(numbers["weight"].max(), 1 / len(numbers))))
    return picture


def _chart(numbers: pd.DataFrame) -> Figure:
    """A square per catalogue and answer, in the order of the table."""
    table = numbers.pivot(index="catalogue", columns="answer", values="weight")
    table = table.reindex(index=numbers["catalogue"].unique(), columns=numbers["answer"].dropna().unique())
    picture = Figure(figsize=(style.WIDTH, 1.6 + 0.28 * len(table)), layout="constrained")
    axes = picture.subplots()
    drawn = axes.imshow(table, aspect="auto", vmin=0, cmap=style.AMOUNTS)
    axes.set_yticks(range(len(table)), table.index)
    axes.set_xticks(range(table.shape[1]), table.columns, rotation=90, fontsize=6.5)
    picture.colorbar(drawn, ax=axes, label="weight", pad=0.01)
    return picture
