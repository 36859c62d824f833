"""`zoo runs`: what has been trained, and how well; which differ in what, and by how much."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zoo import listing, run, run_table
from zoo.errors import ZooError
from zoo.registry import KINDS
from zoo.run_table import Line

MOST_KEYS = 4
"""Columns for keys in which the runs differ: more do not fit a screen; a file has them all."""


def main(words: Sequence[str], as_json: bool = False) -> None:
    """Print the runs that the words ask for as a table, or as JSON, or write the table into `out=`."""
    told = settings(words)
    folder = Path(told.pop("runs", "runs"))
    sort, metrics, seeds, out = (told.pop(key, None) for key in ("sort", "metrics", "seeds", "out"))
    if seeds not in (None, "together", "apart"):
        raise ZooError(f"seeds={seeds} is neither together nor apart.")
    found = run_table.wanted(run.found_in(folder), told)
    if as_json:
        print(json.dumps([describe(one) for one in found], indent=2))
        return
    if not found:
        asked = f" with {' '.join(f'{key}={value}' for key, value in told.items())}" if told else ""
        print(f"There are no runs in {folder}{asked}: `zoo train` makes the first one.")
        return
    lines = run_table.seeds_together(found) if seeds == "together" else [Line([one]) for one in found]
    lines, keys = run_table.ordered(lines, sort), run_table.differing(lines)
    table = run_table.rows(lines, metrics.split(",") if metrics else None, keys if out else keys[:MOST_KEYS])
    if out:
        run_table.write(table, Path(out))
        print(out)
    else:
        columns = [name for name in table[0] if name != "reason" or any(row["reason"] for row in table)]
        listing.show(columns, [[row[name] for name in columns] for row in table])


def settings(words: Sequence[str]) -> dict[str, str]:
    """The words as key → value; a bare word is the folder."""
    pairs = [word.partition("=") for word in words]
    return {key if equals else "runs": value if equals else key for key, equals, value in pairs}


def describe(one: run.Run) -> dict[str, Any]:
    """The choices, state and metrics of a run."""
    values = (one.metrics or {}).get("metrics", {})
    return {
        "run": str(one.folder),
        "state": one.status["state"],
        **{group: one.choices[group]["name"] for group in KINDS},
        "seed": one.config.get("seed"),
        "step": one.status.get("step"),
        "metrics": {name: m["value"] for name, m in values.items() if not isinstance(m["value"], list)},
        "reason": one.status.get("reason"),
    }
