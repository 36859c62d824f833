"""Trying again: a bounded number of times, with pauses that double, or as long as the service asks for."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from zoo.errors import ZooError

Answer = TypeVar("Answer")


class ServiceError(ZooError):
    """A service that does not answer, or answers with something else than was asked for."""

    code = "E-SERVICE"


class Transient(Exception):
    """A failure that may be gone in a moment. wait: seconds that the service asks to wait."""

    def __init__(self, what: str, wait: float = 0.0):
        super().__init__(what)
        self.wait = wait


@dataclass(frozen=True)
class Retry:
    """Repeats what failed.

    times: attempts in all. first: seconds of the first pause, each further one being twice as long. longest: seconds;
    a service that asks for more is given up. seed: of the jitter, a factor of 0.5 to 1 that keeps programs that failed
    together from coming back together. sleep: how to wait.
    """

    times: int = 5
    first: float = 2.0
    longest: float = 120.0
    seed: int = 0
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, what: str, attempt: Callable[[], Answer]) -> Answer:
        """The answer of the first attempt that is no Transient failure. Raises ServiceError after the last one."""
        for number in range(self.times):
            try:
                return attempt()
            except Transient as failure:
                last = failure
            if last.wait > self.longest:
                break
            if number + 1 < self.times:
                self.sleep(max(last.wait, self.pause(what, number)))
        asks = f" and asks to wait {last.wait:g} s" if last.wait else ""
        raise ServiceError(
            f"{what} failed {number + 1} times, at last because it {last}{asks}: repeat the command later; what has "
            "been retrieved stays."
        ) from last

    def pause(self, what: str, number: int) -> float:
        """Seconds to wait after an attempt, which follow from the seed, from what is asked for and from its number."""
        key = np.array([self.seed, zlib.crc32(what.encode())], dtype=np.uint64)
        share = np.random.Generator(np.random.Philox(key=key, counter=number)).uniform(0.5, 1.0)
        return float(min(self.first * 2**number, self.longest) * share)
