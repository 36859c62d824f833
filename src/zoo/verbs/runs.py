"""`zoo runs`: what has been trained, and how well; which differ in what, and by how much."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo import listing, run, run_table, scores
from zoo.errors import ZooError
from zoo.registry import KINDS
from zoo.run_table import Line

MOST_KEYS = 4
"""Columns for keys that tell the runs apart: more do not fit a screen; a file has all in which they differ."""


def main(words: Sequence[str], as_json: bool = False) -> None:
    """Print the runs that the words ask for as a table, or as JSON, or write the table into `out=`."""
    told = settings(words)
    folder = Path(told.pop("runs", "runs"))
    sort, metrics, seeds, out = (told.pop(key, None) for key in ("sort", "metrics", "seeds", "out"))
    if seeds not in (None, "together", "apart"):
        raise ZooError(f"seeds={seeds} is neither together nor apart.")
    if as_json and (seeds == "together" or out):
        raise ZooError("--json lists each run by itself, on stdout: leave out seeds=together and out=FILE.")
    known = list(run.found_in(folder))
    found = run_table.wanted(known, told)
    if not found and not as_json:
        print(run_table.none_of(known, told, folder))
        return
    lines = run_table.seeds_together(found) if seeds == "together" else [Line([one]) for one in found]
    lines, names = run_table.ordered(lines, sort), metrics.split(",") if metrics else None
    run_table.refuse_unknown(lines, names or [])
    if as_json:
        print(json.dumps([describe(line.first, names) for line in lines], indent=2))
        return
    keys = run_table.differing(lines)
    if out:
        run_table.write(run_table.rows(lines, names, keys), Path(out))
        print(out)
    else:
        show(run_table.rows(lines, names, run_table.telling(lines, keys, MOST_KEYS)), keys)


def show(table: Sequence[Mapping[str, str]], keys: Sequence[str]) -> None:
    """Print the rows, values of keys in few digits: a file has all."""
    columns = [name for name in table[0] if name != "reason" or any(row["reason"] for row in table)]
    cells = [{name: listing.short(text) if name in keys else text for name, text in row.items()} for row in table]
    listing.show(columns, [[row[name] for name in columns] for row in cells])


def settings(words: Sequence[str]) -> dict[str, str]:
    """The words as key → value; a bare word is the folder."""
    pairs = [word.partition("=") for word in words]
    return {key if equals else "runs": value if equals else key for key, equals, value in pairs}


def describe(one: run.Run, names: Sequence[str] | None = None) -> dict[str, Any]:
    """The choices, state and metrics of a run: all that are single numbers, or those of these names."""
    told = scores.single(one.metrics or {})
    return {
        "run": str(one.folder),
        "state": one.status["state"],
        **{group: one.choices[group]["name"] for group in KINDS},
        "seed": one.config.get("seed"),
        "step": one.status.get("step"),
        "metrics": {name: metric["value"] for name, metric in told.items() if names is None or name in names},
        "reason": one.status.get("reason"),
    }
