"""A file or folder that one program holds at a time; the kernel frees it when that program ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import time
from functools import cache
from pathlib import Path
from typing import IO

from zoo import process

log = logging.getLogger("zoo")

NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems answer that know no locks."""

PAUSE = 0.02
"""Seconds between two looks at a lock."""


def hold(file: IO, folder: Path, wait: bool) -> bool:
    """Lock an open file until it is closed; False where its file system knows no locks, which is said once.

    Raises BlockingIOError where another program holds it and this one does not `wait`.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        say_no_locks(folder)
        return False
    return True


def rival(file: IO[str], folder: Path, looks: int) -> str:
    """Who else holds a file, empty where it is ours now. Who only looks has it for an instant: look several times."""
    for look in range(looks):
        time.sleep(PAUSE if look else 0)
        try:
            held = hold(file, folder, wait=False)
        except BlockingIOError:
            continue
        return "" if held or not lives(noted(file)) else noted(file)
    return noted(file) or "another process"


def noted(file: IO[str]) -> str:
    """What a locked file says of its holder."""
    file.seek(0)
    return file.read().strip()


@cache
def say_no_locks(folder: Path) -> None:
    """Warn, once for each folder, that programs cannot keep out of each other's way there."""
    log.warning("W-NO-LOCKS: the file system of %s knows no locks: let one program at a time write there.", folder)


def signature() -> str:
    """How this process names itself to others that ask who holds a lock."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def lives(holder: str) -> bool:
    """Whether a signature is that of another process of this machine that has not ended."""
    match holder.split():
        case ["process", number, "on", host] if host == socket.gethostname() and int(number) != os.getpid():
            return process.alive(int(number))
    return False
