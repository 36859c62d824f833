"""Learning rates as functions of how far a stage has come: nothing to store, nothing to resume.

A scheduler part is a callable from the fraction done, in [0, 1), to a factor of the stage's rate.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]


class Constant:
    """The stage's rate throughout."""

    def __call__(self, done: float) -> float:
        return 1.0


class Cosine:
    """A linear rise over the first `warm_up` of a stage, then half a cosine to `final` (Loshchilov & Hutter 2017)."""

    def __init__(self, warm_up: float, final: float):
        self.warm_up, self.final = warm_up, final

    def __call__(self, done: float) -> float:
        if done < self.warm_up:
            return (done + 1e-3) / (self.warm_up + 1e-3)
        falling = (done - self.warm_up) / (1 - self.warm_up)
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * falling))


class Drops:
    """Division by ten at each of the given fractions of a stage."""

    def __init__(self, at: list[float]):
        self.at = at

    def __call__(self, done: float) -> float:
        return 0.1 ** sum(done >= fraction for fraction in self.at)
