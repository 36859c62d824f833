"""Stop after the current batch, on all ranks together, when the operator asks."""

from __future__ import annotations

import signal
import sys
from types import FrameType


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
