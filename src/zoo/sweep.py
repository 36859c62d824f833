"""A sweep: trainings as processes of their own, a few at a time; what becomes of one is no other's concern."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zoo import child, fit
from zoo.errors import UNEXPECTED, Incompatible, ZooError
from zoo.run import Run
from zoo.stop import stoppable
from zoo.sweep_table import show, watching, write

if TYPE_CHECKING:
    from omegaconf import DictConfig

POLL = 0.05
"""Seconds between two looks at the running jobs."""

PATIENCE = 120
"""Seconds that stopped jobs have to save their state."""


class JobsFailed(ZooError):
    """Some jobs of a sweep failed; the others are done."""

    exit_code = UNEXPECTED
    code = "E-JOBS"


@dataclass
class Job:
    """One training of a sweep: the words that chose it, the parts' names, and its configuration.

    state: waiting, running, finished, failed, skipped or stopped; reason: why it did not finish. before: what the run
    folder said of an earlier attempt.
    """

    overrides: list[str]
    names: Mapping[str, str]
    cfg: DictConfig
    run: Run | None = None
    state: str = "waiting"
    reason: str = ""
    process: child.Child | None = None
    before: dict[str, Any] | None = None

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
        self.before = self.run.status
        self.process = child.start(self.run, forkserver)
        self.state = "running"

    def look(self) -> bool:
        """Whether the running job has ended; then its state is what its folder and its exit code say."""
        assert self.run and self.process
        code = self.process.answer()
        if code is None:
            return False
        status = self.run.status
        ended = status != self.before and status["state"] in ("finished", "failed", "skipped", "stopped")
        self.state = status["state"] if ended else "failed"
        died = f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        told = (status.get("reason") if ended else None) or f"{died}: see {self.run.folder / 'log.txt'}"
        self.reason = "" if self.state == "finished" else told
        return True


def run(jobs: Sequence[Job], parallel: int, forkserver: bool) -> None:
    """Run the jobs that are not finished yet, then write the table and print its path.

    Raises JobsFailed if a job failed, Stopped after SIGTERM, KeyboardInterrupt after Ctrl-C; the same command goes on.
    """
    try:
        with stoppable("The sweep"):
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
