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
from types import FrameType

from zoo.errors import Stopped

log = logging.getLogger("zoo")

SECONDS = 60
"""That `scontrol` has to answer."""


@contextmanager
def requeueing() -> Iterator[None]:
    """Let SIGUSR1 stop the work as SIGTERM does, and queue the job again once it has stopped; only within a job."""
    job, asked = name(os.environ), []
    if job is None:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        os.kill(os.getpid(), signal.SIGTERM)

    former = signal.signal(signal.SIGUSR1, stop)
    try:
        yield
    except Stopped:
        if asked:
            requeue(job)
        raise
    finally:
        signal.signal(signal.SIGUSR1, former)


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
