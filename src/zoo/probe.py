"""What a training costs, measured on its first steps: `python -m zoo.probe FOLDER` leaves `cost.json` there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any

import lightning as L
import torch

from zoo import atomic, environment, fit, process
from zoo.datamodule import Steps
from zoo.errors import DONE, UNEXPECTED, ZooError
from zoo.lit import LitModel
from zoo.log import speak
from zoo.run import Run
from zoo.training import Training

COST = "cost.json"
"""The file in which a probe leaves what it has measured."""

PASSES, PASS, UNLIKE_OTHERS = 2, 5, 2
"""Passes that a stage is tried for, steps of each, and the first of them, which are slower than others."""

LONG = 10.0
"""Seconds of steps after which a stage is tried no longer, once it has taken a step like others."""

VALIDATED = 4
"""Batches that a probe validates."""


@dataclass(frozen=True)
class Cost:
    """What a training costs. Seconds: before the first step; of a step in the first pass and in later ones, for each
    stage; of a whole validation; after the last step. per_epoch: steps in a pass. memory, device_memory: bytes at most.
    """

    before: float
    first_pass: Sequence[float]
    later: Sequence[float]
    validation: float
    after: float
    per_epoch: int
    memory: int
    device_memory: int

    def seconds(self, lengths: Sequence[int]) -> float:
        """A whole training whose stages have so many steps."""
        total = self.before + self.after
        for length, first, later in zip(lengths, self.first_pass, self.later, strict=True):
            passes = -(-length // self.per_epoch)
            new = min(length, self.per_epoch)
            total += new * first + (length - new) * later + passes * self.validation
        return total


class Stopwatch(L.Callback):
    """Notes the seconds of every step by stage and pass, of each validation by batch, and of what surrounds them."""

    def __init__(self) -> None:
        self.passes: dict[int, list[list[float]]] = {}
        self.batches: list[float] = []
        self.around, self.workers = 0.0, 0
        self.first_step = self.mark = 0.0

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self.mark = self.mark, time.monotonic()
        return self.mark - before

    def on_train_epoch_start(self, trainer: L.Trainer, lit: LitModel) -> None:
        """What came before belongs to no step."""
        self.lap()
        self.passes.setdefault(lit.stage_index, []).append([])
        self.first_step = self.first_step or time.time()

    def on_train_batch_end(self, trainer: L.Trainer, lit: LitModel, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A step, with the wait for its galaxies."""
        self.passes[lit.stage_index][-1].append(self.lap())
        trainer.should_stop = trainer.should_stop or self.enough(lit)
        if trainer.should_stop or batch_idx + 1 == trainer.num_training_batches:
            self.workers = max(self.workers, process.workers_memory())

    def on_validation_start(self, trainer: L.Trainer, lit: LitModel) -> None:
        """A validation begins."""
        self.batches = []

    def on_validation_batch_end(
        self, trainer: L.Trainer, lit: LitModel, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A batch of it, with the wait for its galaxies."""
        self.batches.append(self.lap())

    def on_train_epoch_end(self, trainer: L.Trainer, lit: LitModel) -> None:
        """Metrics are computed, tables and checkpoint written: the last callback sees them all."""
        self.around = self.lap()
        trainer.should_stop = trainer.should_stop or self.enough(lit)

    def enough(self, lit: LitModel) -> bool:
        """Whether the steps of a stage have taken long, and one of them was like those to come."""
        taken = [*chain(*self.passes[lit.stage_index])]
        return len(taken) > UNLIKE_OTHERS and sum(taken) >= LONG

    def first_pass(self) -> list[float]:
        """Seconds of a step in the first pass of each stage."""
        return [fmean(first[UNLIKE_OTHERS:] or first) for first, *_ in self.passes.values()]

    def later(self) -> list[float]:
        """Seconds of a step in later passes of each stage; those of the first where there was no later."""
        taken = [[*chain(*later)] for _, *later in self.passes.values()]
        return [fmean(steps or [first]) for steps, first in zip(taken, self.first_pass(), strict=True)]


def measured(run: Run) -> Cost:
    """Train a few steps of every stage, validate and measure a few batches; the fewer, the longer they take."""
    watch, config = Stopwatch(), run.config
    short = shortened(config)
    tried = short["batch_size"]
    training = Training(run, [watch], short, most=(PASS * tried, VALIDATED * tried))
    training.complete()
    after = watch.lap()
    whole = Steps(training.usable("train"), config["batch_size"], config["seed"], chunk=config.get("chunk"))
    batch = fmean(watch.batches[1:] or watch.batches)
    unseen = batch * (len(training.usable("validation")) - len(training.validation_rows)) / tried
    return Cost(
        before=watch.first_step - process.began(),
        first_pass=watch.first_pass(),
        later=watch.later(),
        validation=sum(watch.batches) + unseen + watch.around,
        after=after + unseen,
        per_epoch=whole.per_epoch,
        memory=process.peak_memory() + watch.workers,
        device_memory=torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0,
    )


def shortened(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a probe: two short passes of each stage, on one device with its share of a batch."""
    told = config["trainer"]
    devices = environment.devices(told.get("devices", 1), told["accelerator"])
    few = {"epochs": PASSES, "steps": None, "patience": None}
    return {
        **config,
        "stages": [{**stage, **few} for stage in config["stages"]],
        "budget": 1.0,
        "batch_size": max(1, config["batch_size"] // devices),
        "trainer": {**told, "devices": 1},
    }


def main(words: list[str]) -> int:
    """Measure the run in the folder named; its `status.json` says why that is not possible."""
    speak()
    run = Run(Path(words[0]))
    try:
        with fit.telling(run):
            atomic.write_json(run.folder / COST, asdict(measured(run)))
    except ZooError as error:
        print(f"zoo.probe: {error} [{error.code}]", file=sys.stderr)
        return UNEXPECTED
    return DONE


if __name__ == "__main__":
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    sys.exit(main(sys.argv[1:]))
