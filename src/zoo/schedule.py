"""Learning rates as functions of how far a stage has come: nothing to store, nothing to resume.

A scheduler part is a callable from a stage's progress to a factor of the stage's rate. One whose `__init__` has an
argument `batch_size` is told the number of galaxies per step, over all devices.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from zoo.errors import ZooError


@dataclass(frozen=True)
class Progress:
    """How far a stage has come when its next step is to be taken.

    done: fraction of its steps, in [0, 1). epochs: passes over the data since it began, with the part of the present
    one. earlier: passes over the data before it began. losses: the validation loss after each of its passes.
    train_losses: the mean training loss of each. lr: the stage's rate.
    """

    done: float
    epochs: float = 0.0
    earlier: float = 0.0
    losses: Sequence[float] = ()
    train_losses: Sequence[float] = ()
    lr: float = 1.0


Schedule: TypeAlias = Callable[[Progress], float]


class Constant:
    """The stage's rate throughout."""

    def __call__(self, progress: Progress) -> float:
        return 1.0


class Cosine:
    """A linear rise over the first `warm_up` of a stage, then half a cosine to `final` (Loshchilov & Hutter 2017)."""

    def __init__(self, warm_up: float, final: float):
        self.warm_up, self.final = warm_up, final

    def __call__(self, progress: Progress) -> float:
        done = progress.done
        if done < self.warm_up:
            return (done + 1e-3) / (self.warm_up + 1e-3)
        falling = (done - self.warm_up) / (1 - self.warm_up)
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * falling))


class Drops:
    """Division by ten at each of the given fractions of a stage."""

    def __init__(self, at: list[float]):
        self.at = at

    def __call__(self, progress: Progress) -> float:
        return 0.1 ** sum(progress.done >= fraction for fraction in self.at)


class Plateau:
    """A factor for every `patience` passes without a loss that is lower by more than `threshold`.

    minimum: the rate that it does not go below. watches: which loss, that of `validation` or of `training` (spec G30).
    As Keras counts: torch waits one pass longer (spec G19). Raises ZooError for another loss.
    """

    def __init__(self, factor: float, patience: int, threshold: float, minimum: float, watches: str):
        if watches not in ("validation", "training"):
            raise ZooError(f"scheduler.watches={watches}: choose validation or training.")
        self.factor, self.patience, self.threshold, self.minimum = factor, patience, threshold, minimum
        self.watches = watches

    def __call__(self, progress: Progress) -> float:
        losses = progress.losses if self.watches == "validation" else progress.train_losses
        times = plateaus(losses, self.patience, self.threshold)
        return max(self.factor**times, min(1.0, self.minimum / progress.lr))


class Ranks:
    """A linear rise from the stage's rate to as many times that as a batch has shares (Goyal et al. 2017; spec G21).

    share: galaxies of a step on one of the published ranks, so that batch_size / share is their number, whatever the
    devices here. warm_up: passes over the data until the full rate. restart: whether each stage begins to rise anew.
    Raises ZooError for a share of nothing.
    """

    def __init__(self, share: int, warm_up: float, restart: bool, batch_size: int):
        if share < 1:
            raise ZooError(f"scheduler.share={share} leaves no galaxy in a share of the batch: take 1 or more.")
        self.ranks, self.warm_up, self.restart = batch_size / share, warm_up, restart

    def __call__(self, progress: Progress) -> float:
        epochs = progress.epochs + (0 if self.restart else progress.earlier)
        return self.ranks if epochs >= self.warm_up else 1 + epochs * (self.ranks - 1) / self.warm_up


class RanksPlateau:
    """`Ranks`, and from there on `Plateau`."""

    def __init__(
        self,
        share: int,
        warm_up: float,
        restart: bool,
        factor: float,
        patience: int,
        threshold: float,
        minimum: float,
        watches: str,
        batch_size: int,
    ):
        self.ranks = Ranks(share, warm_up, restart, batch_size)
        self.plateau = Plateau(factor, patience, threshold, minimum, watches)

    def __call__(self, progress: Progress) -> float:
        risen = self.ranks(progress)
        return risen * self.plateau(replace(progress, lr=risen * progress.lr))


def plateaus(losses: Sequence[float], patience: int, threshold: float) -> int:
    """How often `patience` losses in a row were not lower than the best before them by more than the threshold."""
    best, waited, times = math.inf, 0, 0
    for loss in losses:
        waited += 1
        if loss < best - threshold:
            best, waited = loss, 0
        elif waited >= patience:
            waited, times = 0, times + 1
    return times
