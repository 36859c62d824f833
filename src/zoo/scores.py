"""A table of metrics for people, on stderr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def show(result: Mapping[str, Any], title: str) -> None:
    """Print what `metrics.json` holds: values with intervals, and the mean predictor's beside them."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("metric")
    for heading in ("value", "95 % interval", "mean predictor"):
        table.add_column(heading, justify="right")
    for name, metric in result["metrics"].items():
        if not isinstance(metric["value"], list):
            interval = f"{number(metric['low'])} – {number(metric['high'])}"
            table.add_row(name, number(metric["value"]), interval, number(metric["baseline"]))
    console = Console(stderr=True)
    console.print(f"{title}, {result['n']} galaxies", highlight=False, soft_wrap=True)
    console.print(table)


def number(value: float | None) -> str:
    """Four digits, or a dash for what is undefined."""
    return "–" if value is None else f"{value:.4f}"
