"""Stop when the operator asks: after the current batch, on all ranks together, or at once, in order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from zoo.errors import Stopped


class Stop:
    """Remembers the first SIGTERM or Ctrl-C; a second Ctrl-C ends the process at once.

    The handlers only set a flag: whatever communicates or saves inside a handler can hang the other ranks.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def watch(self) -> None:
        """Put up the handlers (Lightning puts up its own when a fit begins, so do it after that)."""
        for number in self.former:
            signal.signal(number, self.note)

    def release(self) -> None:
        """Put back the handlers of the time when this object was made."""
        for number, handler in self.former.items():
            signal.signal(number, handler)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Set the flag."""
        if number == signal.SIGINT and self.signal == signal.SIGINT:
            sys.exit(130)
        self.signal = number


class Terminated(KeyboardInterrupt):
    """SIGTERM, which no `except Exception` may take for an error of the work."""


@contextmanager
def stoppable(what: str) -> Iterator[None]:
    """Let SIGTERM end some work in order, as Ctrl-C does; child processes die of it as ever. Raises Stopped then."""
    own = os.getpid()

    def stop(number: int, frame: FrameType | None) -> None:
        if os.getpid() == own:
            raise Terminated
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except Terminated:
        raise Stopped(f"{what} was stopped: the same command goes on with it.") from None
    finally:
        signal.signal(signal.SIGTERM, former)
