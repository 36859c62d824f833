"""The pace of requests to a service: a bucket that a token falls into at even times, and each request takes one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """Lets at most `per_second` requests a second pass, and `burst` at once after a rest; any thread may ask.

    clock, sleep: how to tell the time in seconds, and how to wait.
    """

    def __init__(
        self,
        per_second: float,
        burst: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.interval = 1 / per_second
        self.rest = (burst - 1) * self.interval
        self.clock, self.sleep = clock, sleep
        self.turn = float("-inf")
        self.lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is this request's turn."""
        with self.lock:
            now = self.clock()
            mine = max(self.turn, now - self.rest)
            self.turn = mine + self.interval
        if mine > now:
            self.sleep(mine - now)
