"""The table of a sweep: on the screen while it runs, and as a CSV file when it is over."""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import atomic
from zoo.run import relative

if TYPE_CHECKING:
    from rich.table import Table

    from zoo.sweep import Job

SHOWN = ("rmse", "accuracy")
"""The metrics of which the table on the screen shows the first that a job has."""


def write(jobs: Sequence[Job]) -> Path:
    """Write the table, one row per job, and return its path."""
    keys = list(dict.fromkeys(key for job in jobs for key in job.choices))
    metrics = list(dict.fromkeys(name for job in jobs for name in job.metrics))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*keys, "state", "reason", *metrics, "run"])
    for job in jobs:
        values = [job.metrics.get(name, "") for name in metrics]
        folder = relative(job.run.folder) if job.run else ""
        table.writerow([*(job.choices.get(key, "") for key in keys), job.state, job.reason, *values, folder])
    path = Path(jobs[0].cfg.runs) / "sweeps" / f"{name(jobs)}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, text.getvalue())
    return relative(path)


def name(jobs: Sequence[Job]) -> str:
    """What is swept over, and a hash of all jobs: the same command, the same name."""
    digest = hashlib.sha256(repr(sorted(sorted(job.overrides) for job in jobs)).encode()).hexdigest()[:8]
    return "-".join([*(key.rpartition(".")[2].replace("/", "_") for key in swept(jobs)), digest])


def swept(jobs: Sequence[Job]) -> list[str]:
    """The keys in which the jobs differ."""
    keys = dict.fromkeys(key for job in jobs for key in job.choices)
    return [key for key in keys if len({job.choices.get(key) for job in jobs}) > 1]


@contextmanager
def watching(jobs: Sequence[Job]) -> Iterator[Callable[[Job], None]]:
    """A table that follows the jobs where stderr is a terminal; elsewhere one line per change of a job's state."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda job: print(line(job, jobs), file=sys.stderr)
        return
    with Live(console=console, get_renderable=lambda: table(jobs), refresh_per_second=2, transient=True):
        yield lambda job: None


def line(job: Job, jobs: Sequence[Job]) -> str:
    """One job in one line."""
    chosen = " ".join(f"{key}={job.choices.get(key)}" for key in swept(jobs))
    return " ".join(filter(None, [f"[{jobs.index(job) + 1}/{len(jobs)}]", chosen, job.state, metric(job), job.reason]))


def show(jobs: Sequence[Job]) -> None:
    """Print the table on stderr."""
    from rich.console import Console

    console = Console(stderr=True)
    console.width = console.width if console.is_terminal else 10_000
    console.print(table(jobs))


def table(jobs: Sequence[Job]) -> Table:
    """The jobs as a table for the screen."""
    from rich.table import Table
    from rich.text import Text

    keys = swept(jobs)
    drawn = Table(*keys, "state", "metric", "reason", "run")
    for job in jobs:
        step = job.run.status.get("step") if job.run and job.state == "running" else None
        state = f"{job.state} (step {step})" if step else job.state
        folder = str(relative(job.run.folder)) if job.run else ""
        row = [*(job.choices.get(key, "") for key in keys), state, metric(job), job.reason, folder]
        drawn.add_row(*map(Text, row))  # Text: brackets in a reason are no markup
    return drawn


def metric(job: Job) -> str:
    """The main metric of a finished job."""
    return next((f"{name} {job.metrics[name]:.4f}" for name in SHOWN if name in job.metrics), "")
