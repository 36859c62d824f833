"""How good a blend is beside its catalogues: on the half its weights were fitted to, on the other half, and on all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from zoo import metrics, progress, scores, vote_fractions
from zoo.blend_labels import Labels
from zoo.blend_weights import blend, uniform
from zoo.catalogue import OK, Catalogue
from zoo.schema import Classes, Schema, VoteCounts, VoteFractions

PARTS = ("fitted", "held_out", "all")
"""Of the labelled galaxies. Weights are judged by `held_out`, which they never saw; the mean, not fitted, by all."""


def deviation(schema: Schema, predicted: Float[np.ndarray, "galaxy answer"]) -> Float[np.ndarray, " galaxy"]:
    """By how much each galaxy's predictions break the sums of their schema; 0 where the schema has none."""
    match schema:
        case VoteFractions():
            return vote_fractions.deviation(schema, predicted)
        case VoteCounts():
            return np.max([np.abs(predicted[:, where].sum(axis=1) - 1) for where in schema.slices], axis=0)
        case Classes():
            return np.abs(predicted.sum(axis=1) - 1)
    return np.zeros(len(predicted))


def groups(schema: Schema) -> dict[str, Sequence[int]]:
    """The columns of each question; of each class or quantity by itself where there are no questions."""
    if isinstance(schema, VoteFractions | VoteCounts):
        width = len(schema.columns)
        return {
            question.name: range(*where.indices(width))
            for question, where in zip(schema.questions, schema.slices, strict=True)
        }
    return {name: [column] for column, name in enumerate(schema.columns)}


def measured(
    labels: Labels, weights: Float[np.ndarray, "catalogue answer"], names: Sequence[str], resamples: int, seed: int
) -> dict[str, Any]:
    """`{part: {n, catalogues: {name: metrics}, uniform: metrics, blend: metrics, violations}}` for each of PARTS.

    metrics: `{"rmse": {value, low, high, baseline}, "rmse/<question>": …}` as in metrics.json; the baseline is the mean
    of the fitted half, on all. violations: galaxies whose blend breaks the sums of the schema.
    """
    schema, equal = labels.schema, uniform(*weights.shape)
    baseline, found = mean(labels.truth[labels.fitted]), {}
    every = np.ones(len(labels.fitted), bool)
    for part, which in zip(PARTS, (labels.fitted, ~labels.fitted, every), strict=True):
        truth, members = labels.truth[which], labels.predictions[:, which]
        made = dict(sorted(zip(names, members, strict=True)))
        blended = blend(members, weights)
        all_of_them = [*made.values(), blend(members, equal), blended]
        told = [
            errors(predicted, truth, baseline, schema, resamples, seed)
            for predicted in progress.track(all_of_them, f"measuring, {part.replace('_', ' ')}", len(all_of_them))
        ]
        found[part] = {
            "n": len(truth),
            "catalogues": dict(zip(made, told[:-2], strict=True)),
            "uniform": told[-2],
            "blend": told[-1],
            "violations": violations(schema, blended),
        }
    return found


def mean(labels: Float[np.ndarray, "galaxy answer"]) -> Float[np.ndarray, " answer"]:
    """The mean of each answer's labels; NaN for an answer without any."""
    known = ~np.isnan(labels)
    number = known.sum(axis=0)
    return np.divide(np.where(known, labels, 0).sum(axis=0), number, out=np.full(len(number), np.nan), where=number > 0)


def errors(
    predicted: Float[np.ndarray, "galaxy answer"],
    labels: Float[np.ndarray, "galaxy answer"],
    baseline: Float[np.ndarray, " answer"],
    schema: Schema,
    resamples: int,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """The root mean squared error, over all answers and of each question, with intervals."""
    from torchmetrics import MetricCollection

    return metrics.summarise(
        lambda: MetricCollection({"rmse": metrics.Rmse(len(schema.columns), groups(schema))}),
        torch.from_numpy(predicted),
        torch.from_numpy(labels),
        baseline,
        resamples,
        seed,
    )


def violations(schema: Schema, predicted: Float[np.ndarray, "galaxy answer"]) -> int:
    """How many galaxies break the sums of the schema by more than rounding."""
    return int((deviation(schema, predicted) > vote_fractions.TOLERANCE).sum())


def violations_in(catalogue: Catalogue, schema: Schema) -> int:
    """How many good rows of a catalogue break the sums of the schema, read shard by shard."""
    total = 0
    for shard in catalogue.shards():
        ok = shard["status"].to_numpy() == OK
        total += violations(schema, np.stack([shard[name].to_numpy()[ok] for name in schema.columns], axis=1))
    return total


def show(found: Mapping[str, Any], kind: str, weights: Mapping[str, float]) -> None:
    """Print on stderr the errors of each catalogue, of the mean and of the blend, then those of each question."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    parts = [found[part] for part in PARTS]
    members = {name: [part["catalogues"][name] for part in parts] for name in parts[0]["catalogues"]}
    made = {"uniform": [part["uniform"] for part in parts], kind: [part["blend"] for part in parts]}
    table = Table("catalogue", "weight", *(f"{part.replace('_', ' ')}, {found[part]['n']} galaxies" for part in PARTS))
    for name, told in [*members.items(), *made.items()]:
        weight = scores.number(weights[name]) if name in members and weights else ""
        table.add_row(Text(name), weight, *(interval(one["rmse"]) for one in told))
    table.add_row("mean predictor", "", *(scores.number(part["blend"]["rmse"]["baseline"]) for part in parts))
    best = min(members, key=lambda name: members[name][0]["rmse"]["value"])
    questions = Table("held out", escape(best), *made)
    for question in [name for name in parts[1]["blend"] if "/" in name]:
        shown = [told[1][question]["value"] for told in (members[best], *made.values())]
        questions.add_row(Text(question.partition("/")[2]), *map(scores.number, shown))
    console = Console(stderr=True)
    title = "root mean squared error with 95 % intervals, then that of each question beside the best catalogue's"
    console.print(title, highlight=False, soft_wrap=True)
    console.print(table, questions)


def interval(metric: Mapping[str, float | None]) -> str:
    """A value with its interval."""
    low, high = scores.number(metric["low"]), scores.number(metric["high"])
    return f"{scores.number(metric['value'])} ({low}–{high})"
