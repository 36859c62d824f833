"""What the system knows of processes: which live; of this one when it began, and the memory it and its workers hold."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

PROC = Path("/proc")


def began() -> float:
    """Seconds since 1970 at which this process began; now, where the system does not say."""
    if not (PROC / "self" / "stat").is_file():
        return time.time()
    ticks = int(fields("self")[19])
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


def alive(number: int) -> bool:
    """Whether a process of this number runs on this machine, whoever's it is."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):  # the latter for what no process can be called
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def peak_memory() -> int:
    """Bytes that this process has held at most; macOS counts bytes, Linux kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def workers_memory() -> int:
    """Bytes that the other processes of this session hold now; what several share is shared out among them."""
    others = [path.parent for path in PROC.glob("[0-9]*/stat") if path.parent.name != str(os.getpid())]
    return sum(share(path) for path in others if in_session(path.name))


def in_session(number: str) -> bool:
    """Whether a process that may be gone by now belongs to this session."""
    try:
        return int(fields(number)[3]) == os.getsid(0)
    except (FileNotFoundError, ProcessLookupError):
        return False


def share(process: Path) -> int:
    """The bytes of a process: its own, and its share of what it has in common with others."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended, or is another user's
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def fields(number: str) -> list[str]:
    """What `/proc/N/stat` says behind the name, which may hold blanks: the first is the state."""
    return (PROC / number / "stat").read_text().rpartition(")")[2].split()
