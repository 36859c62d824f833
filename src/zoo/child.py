"""A training in a process of its own, started from its run folder."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.run import Run

WARM = ["zoo.fit", "zoo.training"]
"""What the fork server imports once, and no job again: torch, Lightning and torchmetrics with them."""


@dataclass(frozen=True)
class Child:
    """A started process. `answer()` is its exit code, None while it runs, negative after a signal."""

    answer: Callable[[], int | None]
    stop: Callable[[], None]
    kill: Callable[[], None]


def start(run: Run, forkserver: bool) -> Child:
    """Start the training of a run: from a warmed fork server where that is safe, else as `python -m zoo.fit`.

    Its output goes to `log.txt` in the run folder. Its session is its own, so that Ctrl-C reaches the sweep alone.
    """
    return forked(run.folder) if forkserver and can_fork(run) else spawned(run.folder)


def can_fork(run: Run) -> bool:
    """Whether the training may be forked: a device's driver does not survive it, nor do several ranks need it."""
    import torch

    from zoo.fit import num_devices

    return num_devices(run) == 1 and sys.platform == "linux" and not torch.accelerator.is_available()


def forked(folder: Path) -> Child:
    """A process of the fork server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(WARM)
    process = context.Process(target=train, args=(str(folder),))
    process.start()
    return Child(lambda: process.exitcode, process.terminate, process.kill)


def spawned(folder: Path) -> Child:
    """A fresh interpreter."""
    with open(folder / "log.txt", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "zoo.fit", str(folder)], stdout=log, stderr=log, start_new_session=True
        )
    return Child(process.poll, process.terminate, process.kill)


def train(folder: str) -> None:
    """What a forked process does: as `python -m zoo.fit` would."""
    from zoo import fit

    os.setsid()
    log = os.open(Path(folder) / "log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for stream in (1, 2):
        os.dup2(log, stream)
    sys.exit(fit.main([folder]))
