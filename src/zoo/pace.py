"""How far a training has come, how fast it goes and how long it still takes, for whoever looks at its run folder."""

from __future__ import annotations

import time
from typing import Any

import lightning as L

from zoo.lit import LitModel
from zoo.run import Run

EVERY = 5.0
"""Seconds between two words of it within a pass."""


class Pace(L.Callback):
    """Writes step, steps in all, steps per second and seconds left to `status.json`; total: steps of all stages."""

    def __init__(self, run: Run, total: int):
        self.run, self.total = run, total

    def on_train_start(self, trainer: L.Trainer, lit: LitModel) -> None:
        """The clock of a stage starts where the training stands."""
        self.began, self.first = time.monotonic(), lit.step
        self.told = self.began

    def on_train_batch_end(self, trainer: L.Trainer, lit: LitModel, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Tell when it is time."""
        if time.monotonic() - self.told >= EVERY:
            self.tell(trainer, lit)

    def on_train_epoch_end(self, trainer: L.Trainer, lit: LitModel) -> None:
        """Tell after each pass over the data."""
        self.tell(trainer, lit)

    def tell(self, trainer: L.Trainer, lit: LitModel) -> None:
        """The first rank writes how it stands."""
        self.told = time.monotonic()
        if trainer.is_global_zero:
            self.run.say("running", **standing(self.first, lit.step, self.total, self.told - self.began))


def standing(first: int, step: int, total: int, seconds: float) -> dict[str, float]:
    """The numbers of a training that went from step `first` to step `step` in so many seconds."""
    done = {"step": step, "steps": total}
    if step == first or seconds <= 0:
        return done
    each = seconds / (step - first)
    return done | {"steps_per_second": round(1 / each, 3), "seconds_left": round(each * (total - step), 1)}
