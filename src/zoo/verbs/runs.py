"""`zoo runs`: what has been trained, and how well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from zoo import run

MAIN = ("rmse", "accuracy")


def main(folder: Path, as_json: bool = False) -> None:
    """Print the runs below a folder as a table, or as JSON."""
    found = [describe(one) for one in run.found_in(folder)]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        print(f"There are no runs in {folder}: `zoo train` makes the first one.")
        return
    table(found)


def describe(one: run.Run) -> dict[str, Any]:
    """The choices, state and metrics of a run."""
    values = (one.metrics or {}).get("metrics", {})
    return {
        "run": str(one.folder),
        "state": one.status["state"],
        **{group: one.choices[group]["name"] for group in ("dataset", "augmenter", "architecture", "head")},
        "seed": one.config.get("seed"),
        "step": one.status.get("step"),
        "metrics": {name: m["value"] for name, m in values.items() if not isinstance(m["value"], list)},
        "reason": one.status.get("reason"),
    }


def table(found: list[dict[str, Any]]) -> None:
    """Print one row per run with its main metric."""
    import sys

    from rich.console import Console
    from rich.table import Table

    columns = ("run", "state", "architecture", "head", "dataset", "seed")
    listed = Table(*columns, "metric")
    for one in found:
        main_metric = next((f"{n} {one['metrics'][n]:.4f}" for n in MAIN if one["metrics"].get(n) is not None), "")
        listed.add_row(*[str(one[column]) for column in columns], main_metric or (one["reason"] or ""))
    Console(width=None if sys.stdout.isatty() else 10_000).print(listed)
