"""What goes on beside the steps of a training: saving, stopping, showing."""

from __future__ import annotations

import logging
import signal
import time
from typing import Any

import lightning as L

from zoo import traces, weights
from zoo.checkpoint import Checkpoints
from zoo.errors import INTERRUPTED, STOPPED, CheckpointError, Stopped
from zoo.failpoint import fp
from zoo.lit import LitModel
from zoo.progress import bar
from zoo.run import Run
from zoo.stop import Stop
from zoo.training_state import state

log = logging.getLogger("zoo")

TRIES = 3
BEST = "best.safetensors"


class Keep(L.Callback):
    """Saves the training state every so many seconds and after each pass over the data, and when told to stop.

    No step state is saved at the last step of a pass: the one behind its validation is. A state that cannot be saved is
    tried again at the next occasion; the third failure in a row stops the training.
    """

    def __init__(self, run: Run, checkpoints: Checkpoints, stop: Stop):
        self.run, self.checkpoints, self.stop = run, checkpoints, stop
        self.every_seconds = run.config["checkpoints"]["every_seconds"]
        self.saved_at, self.failures, self.error = time.monotonic(), 0, None

    def on_train_start(self, trainer: L.Trainer, lit: LitModel) -> None:
        """Lightning has put up its own handlers by now; ours replace them."""
        self.stop.watch()

    def on_train_batch_end(self, trainer: L.Trainer, lit: LitModel, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Save when it is time or when told to stop, but not before the validation that the last batch calls for."""
        if batch_idx + 1 < trainer.num_training_batches:
            self.save_if_asked(trainer, lit, due=time.monotonic() - self.saved_at >= self.every_seconds)

    def on_train_epoch_end(self, trainer: L.Trainer, lit: LitModel) -> None:
        """Save behind the validation; end a stage whose patience has run out."""
        fp("train.epoch_end")
        if trainer.is_global_zero:
            self.run.write_history(lit.history, traces.rows(lit.traces))
        if trainer.is_global_zero and lit.stage.keep == "best" and lit.improved():
            self.checkpoints.folder.mkdir(exist_ok=True)
            weights.write(self.checkpoints.folder / BEST, lit.weights())
        trainer.should_stop = lit.stage_over()
        self.save_if_asked(trainer, lit, due=True)

    def save_if_asked(self, trainer: L.Trainer, lit: LitModel, due: bool) -> None:
        """Save; leave, all ranks together, when one of them was told to stop or the state cannot be saved."""
        agreed = trainer.strategy.reduce_boolean_decision
        stop = agreed(self.stop.signal is not None, all=False)
        if agreed(stop or due, all=False):
            self.save(trainer, lit)
            if agreed(self.failures >= (1 if stop else TRIES), all=False):
                raise Stopped(
                    f"{self.error or 'The first rank could not save.'} Stopped at step {lit.step}; repeat the command "
                    "to go on.",
                    getattr(self.error, "code", None),
                )
        if stop:
            raise interrupted(self.stop.signal, lit.step)

    def save(self, trainer: L.Trainer, lit: LitModel) -> None:
        """Rank 0 saves; a failure is said and counted."""
        self.saved_at = time.monotonic()
        if not trainer.is_global_zero:
            return
        try:
            self.checkpoints.save(state(lit))
            self.failures, self.error = 0, None
        except CheckpointError as error:
            self.failures, self.error = self.failures + 1, error
            log.warning("%s Training state kept, next try in %.0f s.", error, self.every_seconds)


class Bar(L.Callback):
    """A bar over all steps of all stages with rate, loss and time left."""

    def __init__(self, total: int):
        self.total, self.progress, self.began = total, None, 0.0

    def on_train_start(self, trainer: L.Trainer, lit: LitModel) -> None:
        """Open the bar where the training stands."""
        if not trainer.is_global_zero:
            return
        self.progress = bar("steps", "{task.fields[speed]}", "loss {task.fields[loss]}")
        self.task = self.progress.add_task(lit.stage.name, total=self.total, completed=lit.step, speed="", loss="–")
        self.progress.start()
        self.clock = time.monotonic(), lit.step

    def on_train_batch_end(self, trainer: L.Trainer, lit: LitModel, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Show what the step brought."""
        if self.progress is not None:
            rate = (
                (lit.step - self.clock[1]) * len(batch.index) * trainer.world_size / (time.monotonic() - self.clock[0])
            )
            loss = f"{lit.loss_sum / max(lit.loss_count, 1):.4g}"
            self.progress.update(self.task, completed=lit.step, speed=f"{rate:.0f} galaxies/s", loss=loss)

    def teardown(self, trainer: L.Trainer, lit: LitModel, stage: str) -> None:
        """Close the bar, whatever ended the stage."""
        if self.progress is not None:
            self.progress.stop()


def interrupted(number: int | None, step: int) -> Stopped:
    """What ends a training that was told to stop; Lightning would answer a KeyboardInterrupt with exit code 1."""
    by = "Ctrl-C" if number == signal.SIGINT else "a signal"
    stopped = Stopped(f"Stopped by {by}; saved step {step}: repeat the command to go on.")
    stopped.exit_code = INTERRUPTED if number == signal.SIGINT else STOPPED
    return stopped
