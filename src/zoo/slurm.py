"""SLURM: a job whose time runs out saves, stops, and is queued again, where it goes on.

#SBATCH --signal=USR1@120 --requeue --open-mode=append
srun zoo train model=gz_convnet …
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

from zoo.errors import Stopped

log = logging.getLogger("zoo")

SECONDS = 60
"""That `scontrol` has to answer."""

MEANT = {signal.SIGUSR1}
PATIENCE = 0.2
"""Seconds between two looks at whether the work is over."""


@contextmanager
def requeueing() -> Iterator[None]:
    """Let SIGUSR1 stop the work as SIGTERM does, and queue the job again once it has stopped; only within a job.

    SLURM sends it to all processes of a step. Those that this one starts, workers and ranks, inherit that it is
    blocked, and go on until they are told to end; here a thread waits for it.
    """
    job, asked, over = name(os.environ), Event(), Event()
    if job is None:
        yield
        return

    def stop(*_: object) -> None:
        asked.set()
        os.kill(os.getpid(), signal.SIGTERM)

    def watch() -> None:
        while not over.is_set():
            if signal.sigtimedwait(MEANT, PATIENCE):
                stop()

    handler = signal.signal(signal.SIGUSR1, stop)  # a thread that was there before does not block it
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, MEANT)
    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Stopped:
        if asked.is_set():
            requeue(job)
        raise
    finally:
        over.set()
        watcher.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGUSR1, handler)


def name(variables: Mapping[str, str]) -> str | None:
    """The job as `scontrol` calls it, a task of an array by its number; None outside of SLURM."""
    if array := variables.get("SLURM_ARRAY_JOB_ID"):
        return f"{array}_{variables['SLURM_ARRAY_TASK_ID']}"
    return variables.get("SLURM_JOB_ID")


def requeue(job: str) -> None:
    """Ask SLURM to start the job again; where it does not do it, say how to."""
    try:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, timeout=SECONDS)
        trouble = " ".join(done.stderr.split()) if done.returncode else ""
        refused = done.returncode != 0
    except (OSError, subprocess.TimeoutExpired) as error:
        trouble, refused = str(error), True
    if refused:
        log.warning("SLURM did not take job %s again (%s): type scontrol requeue %s", job, trouble or "no reason", job)
    else:
        log.warning("job %s is queued again, and goes on where it stopped", job)
