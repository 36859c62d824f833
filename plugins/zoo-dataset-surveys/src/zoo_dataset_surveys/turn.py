"""One program at a time in a folder, so that several that start together retrieve each file once."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("zoo")


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait until no other program is in this block for the folder; one that is killed leaves it.

    Where the file system knows no locks, programs go ahead together: files are replaced whole, so nothing breaks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another program that retrieves into %s", folder)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            log.warning("%s knows no locks: programs that retrieve into it at once ask for the same files.", folder)
        yield
