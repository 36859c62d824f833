"""A sweep: trainings as processes of their own, a few at a time, and one table of what became of them."""

from __future__ import annotations

import csv
import hashlib
import io
import shlex
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import atomic, child, fit
from zoo.errors import UNEXPECTED, Incompatible, Stopped, ZooError
from zoo.run import Run, relative

if TYPE_CHECKING:
    from omegaconf import DictConfig


POLL = 0.05
"""Seconds between two looks at the running jobs."""

PATIENCE = 120
"""Seconds that stopped jobs have to save their state."""

SHOWN = ("rmse", "accuracy")
"""The metrics of which the table on the screen shows the first that a job has."""


class JobsFailed(ZooError):
    """Some jobs of a sweep failed; the others are done."""

    exit_code = UNEXPECTED
    code = "E-JOBS"


@dataclass
class Job:
    """One training of a sweep: the words that chose it, the parts' names, and its configuration.

    state: waiting, running, finished, failed, skipped or stopped; reason: why it did not finish.
    """

    overrides: list[str]
    names: Mapping[str, str]
    cfg: DictConfig
    run: Run | None = None
    state: str = "waiting"
    reason: str = ""
    process: child.Child | None = None

    @cached_property
    def choices(self) -> dict[str, str]:
        """What was typed for this job, by key."""
        from hydra.core.override_parser.overrides_parser import OverridesParser

        parsed = OverridesParser.create().parse_overrides(self.overrides)
        return {o.key_or_group: str(o.value()) for o in parsed}

    @property
    def metrics(self) -> dict[str, float]:
        """The single numbers among the metrics of a finished job."""
        listed = (self.run.metrics or {}).get("metrics", {}) if self.run and self.state == "finished" else {}
        return {name: metric["value"] for name, metric in listed.items() if isinstance(metric["value"], int | float)}

    def prepare(self) -> None:
        """Make the run folder; a combination that cannot work is skipped, a finished one is left as it is."""
        try:
            self.run = fit.prepare(fit.choices_of(self.names), fit.values_of(self.cfg))
            self.state = "finished" if self.run.finished else "waiting"
        except Incompatible as error:
            self.state, self.reason = "skipped", str(error)
        except Exception as error:  # a plugin's mistake fails this job, not the sweep
            self.state, self.reason = "failed", str(error) if isinstance(error, ZooError) else repr(error)

    def start(self, forkserver: bool) -> None:
        """Start the training from its run folder."""
        assert self.run
        self.process = child.start(self.run, forkserver)
        self.state = "running"

    def look(self) -> bool:
        """Whether the running job has ended; then its state is what its folder and its exit code say."""
        assert self.run and self.process
        code = self.process.answer()
        if code is None:
            return False
        status = self.run.status
        ended = status["state"] in ("finished", "failed", "skipped", "stopped")
        self.state = status["state"] if ended else "failed"
        died = f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self.reason = "" if self.state == "finished" else status.get("reason") or died
        return True


def run(jobs: Sequence[Job], parallel: int, forkserver: bool) -> None:
    """Run the jobs that are not finished yet, then write the table and print its path.

    Raises JobsFailed if a job failed, Stopped after SIGTERM, KeyboardInterrupt after Ctrl-C; the same command goes on.
    """
    try:
        with stoppable():
            for job in jobs:
                job.prepare()
            work(jobs, parallel, forkserver)
    finally:
        halt(jobs)
        path = write(jobs)
        show(jobs)
        print(path, flush=True)
    if failed := [job for job in jobs if job.state not in ("finished", "skipped")]:
        commands = "; ".join(f"zoo train {shlex.join(job.overrides)}" for job in failed)
        raise JobsFailed(f"{len(failed)} of {len(jobs)} jobs failed, to repeat: {commands}")


def work(jobs: Sequence[Job], parallel: int, forkserver: bool) -> None:
    """Keep `parallel` jobs running until none waits."""
    waiting, running = [job for job in jobs if job.state == "waiting"], list[Job]()
    with watching(jobs) as tell:
        while waiting or running:
            while waiting and len(running) < parallel:
                running.append(waiting.pop(0))
                running[-1].start(forkserver)
                tell(running[-1])
            time.sleep(POLL)
            for job in [job for job in running if job.look()]:
                running.remove(job)
                tell(job)


def halt(jobs: Sequence[Job]) -> None:
    """Ask what still runs to stop, wait until it has saved its state, and kill what does not."""
    running = [job for job in jobs if job.state == "running" and job.process]
    for job in running:
        job.process.stop()
    deadline = time.monotonic() + PATIENCE
    while running := [job for job in running if not job.look()]:
        if time.monotonic() > deadline:
            for job in running:
                job.process.kill()
        time.sleep(POLL)
    for job in jobs:
        job.state = "stopped" if job.state == "waiting" else job.state


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end the sweep as Ctrl-C does: in order."""

    def stop(number: int, frame: Any) -> None:
        raise Stopped("The sweep was stopped: the same command goes on with it.")

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


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
    digest = hashlib.sha256(repr([sorted(job.overrides) for job in jobs]).encode()).hexdigest()[:8]
    return "-".join([*(key.rpartition(".")[2].replace("/", "_") for key in swept(jobs)), digest])


def swept(jobs: Sequence[Job]) -> list[str]:
    """The keys in which the jobs differ."""
    keys = dict.fromkeys(key for job in jobs for key in job.choices)
    return [key for key in keys if len({job.choices.get(key) for job in jobs}) > 1]


@contextmanager
def watching(jobs: Sequence[Job]) -> Iterator[Any]:
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


def table(jobs: Sequence[Job]) -> Any:
    """The jobs as a table for the screen."""
    from rich.table import Table

    keys = swept(jobs)
    drawn = Table(*keys, "state", "metric", "reason", "run")
    for job in jobs:
        step = job.run.status.get("step") if job.run and job.state == "running" else None
        state = f"{job.state} (step {step})" if step else job.state
        folder = str(relative(job.run.folder)) if job.run else ""
        drawn.add_row(*(job.choices.get(key, "") for key in keys), state, metric(job), job.reason, folder)
    return drawn


def metric(job: Job) -> str:
    """The main metric of a finished job."""
    return next((f"{name} {job.metrics[name]:.4f}" for name in SHOWN if name in job.metrics), "")
