"""The table of a sweep: on the screen while it runs, and as a CSV file when it is over."""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import atomic, listing
from zoo.run import relative
from zoo.scores import MAIN

if TYPE_CHECKING:
    from rich.table import Table

    from zoo.job import Job
    from zoo.sweep import Source

FIRST = ("running", "failed", "stopped", "skipped", "pruned", "finished", "waiting")
"""States in the order in which a table that follows the jobs has them: a terminal cuts off what comes last."""


def write(jobs: Sequence[Job], path: Path) -> Path:
    """Write the table, one row per job, and return its path as seen from here."""
    keys = list(dict.fromkeys(key for job in jobs for key in job.choices))
    metrics = list(dict.fromkeys(name for job in jobs for name in job.metrics))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*keys, "state", "reason", *metrics, "run"])
    for job in jobs:
        values = [job.metrics.get(name, "") for name in metrics]
        folder = relative(job.run.folder) if job.run else ""
        table.writerow([*(job.choices.get(key, "") for key in keys), job.state, job.why, *values, folder])
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, text.getvalue())
    return relative(path)


def name(jobs: Sequence[Job]) -> str:
    """What is swept over, and a hash of all jobs: the same command, the same name."""
    return file_name(swept(jobs), sorted(sorted(job.overrides) for job in jobs))


def file_name(keys: Sequence[str], told: object) -> str:
    """The last words of some keys, and a hash of all that was told."""
    digest = hashlib.sha256(repr(told).encode()).hexdigest()[:8]
    return "-".join([*(key.rpartition(".")[2].replace("/", "_") for key in keys), digest])


def swept(jobs: Sequence[Job]) -> list[str]:
    """The keys in which the jobs differ."""
    keys = dict.fromkeys(key for job in jobs for key in job.choices)
    return [key for key in keys if len({job.choices.get(key) for job in jobs}) > 1]


@contextmanager
def watching(source: Source) -> Iterator[Callable[[Job], None]]:
    """A table that follows the jobs where stderr is a terminal; elsewhere one line per change of a job's state."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda job: print(line(job, source), file=sys.stderr)
        return
    with Live(console=console, get_renderable=lambda: following(source), refresh_per_second=2, transient=True):
        yield lambda job: None


def line(job: Job, source: Source) -> str:
    """One job in one line."""
    chosen = " ".join(f"{key}={value}" for key, value in zip(source.keys, cells(job, source.keys), strict=True))
    place = f"[{source.jobs.index(job) + 1}/{source.total}]"
    return " ".join(filter(None, [place, chosen, job.state, metric(job), job.why]))


def show(source: Source) -> None:
    """Print the table on stderr."""
    from rich.console import Console

    console = Console(stderr=True)
    console.width = console.width if console.is_terminal else 10_000
    console.print(table(source.jobs, source.keys))


def following(source: Source) -> Table:
    """The jobs while they run: those that move come first, and a line above counts them."""
    counts = Counter(job.state for job in source.jobs)
    drawn = table(sorted(source.jobs, key=lambda job: FIRST.index(job.state)), source.keys)
    drawn.title = f"{source.total} jobs: {', '.join(f'{counts[state]} {state}' for state in FIRST if counts[state])}"
    return drawn


def table(jobs: Sequence[Job], keys: Sequence[str]) -> Table:
    """The jobs as a table for the screen."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*keys, "state", "metric", "reason", "run")
    for job in jobs:
        folder = str(relative(job.run.folder)) if job.run else ""
        row = [*cells(job, keys), standing(job), metric(job), job.why, folder]
        drawn.add_row(*map(Text, row))  # Text: brackets in a reason are no markup
    return drawn


def cells(job: Job, keys: Sequence[str]) -> list[str]:
    """What was chosen for these keys, in few digits: the file has all."""
    return [listing.short(job.choices.get(key, "")) for key in keys]


def standing(job: Job) -> str:
    """The state of a job; of a running one, how far it is, how fast it goes, and for how long still."""
    if job.state != "running" or not job.run:
        return job.state
    status = job.run.status
    return status["state"] + progress(status)


def progress(status: dict[str, Any]) -> str:
    """Step, rate and time left of a training, as far as its run folder tells them."""
    told = []
    if "step" in status:
        told.append(f"step {status['step']}" + (f" of {status['steps']}" if "steps" in status else ""))
    if "steps_per_second" in status:
        told.append(f"{status['steps_per_second']:.3g}/s")
        told.append(f"{timedelta(seconds=round(status['seconds_left']))} left")
    return f": {', '.join(told)}" if told else ""


def metric(job: Job) -> str:
    """The main metric of a finished job."""
    return next((f"{name} {job.metrics[name]:.4f}" for name in MAIN if name in job.metrics), "")
