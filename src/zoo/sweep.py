"""A sweep: trainings as processes of their own, a few at a time; what becomes of one is no other's concern."""

from __future__ import annotations

import shlex
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from zoo import sweep_table
from zoo.child import Child
from zoo.errors import UNEXPECTED, ZooError
from zoo.job import WELL, Job
from zoo.run import Run
from zoo.stop import stoppable

POLL = 0.05
"""Seconds between two looks at the running jobs."""

PATIENCE = 120
"""Seconds that stopped jobs have to save their state."""

Start = Callable[[Sequence[Run]], Sequence[Child]]
"""What starts the work on some runs."""


class JobsFailed(ZooError):
    """Some jobs of a sweep failed; the others are done."""

    exit_code = UNEXPECTED
    code = "E-JOBS"


class Source(ABC):
    """Where the jobs of a sweep come from, and who hears of them.

    name: of the table, the same for the same command; keys: in which the jobs differ; jobs: all that there are so far;
    total: how many there will be.
    """

    name: str
    keys: list[str]
    jobs: list[Job]
    total: int

    @abstractmethod
    def take(self, free: int) -> list[Job]:
        """Up to so many jobs more, prepared; none when there is nothing left to begin now."""

    def goes_on(self, job: Job) -> None:  # noqa: B027 - most sources let their jobs run
        """A job runs: look at what it has reached."""

    def ended(self, job: Job) -> None:  # noqa: B027 - most sources have nothing to learn from it
        """A job has come to its end, whatever it is."""

    def summary(self) -> str:
        """What there is to say of all jobs in one line."""
        return ""


class Listed(Source):
    """Jobs that are all known when the sweep begins; ahead: what they wait for, in a word."""

    def __init__(self, jobs: Sequence[Job], ahead: str = "to train"):
        self.jobs, self.total, self.ahead = list(jobs), len(jobs), ahead
        self.name, self.keys = sweep_table.name(self.jobs), sweep_table.swept(self.jobs)
        self.left: list[Job] | None = None

    def take(self, free: int) -> list[Job]:
        """The next of them; before the first, all are prepared, and counted on stderr."""
        if self.left is None:
            for job in self.jobs:
                job.prepare()
            print(counted(self.jobs, self.ahead), file=sys.stderr)
            self.left = [job for job in self.jobs if job.state == "waiting"]
        taken, self.left = self.left[:free], self.left[free:]
        return taken


def counted(jobs: Sequence[Job], ahead: str) -> str:
    """How many jobs there are, and how they stand before the first one starts."""
    words = {"finished": "finished before", "skipped": "skipped", "failed": "failed", "waiting": ahead}
    counts = Counter(job.state for job in jobs)
    return f"{len(jobs)} jobs: {', '.join(f'{counts[state]} {word}' for state, word in words.items() if counts[state])}"


def run(source: Source, start: Start, parallel: int, folder: Path) -> None:
    """Run the jobs that are not finished yet, then write the table into `folder` and print its path.

    Raises JobsFailed if a job failed, Stopped after SIGTERM, KeyboardInterrupt after Ctrl-C; the same command goes on.
    """
    try:
        with stoppable("The sweep"):
            work(source, start, parallel)
    finally:
        halt(source.jobs)
        if source.jobs:
            path = sweep_table.write(source.jobs, folder / f"{source.name}.csv")
            sweep_table.show(source)
            print("\n".join(filter(None, [source.summary(), str(path)])), flush=True)
    if failed := [job for job in source.jobs if job.state not in WELL]:
        commands = "; ".join(f"zoo train {shlex.join(job.overrides)}" for job in failed)
        raise JobsFailed(f"{len(failed)} of {len(source.jobs)} jobs failed, to repeat: {commands}")


def work(source: Source, start: Start, parallel: int) -> None:
    """Keep `parallel` jobs running until none is left; one that another process trains is waited for."""
    elsewhere, running = list[Job](), list[Job]()
    with sweep_table.watching(source) as tell:
        while (asked := [*elsewhere, *source.take(parallel - len(running))]) or running:
            ready = [job for job in asked if job.ready()][: parallel - len(running)]
            begin(ready, start)
            ended = [job for job in running if job.look()]
            running = [job for job in [*running, *ready] if job.state == "running"]
            elsewhere = [job for job in [*asked, *ended] if job.state == "waiting"]
            for job in (job for job in [*asked, *ended] if job not in elsewhere):
                tell(job)
            for job in (job for job in [*asked, *ended] if job not in [*elsewhere, *ready]):
                source.ended(job)
            for job in running:
                source.goes_on(job)
            time.sleep(POLL)


def begin(jobs: Sequence[Job], start: Start) -> None:
    """Start the trainings of these jobs together."""
    runs = [job.run for job in jobs if job.run]
    for run in runs:
        run.say("starting")  # else a job that ends as it did before could not be told from one that said nothing
    for job, process in zip(jobs, start(runs) if runs else [], strict=True):
        job.begin(process)


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
