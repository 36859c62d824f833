"""An end to what threads still wait for or retrieve, once nobody wants it: an interrupted command ends at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

STEP = 1.0
"""Seconds slept at a time."""


class Halted(Exception):
    """Nobody waits for this any more."""


class Halt:
    """Is called once, and from then on raises Halted in all that sleeps or watches through it. pause: how to wait."""

    def __init__(self, pause: Callable[[float], None] = time.sleep):
        self.called, self.pause = threading.Event(), pause

    def sleep(self, seconds: float) -> None:
        """Wait for so long."""
        while seconds > 0:
            self.watch()
            self.pause(min(seconds, STEP))
            seconds -= STEP

    def watch(self, here: int = 0, in_all: int | None = None) -> None:
        """Look whether somebody still waits for a file, of which so many bytes are here."""
        if self.called.is_set():
            raise Halted
