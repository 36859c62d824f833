"""Sweeps of the toy within a test's own process: torch is imported already, so that a job takes half a second."""

import faulthandler
import importlib
import os
from collections.abc import Sequence
from pathlib import Path

from zoo import compose
from zoo.child import Child
from zoo.job import Job
from zoo.launcher import Carrier
from zoo.run import Run

TOY = ["dataset=blobs", "dataset.size=64", "augmenter=roll", "architecture=convolution", "head=logistic"]
TOY += ["batch_size=32", "stages.0.epochs=2"]


def composed(runs: Path, *words: str) -> Job:
    """The job of the toy with these words."""
    from omegaconf import open_dict

    overrides = [*TOY, f"runs='{runs}'", *words]
    cfg = compose.config("train", overrides)
    names = compose.checked(cfg, "train", cfg.hydra.runtime.choices)
    with open_dict(cfg):
        del cfg["hydra"]
    return Job(list(words), names, cfg)


def forked(runs: Sequence[Run], module: str = "zoo.fit") -> list[Child]:
    """Start the work on each run in a forked child of this process."""
    return [fork(run, module) for run in runs]


def fork(run: Run, module: str) -> Child:
    """A child that does what `python -m module FOLDER` would."""
    import torch

    number = os.fork()
    if number == 0:
        code = 1
        try:
            os.setsid()
            faulthandler.disable()
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, 1), os.dup2(devnull, 2)
            torch.set_num_threads(1)
            code = importlib.import_module(module).main([str(run.folder)])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        finally:
            os._exit(code)
    return Forked(number).child()


class Forked:
    """A forked process, which is buried once."""

    def __init__(self, number: int):
        self.number, self.code = number, None

    def child(self) -> Child:
        """It as a sweep knows processes."""
        return Child(self.answer, lambda: self.send(15), lambda: self.send(9))

    def answer(self) -> int | None:
        """Its exit code, once it has one."""
        if self.code is None:
            number, status = os.waitpid(self.number, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if number else None
        return self.code

    def send(self, signal: int) -> None:
        """Send a signal while it lives."""
        if self.answer() is None:
            os.kill(self.number, signal)


class Forks(Carrier):
    """A launcher of such children, for searches."""

    parallel = 1

    def start(self, runs: Sequence[Run], module: str) -> list[Child]:
        """A child for each run."""
        return forked(runs, module)
