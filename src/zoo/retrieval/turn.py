"""One program at a time in a folder or at a file, so that several that start together retrieve each file once."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

log = logging.getLogger("zoo")

NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems answer that know no locks."""


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


def locked(path: Path) -> IO[bytes]:
    """The file at a path, open to this program alone: it waits for others. Raises OSError where there are no locks."""
    while True:
        file = opened(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if lies_at(file, path):
                return file
        except OSError:
            file.close()
            raise
        file.close()  # while we waited, another program put it into its place


def lies_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file still lies at a path, which others may take away at any moment."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def opened(path: Path) -> IO[bytes]:
    """The file at a path, open for reading and writing, made if need be."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
