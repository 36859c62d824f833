"""Work on a run in a process of its own, started from the run's folder."""

from __future__ import annotations

import importlib
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


def start(run: Run, forkserver: bool, module: str = "zoo.fit", threads: int | None = None) -> Child:
    """Start the training of a run: from a warmed fork server where that is safe, else as `python -m zoo.fit`.

    module: another one whose `main` is given the folder. threads: that compute, unless `OMP_NUM_THREADS` says so. The
    output goes to `log.txt` in the run folder. The session is its own, so that Ctrl-C reaches the sweep alone.
    """
    begin = forked if forkserver and can_fork(run) else spawned
    return begin(run.folder, module, threads)


def can_fork(run: Run) -> bool:
    """Whether the training may be forked: a device's driver does not survive it, nor do several ranks need it."""
    import torch

    from zoo.fit import num_devices

    return num_devices(run) == 1 and sys.platform == "linux" and not torch.accelerator.is_available()


def forked(folder: Path, module: str = "zoo.fit", threads: int | None = None) -> Child:
    """A process of the fork server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(WARM)
    process = context.Process(target=work, args=(str(folder), module, threads))
    process.start()
    return Child(lambda: process.exitcode, process.terminate, process.kill)


def spawned(folder: Path, module: str = "zoo.fit", threads: int | None = None) -> Child:
    """A fresh interpreter."""
    command = [sys.executable, "-m", module, str(folder)]
    variables = ({"OMP_NUM_THREADS": str(threads)} if threads else {}) | os.environ
    with open(folder / "log.txt", "ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=variables, start_new_session=True)
    return Child(process.poll, process.terminate, process.kill)


def work(folder: str, module: str, threads: int | None) -> None:
    """What a forked process does: as `python -m` with this module would."""
    import torch

    os.setsid()
    if threads and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads)
    log = os.open(Path(folder) / "log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for stream in (1, 2):
        os.dup2(log, stream)
    sys.exit(importlib.import_module(module).main([folder]))
