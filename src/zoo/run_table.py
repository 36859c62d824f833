"""Runs side by side: those that were asked for, sorted by how well they did, and seeds together where one asks."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from zoo import atomic, plain, run, words
from zoo.errors import ZooError
from zoo.run import Run
from zoo.scores import MAIN, direction

GROUPS = ("architecture", "head", "dataset")
FORMATS = (".csv", ".html")
MOST_VALUES = 8
"""Of a key, that a sentence lists."""
STYLE = """<!doctype html><meta charset="utf-8"><title>zoo runs</title><style>
body{font:15px system-ui,sans-serif;margin:2em;color:#222} table{border-collapse:collapse}
th,td{padding:.3em .8em;text-align:left;border-bottom:1px solid #ddd} td{font-variant-numeric:tabular-nums}
</style>
"""


@dataclass(frozen=True)
class Line:
    """A line of the table: a run, or several that differ in their seed alone."""

    runs: Sequence[Run]

    @property
    def first(self) -> Run:
        """The one that its choices are read from."""
        return self.runs[0]

    @cached_property
    def metrics(self) -> dict[str, list[Mapping[str, float]]]:
        """What `metrics.json` of each finished run says of every single number."""
        found: dict[str, list[Mapping[str, float]]] = {}
        for one in self.runs:
            for name, metric in one.numbers.items():
                found.setdefault(name, []).append(metric)
        return found

    def value(self, metric: str) -> float:
        """The mean over the runs; not a number where none has it."""
        values = [one["value"] for one in self.metrics.get(metric, [])]
        return statistics.fmean(values) if values else math.nan

    def told(self, metric: str) -> str:
        """One run: the value and its interval over galaxies. Several: mean ± standard deviation over seeds, and n."""
        found = self.metrics.get(metric, [])
        if not found:
            return ""
        if len(self.runs) > 1:
            values = [one["value"] for one in found]
            spread = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
            return f"{statistics.fmean(values):.4f}{spread} (n={len(values)})"
        (only,) = found
        interval = f" ({only['low']:.4f} to {only['high']:.4f})" if "low" in only else ""
        return f"{only['value']:.4f}{interval}"

    @property
    def state(self) -> str:
        """What became of the runs, each state once."""
        return ", ".join(dict.fromkeys(one.status["state"] for one in self.runs))

    @property
    def reason(self) -> str:
        """Why a run did not finish."""
        return next((one.status["reason"] for one in self.runs if one.status.get("reason")), "")


def values(one: Run) -> dict[str, str]:
    """All that a run was told, by dotted key, as text: parts by their group, then every value, and its state."""
    flat = {key: words.typed(value) for key, value in flattened(one.config)}
    return flat | {group: part["name"] for group, part in one.choices.items()} | {"state": one.status["state"]}


def flattened(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and value of everything in tables and lists of tables."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if tables(value) else None
    if items is None:
        yield at, value
    else:
        for key, inside in items:
            yield from flattened(inside, f"{at}.{key}" if at else str(key))


def tables(value: Any) -> bool:
    """Whether a value is a list of tables, such as the stages."""
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def wanted(runs: Iterable[Run], filters: Mapping[str, str]) -> list[Run]:
    """The runs that were told all of this; a filter's value may be several, with commas between.

    Raises ZooError for a key that no run has.
    """
    told = [(one, values(one)) for one in runs]
    for key in filters:
        if told and not any(key in known for _, known in told):
            near = [name for _, known in told for name in known if key.rpartition(".")[2] in name]
            raise ZooError(f"No run was told {key}: try {near[0] if near else 'architecture, seed or stages.0.lr'}.")
    return [one for one, known in told if all(meets(one, known, key, value) for key, value in filters.items())]


def none_of(runs: Sequence[Run], filters: Mapping[str, str], folder: Path) -> str:
    """That no run in a folder was told all of this, with what they were told of the key that no run meets."""
    if not runs:
        return f"There are no runs in {folder}: `zoo train` makes the first one."
    asked = " ".join(f"{key}={value}" for key, value in filters.items())
    alone = (key for key, value in filters.items() if not wanted(runs, {key: value}))
    key = next(alone, list(filters)[-1])
    has = list(dict.fromkeys(known[key] for known in map(values, runs) if key in known))
    others = ", ".join(has[:MOST_VALUES]) + (", …" if len(has) > MOST_VALUES else "")
    return f"None of the {len(runs)} runs in {folder} has {asked}: of {key} they have {others}."


def meets(one: Run, known: Mapping[str, str], key: str, value: str) -> bool:
    """Whether a run was told one of several values of a key; a part counts by its name and by `provider/name`."""
    names = {known.get(key), run.full_name(one.choices[key]) if key in one.choices else None}
    return not names.isdisjoint(value.split(","))


def seeds_together(runs: Iterable[Run]) -> list[Line]:
    """A line for runs that have all but the seed in common, and the same galaxies."""
    found: dict[str, list[Run]] = {}
    for one in runs:
        data = plain.read(path) if (path := one.folder / "data.json").is_file() else {}
        alike = run.identity(one.choices, run.without_seeds(one.config), json.dumps(data.get("fingerprint")))
        found.setdefault(alike, []).append(one)
    return [Line(group) for group in found.values()]


def ordered(lines: Sequence[Line], by: str | None) -> list[Line]:
    """The lines by a metric, the best first, with a minus before it the worst; those without it come last.

    Where a metric's name does not say what is better, the smallest is first, and with a minus the largest.
    """
    if by is None:
        return list(lines)
    metric = by.removeprefix("-")
    sign = -1 if by.startswith("-") != (direction(metric) == "maximize") else 1
    refuse_unknown(lines, [metric])
    return sorted(lines, key=lambda line: (math.isnan(line.value(metric)), sign * line.value(metric)))


def refuse_unknown(lines: Sequence[Line], metrics: Iterable[str]) -> None:
    """Raise ZooError for a metric that no run has, where any run has metrics."""
    known = {name for line in lines for name in line.metrics}
    for metric in metrics:
        if known and metric not in known:
            main = sorted(name for name in known if "/" not in name)
            raise ZooError(f"No run has a metric {metric!r}: choose one of {', '.join(main)}.")


def differing(lines: Sequence[Line]) -> list[str]:
    """The keys in which the lines differ, parts first; paths and what never changes weights do not count."""
    told = [values(line.first) for line in lines]
    keys = dict.fromkeys(key for known in told for key in known)
    paths = run.PATHS | run.NOT_IN_THE_NAME | run.MACHINE | {"state", "seed"}
    open_keys = [key for key in keys if not paths & set(key.split("."))]
    return [key for key in open_keys if key not in GROUPS and len({known.get(key) for known in told}) > 1]


def telling(lines: Sequence[Line], keys: Sequence[str], most: int) -> list[str]:
    """At most so many of the keys, in their order: one after the other that which leaves fewest lines alike."""
    told = [values(line.first) for line in lines]
    chosen: list[str] = []

    def alike(key: str) -> int:
        counts = Counter(tuple(known.get(name) for name in (*GROUPS, *chosen, key)) for known in told)
        return sum(count**2 for count in counts.values())

    for _ in range(min(most, len(keys))):
        chosen.append(min((key for key in keys if key not in chosen), key=alike))
    return [key for key in keys if key in chosen]


def rows(lines: Sequence[Line], metrics: Sequence[str] | None, extra: Sequence[str]) -> list[dict[str, str]]:
    """The cells of the table, by column."""
    names = metrics or main_metrics(lines)
    twins = of_several_packages(lines)
    return [cells(line, names, extra, twins) for line in lines]


def main_metrics(lines: Sequence[Line]) -> list[str]:
    """The main metric of each kind of run, of votes and of classes, that is among the lines."""
    firsts = {next((name for name in MAIN if name in line.metrics), None) for line in lines}
    return [name for name in MAIN if name in firsts]


def of_several_packages(lines: Sequence[Line]) -> set[tuple[str, str]]:
    """Group and name of the parts that these runs have from more than one package."""
    parts = {(group, part["name"], part["provider"]) for line in lines for group, part in line.first.choices.items()}
    count = Counter((group, name) for group, name, _ in parts)
    return {part for part, packages in count.items() if packages > 1}


def cells(line: Line, metrics: Sequence[str], extra: Sequence[str], twins: set[tuple[str, str]]) -> dict[str, str]:
    """One line of the table; `twins` are told apart by their packages."""
    chosen = line.first.choices.items()
    known = values(line.first) | {g: run.full_name(part) for g, part in chosen if (g, part["name"]) in twins}
    seeds = ", ".join(words.typed(one.config.get("seed")) for one in line.runs)
    return {
        "run": str(line.first.folder) + (f" and {len(line.runs) - 1} more" if len(line.runs) > 1 else ""),
        "state": line.state,
        **{key: known.get(key, "") for key in (*GROUPS, *extra)},
        "seed": seeds,
        **{name: line.told(name) for name in metrics},
        "reason": line.reason,
    }


def write(table: Sequence[Mapping[str, str]], path: Path) -> None:
    """The table as a CSV file or a page. Raises ZooError for another suffix."""
    import pandas as pd

    if path.suffix not in FORMATS:
        raise ZooError(
            f"out={path} would be a file of the kind {path.suffix or 'none'}: choose {' or '.join(FORMATS)}."
        )
    frame = pd.DataFrame(table)
    page = STYLE + frame.to_html(index=False, border=0) if path.suffix == ".html" else frame.to_csv(index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, page)
