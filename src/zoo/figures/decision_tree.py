"""The decision tree of a schema, with the weight of each question.

Labels are cumulative: a question's answers sum to the fraction of the answer that leads to it. That fraction is the
question's weight, a number of each galaxy, and 1 for a question that is asked of all (spec A2, E2). With a data set the
mean over its galaxies is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from zoo import style
from zoo.dataset import Dataset, all_targets
from zoo.drawing import Drawing
from zoo.errors import Incompatible
from zoo.evaluation import labelled_rows
from zoo.figures import answers
from zoo.schema import Question, Schema, VoteCounts, VoteFractions

LINE, GAP, HEAD = 1.0, 0.9, 2.2
"""Heights of an answer, of the space between two boxes, and of a box's heading, in lines."""
BOX, STEP = 11.8, 13.9
"""Width of a box, and from one column of boxes to the next, in lines."""
INCH = 0.185
"""Inches of a line."""


def draw(schema: Schema, split: str, dataset: Dataset | None = None) -> Drawing:
    """Draw the tree; `split` says whose mean fractions are written into it. Raises Incompatible for other labels."""
    if not isinstance(schema, VoteFractions | VoteCounts):
        raise Incompatible(f"The labels are {schema.kind}, and only questions make a decision tree: choose a tree=….")
    means = None
    if dataset is not None:
        targets = all_targets(dataset)[labelled_rows(dataset, split)]
        order = [dataset.schema.columns.index(answer) for answer in schema.columns]
        means = answers.cumulative(schema, dataset.schema.baseline(targets)[order])
    return Drawing(_picture(schema, means), pd.DataFrame(list(_rows(schema, means))))


def _rows(tree: VoteFractions | VoteCounts, means: Float[np.ndarray, " answer"] | None) -> Iterator[dict[str, Any]]:
    """One row per answer: what its question weighs, in symbols and on average, and its own mean."""
    for question, where, parent in zip(tree.questions, tree.slices, tree.parents, strict=True):
        labels = question.labels or ("",) * len(question.answers)
        weight = None if means is None else 1.0 if parent is None else means[parent]
        for k, (answer, label) in enumerate(zip(question.answers, labels, strict=True), start=where.start):
            leads = ";".join(q.name for q in tree.questions if q.parent == answer)
            about = {"question": question.name, "asks": question.asks, "answer": answer, "label": label}
            numbers = {"mean_weight": weight, "mean_fraction": None if means is None else means[k]}
            yield {**about, "weight": question.parent or "1", "leads_to": leads, **numbers}


def _places(tree: VoteFractions | VoteCounts) -> dict[str, tuple[int, float]]:
    """The column of each question's box, and the line on which it begins: beside the middle of what follows."""
    places: dict[str, tuple[int, float]] = {}

    def place(question: Question, depth: int, top: float) -> float:
        """Place a question and all that follows it from line `top` on; returns the first free line."""
        end = top
        for answer in question.answers:
            for child in (q for q in tree.questions if q.parent == answer):
                end = place(child, depth + 1, end)
        own = _height(question) + GAP
        places[question.name] = depth, top + max(0, (end - top - own) / 2)
        return max(end, top + own)

    end = 0.0
    for question in tree.questions:
        if question.parent is None:
            end = place(question, 0, end)
    return places


def _height(question: Question) -> float:
    return HEAD + LINE * len(question.answers) + 0.3


def _picture(tree: VoteFractions | VoteCounts, means: Float[np.ndarray, " answer"] | None) -> Figure:
    places = _places(tree)
    wide = STEP * (1 + max(depth for depth, _ in places.values())) - (STEP - BOX) + 0.4
    low = max(places[question.name][1] + _height(question) for question in tree.questions)
    picture = Figure(figsize=(wide * INCH, (low + 2.1) * INCH))
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.2, wide - 0.2), ylim=(low + 1.8, -0.3))
    axes.axis("off")
    for question, where, parent in zip(tree.questions, tree.slices, tree.parents, strict=True):
        values = [None] * len(question.answers) if means is None else means[where].tolist()
        weight = None if means is None else 1.0 if parent is None else float(means[parent])
        _box(axes, question, *places[question.name], values, weight)
        if question.parent is not None:
            _arrow(axes, tree, question, places)
    about = "" if means is None else ", on average over the galaxies in brackets; bars: mean fraction of an answer"
    note = f"w: a question's weight, the fraction of the answer that leads to it{about}"
    axes.text(0, low + 0.5, note, fontsize=7.5, va="top")
    return picture


def _box(
    axes: Any, question: Question, depth: int, top: float, values: list[float | None], weight: float | None
) -> None:
    """One question: its weight, its words, and its answers with a bar for the mean fraction."""
    left, colour = depth * STEP, style.colour(depth)
    size = {"width": BOX, "height": _height(question), "boxstyle": "round,pad=0,rounding_size=0.3"}
    axes.add_patch(FancyBboxPatch((left, top), fc="white", ec=colour, lw=1.1, zorder=2, **size))
    axes.text(left + 0.35, top + 0.72, question.name, fontsize=8, weight="bold", color=colour, va="center", zorder=4)
    symbol = f"w = {question.parent or '1'}" + ("" if weight is None or not question.parent else f" ({weight:.2f})")
    axes.text(left + BOX - 0.35, top + 0.72, symbol, fontsize=7, ha="right", va="center", zorder=4)
    small = min(7, 280 / max(len(question.asks), 1))  # the longest question still fits
    axes.text(left + 0.35, top + 1.65, question.asks, fontsize=small, style="italic", va="center", zorder=4)
    for k, (name, value) in enumerate(zip(answers.of_question(question).values(), values, strict=True)):
        middle = top + HEAD + LINE * (k + 0.5)
        if value is not None:
            axes.barh(middle, (BOX - 0.6) * value, 0.84, left + 0.3, color=colour, alpha=0.25, zorder=3, lw=0)
            axes.text(left + BOX - 0.35, middle, f"{value:.2f}", fontsize=7.5, ha="right", va="center", zorder=4)
        axes.text(left + 0.45, middle, name, fontsize=7.5, va="center", zorder=4)


def _arrow(axes: Any, tree: Any, question: Question, places: dict[str, tuple[int, float]]) -> None:
    """A line from the answer that leads to a question to its box."""
    asked = next(q for q in tree.questions if question.parent in q.answers)
    (depth, top), (child_depth, child_top) = places[asked.name], places[question.name]
    start = depth * STEP + BOX, top + HEAD + LINE * (asked.answers.index(question.parent) + 0.5)
    end = child_depth * STEP, child_top + 0.72
    bend = {"arrowstyle": "-|>", "color": style.QUIET, "lw": 1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate(
        "", end, start, arrowprops=bend | {"connectionstyle": "arc,angleA=0,angleB=180,armA=12,armB=16,rad=4"}
    )
