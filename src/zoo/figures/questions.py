"""The error of runs, question by question (or class by class), beside the best constant prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from zoo import plain, style
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.run import Run, names_apart


def draw(run: Run, others: Sequence[str], metric: str, split: str) -> Drawing:
    """Draw a group of dots per question, one per run, with 95 % intervals, and a line for the mean predictor.

    Raises ZooError for a run that was not measured on this split, or has no such metric.
    """
    runs = [run, *(Run.open(Path(other)) for other in others)]
    named = zip(names_apart(runs), runs, strict=True)
    numbers = pd.DataFrame([{"run": name, **row} for name, one in named for row in rows(one, metric, split)])
    return Drawing(_picture(numbers, metric, split), numbers)


def rows(run: Run, metric: str, split: str) -> Iterator[dict[str, Any]]:
    """What a run has measured: the metric over all, then for each part of the answers."""
    found = measured(run, split)["metrics"]
    parts = {name: values for name, values in found.items() if name == metric or name.startswith(f"{metric}/")}
    if not parts:
        kinds = sorted({name.partition("/")[0] for name in found})
        raise ZooError(f"{run.folder} has no metric {metric}: choose metric= one of {', '.join(kinds)}.")
    for name, values in parts.items():
        yield {"question": name.partition("/")[2] or "all", "metric": metric, **values}


def measured(run: Run, split: str) -> Mapping[str, Any]:
    """The metrics of a split: the run's own, else those of `zoo evaluate`.

    Raises ZooError where nobody, or more than one evaluation, measured them.
    """
    if run.metrics and run.metrics["split"] == split:
        return run.metrics
    name = run.choices["dataset"]["name"]
    found = sorted((run.folder / "evaluations").glob(f"{name}-{split}-*.json"))
    if len(found) == 1:
        return plain.read(found[0])
    told = f"{len(found)} evaluations" if found else "no metrics"
    raise ZooError(
        f"{run.folder} has {told} of the split {split}: `zoo evaluate run={run.folder} split={split}` measures it once."
    )


def _picture(numbers: pd.DataFrame, metric: str, split: str) -> Figure:
    questions, runs = list(dict.fromkeys(numbers["question"])), list(dict.fromkeys(numbers["run"]))
    height = 1.2 + len(questions) * max(0.28, 0.16 * len(runs)) + 0.2 * len(runs)
    picture = Figure(figsize=(style.WIDTH, height), layout="constrained")
    axes = picture.subplots()
    offsets = np.linspace(-0.22, 0.22, len(runs)) if len(runs) > 1 else [0.0]
    for number, (name, offset) in enumerate(zip(runs, offsets, strict=True)):
        own = numbers[numbers["run"] == name].set_index("question").reindex(questions)
        places = np.arange(len(questions)) + offset
        axes.hlines(places, own["low"], own["high"], color=style.colour(number), lw=2)
        axes.plot(own["value"], places, "o", color=style.colour(number), label=name)
        label = "mean predictor" if number == len(runs) - 1 else None
        axes.plot(own["baseline"], places, "|", color=style.QUIET, markersize=9, mew=2, label=label)
    axes.set_yticks(range(len(questions)), questions)
    axes.invert_yaxis()
    axes.set(xlabel=f"{metric} on the split {split}, with 95 % intervals")
    axes.set_xlim(left=0)
    axes.grid(axis="x")
    picture.legend(loc="outside upper left", ncols=1)
    return picture
