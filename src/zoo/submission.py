"""Trainings handed to a queue by submitit: each job waits for one, stops it in time, and is queued again."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import child
from zoo.child import Child
from zoo.errors import DONE, STOPPED, UNEXPECTED, ZooError
from zoo.run import Run

if TYPE_CHECKING:
    import submitit

POLL = 0.2
"""Seconds between two looks at the training."""

SAVING = 100
"""Seconds that a training has to save its state before its job is queued again."""

COMMON = frozenset({"name", "timeout_min", "cpus_per_task", "gpus_per_node", "mem_gb", "stderr_to_stdout"})
"""Options that submitit knows for every kind of queue; the others carry the queue's name."""


class Waiter:
    """What a job of the queue does: start `python -m module FOLDER`, wait for it, return its exit code."""

    def __init__(self, folder: str, module: str):
        self.folder, self.module = folder, module
        self.child: Child | None = None

    def __call__(self) -> int:
        """Wait for the training; whatever ends the waiting stops it."""
        with blocked(signal.SIGUSR2):
            self.child = child.spawned(Path(self.folder), self.module)
        try:
            while (code := self.child.answer()) is None:
                time.sleep(POLL)
            return code
        finally:
            self.child.stop()

    def checkpoint(self) -> Any:
        """What submitit queues again when the job's time runs out: the same, once the training has saved its state."""
        from submitit.helpers import DelayedSubmission

        assert self.child
        self.child.stop()
        run, deadline = Run(Path(self.folder)), time.monotonic() + SAVING
        while run.holder and time.monotonic() < deadline:
            time.sleep(POLL)
        return DelayedSubmission(Waiter(self.folder, self.module))


@contextmanager
def blocked(number: signal.Signals) -> Iterator[None]:
    """Keep a signal from processes started now, for ever; here it comes a little later.

    SLURM sends its warning to all processes of a job, and only the one that waits knows what to do with it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})


def executor(
    cluster: str, folder: Path, parallel: int, max_num_timeout: int, options: Mapping[str, Any]
) -> submitit.AutoExecutor:
    """What takes jobs to a queue. Raises ZooError without submitit, outside of a cluster, or for unknown options."""
    if importlib.util.find_spec("submitit") is None:
        raise ZooError(
            f'hydra/launcher=submitit_{cluster} needs submitit: pip install "galaxy-model-zoo[slurm]".', "E-EXTRA"
        )
    if cluster == "slurm" and not (shutil.which("sbatch") and shutil.which("srun")):
        raise ZooError(
            "There is no SLURM here (no sbatch and srun on the PATH): type the command on a machine that submits jobs, "
            "or try hydra/launcher=submitit_local.",
            "E-SLURM",
        )
    import submitit

    given = {key: value for key, value in options.items() if value is not None}
    at_once = {"array_parallelism": parallel} if cluster == "slurm" else {}
    told = {key if key in COMMON else f"{cluster}_{key}": value for key, value in (given | at_once).items()}
    made = submitit.AutoExecutor(folder / "%j", cluster, **{f"{cluster}_max_num_timeout": max_num_timeout})
    try:
        made.update_parameters(**told)
    except (NameError, ValueError, AssertionError) as error:
        raise ZooError(f"The queue cannot be asked so: {' '.join(str(error).split())}", "E-CONFIG") from error
    return made


def submitted(executor: submitit.AutoExecutor, runs: Sequence[Run], module: str) -> list[Child]:
    """Hand one array of jobs to the queue, a job for each run. Raises ZooError where the queue refuses it."""
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    waiters = [Waiter(os.path.abspath(run.folder), module) for run in runs]
    try:
        jobs = executor.submit_array(waiters)
    except (FailedJobError, FailedSubmissionError) as error:
        raise ZooError(f"The queue refused the jobs: {' '.join(str(error).split())}", "E-SLURM") from error
    return [handle(job, run) for job, run in zip(jobs, runs, strict=True)]


def handle(job: submitit.Job[int], run: Run) -> Child:
    """A job of the queue as a process; it has ended when nobody works on its run any more either."""
    cancelled: list[bool] = []

    def answer() -> int | None:
        if not (cancelled or job.done()) or run.holder:
            return None
        return DONE if run.finished else STOPPED if cancelled else UNEXPECTED

    def stop() -> None:
        cancelled.append(True)
        job.cancel(check=False)

    return Child(answer, stop, stop)
