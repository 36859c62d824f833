"""What a training costs, measured on its first steps: `python -m zoo.probe FOLDER` leaves `cost.json` there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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

PASS, UNLIKE_OTHERS = 5, 2
"""Steps of each of the two passes that a stage is tried for, and the first of them, which are slower than others."""

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
    """Notes the seconds of every step by stage, of each validation by batch, and of what surrounds them."""

    def __init__(self) -> None:
        self.steps: dict[int, list[float]] = {}
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
        self.first_step = self.first_step or time.time()

    def on_train_batch_end(self, trainer: L.Trainer, lit: LitModel, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A step, with the wait for its galaxies."""
        self.steps.setdefault(lit.stage_index, []).append(self.lap())
        if batch_idx + 1 == trainer.num_training_batches:
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


def measured(run: Run) -> Cost:
    """Train a few steps of every stage, validate and measure a few batches."""
    watch = Stopwatch()
    training = Training(run, [watch])
    config, training.config = training.config, shortened(training.config)
    batch_size, rows, validated = config["batch_size"], training.rows, training.validation_rows
    per_epoch = Steps(rows, batch_size, config["seed"], chunk=config.get("chunk")).per_epoch
    tried = training.config["batch_size"]
    training.rows, training.validation_rows = rows[: PASS * tried], validated[: VALIDATED * tried]
    training.complete()
    after = watch.lap()
    batch = fmean(watch.batches[1:] or watch.batches)
    unseen = batch * max(0, len(validated) - len(training.validation_rows)) / tried
    return Cost(
        before=watch.first_step - process.began(),
        first_pass=[fmean(steps[UNLIKE_OTHERS:PASS] or steps) for steps in watch.steps.values()],
        later=[fmean(steps[PASS:] or steps) for steps in watch.steps.values()],
        validation=sum(watch.batches) + unseen + watch.around,
        after=after + unseen,
        per_epoch=per_epoch,
        memory=process.peak_memory() + watch.workers,
        device_memory=torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0,
    )


def shortened(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a probe: two short passes of each stage, on one device with its share of a batch."""
    told = config["trainer"]
    devices = environment.devices(told.get("devices", 1), told["accelerator"])
    few = {"epochs": None, "steps": 2 * PASS, "patience": None}
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
