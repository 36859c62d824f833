"""The labels of a data set: their distributions, and the sums of the tree that they break (spec A4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset, all_targets, as_numbers
from zoo.drawing import Drawing
from zoo.evaluation import labelled_rows
from zoo.figures import answers, panels
from zoo.schema import Schema, VoteCounts, VoteFractions
from zoo.vote_fractions import TOLERANCE

BINS, COLUMNS = 20, 6


def draw(dataset: Dataset, split: str) -> Drawing:
    """Draw a histogram per column of the labels, with mean and spread. Raises DataError where nothing has a label."""
    schema = dataset.schema
    labels = as_numbers(schema, all_targets(dataset)[labelled_rows(dataset, split)])
    edges = [_edges(labels[:, k]) for k in range(labels.shape[1])]
    counts = np.array([np.histogram(labels[:, k], bins)[0] for k, bins in enumerate(edges)])
    numbers = pd.DataFrame(
        {
            "column": schema.columns,
            **questions(schema),
            "meaning": list(answers.words(schema).values()),
            "galaxies": (~np.isnan(labels)).sum(axis=0),
            "mean": np.nanmean(labels, axis=0),
            "std": np.nanstd(labels, axis=0),
            **violations(schema, labels),
            "lowest": [bins[0] for bins in edges],
            "highest": [bins[-1] for bins in edges],
            **{f"bin_{k:02d}": counts[:, k] for k in range(BINS)},
        }
    )
    return Drawing(_picture(numbers, counts, edges), numbers)


def questions(schema: Schema) -> dict[str, list[str]]:
    """The question of each answer; nothing without a tree."""
    if not isinstance(schema, VoteFractions | VoteCounts):
        return {}
    return {"question": [question.name for question in schema.questions for _ in question.answers]}


def violations(schema: Schema, labels: Float[np.ndarray, "galaxy answer"]) -> dict[str, list[float]]:
    """Per answer: how many galaxies break the sum of its question, and by how much at most; nothing without a tree."""
    if not isinstance(schema, VoteFractions):
        return {}
    found: dict[str, list[float]] = {"violations": [], "largest_deviation": []}
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        off = np.abs(labels[:, where].sum(axis=1) - (1 if parent is None else labels[:, parent]))
        found["violations"] += [int((off > TOLERANCE).sum())] * (where.stop - where.start)
        found["largest_deviation"] += [float(off.max())] * (where.stop - where.start)
    return found


def _edges(values: Float[np.ndarray, " galaxy"]) -> Float[np.ndarray, " edge"]:
    """Bins from 0 to 1, or from the smallest to the largest value where that is beyond."""
    low, high = np.nanmin(values), np.nanmax(values)
    low, high = (0.0, 1.0) if low >= -TOLERANCE and high <= 1 + TOLERANCE else (low, high)
    return np.linspace(low - (TOLERANCE if low == 0 else 0), high + (TOLERANCE if high == 1 else 0), BINS + 1)


def _picture(
    numbers: pd.DataFrame, counts: Float[np.ndarray, "column bin"], edges: list[Float[np.ndarray, " edge"]]
) -> Figure:
    picture, axes = panels.grid(len(numbers), COLUMNS, 0.85)
    for one, row, count, bins in zip(axes, numbers.itertuples(), counts, edges, strict=True):
        one.stairs(np.maximum(count, 0.5), bins, fill=True, color=style.SKY, baseline=0.5)
        one.axvline(row.mean, color=style.VERMILION, lw=1.3)
        one.set_title(f"{row.meaning}\n{row.mean:.2f} ± {row.std:.2f}", fontsize=6.5, pad=2, loc="center")
        one.set_yscale("log")
        one.set_ylim(bottom=0.5)
        one.tick_params(labelsize=6)
    for one in panels.left(axes, COLUMNS):
        one.set_ylabel("galaxies", fontsize=6.5)
    title = f"{numbers['galaxies'].max():,} labelled galaxies; line: mean"
    if "violations" in numbers:
        broken = numbers.groupby("question")["violations"].first().sum()
        title += f"; sums of questions off by more than {TOLERANCE:g}: {broken}"
    picture.suptitle(title, fontsize=9.5)
    return picture
