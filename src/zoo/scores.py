"""The metrics of a result that are single numbers, and a table of them for people, on stderr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAIN = ("rmse", "accuracy")
"""The metrics of which the first that a result has is its main one: tables show it, unless others are asked for."""

HIGHER = frozenset({"accuracy", "f1", "auc", "precision", "recall", "r2"})
"""Metrics of which more is better."""

LOWER = frozenset({"rmse", "rmse_cumulative", "calibration", "mae", "loss", "cross_entropy", "brier"})
"""Metrics of which less is better."""

SHOWN = 16
"""Rows of the table; the file has all."""


def single(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What a result says of each metric that is one number, or None where it is undefined; matrices are left out."""
    return {name: metric for name, metric in result.get("metrics", {}).items() if not isinstance(metric["value"], list)}


def defined(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What a result says of each metric that is one number."""
    return {name: metric for name, metric in single(result).items() if metric["value"] is not None}


def direction(metric: str) -> str | None:
    """Whether to `minimize` or to `maximize` a metric, None where its name does not say."""
    plain = metric.partition("/")[0].removeprefix("validation_").removeprefix("train_")
    return "maximize" if plain in HIGHER else "minimize" if plain in LOWER else None


def show(result: Mapping[str, Any], title: str) -> None:
    """Print what `metrics.json` holds: values with intervals, and beside them the mean predictor's and the ceiling."""
    from rich.console import Console
    from rich.table import Table

    metrics = single(result)
    ceiling = any("ceiling" in metric for metric in metrics.values())
    table = Table()
    table.add_column("metric")
    for heading in ("value", "95 % interval", "mean predictor", *(["noise ceiling"] if ceiling else [])):
        table.add_column(heading, justify="right")
    shown = [*sorted(metrics, key=lambda name: "/" in name)][:SHOWN]
    for name in shown:
        metric = metrics[name]
        interval = f"{number(metric['low'])} – {number(metric['high'])}"
        last = [number(metric.get("ceiling"))] if ceiling else []
        table.add_row(name, number(metric["value"]), interval, number(metric["baseline"]), *last)
    console = Console(stderr=True)
    console.print(f"{title}, {result['n']} galaxies", highlight=False, soft_wrap=True)
    console.print(table)
    if more := len(metrics) - len(shown):
        console.print(f"and {more} more, per question, answer or class, in the file", highlight=False)


def number(value: float | None) -> str:
    """Four digits, or a dash for what is undefined."""
    return "–" if value is None else f"{value:.4f}"
