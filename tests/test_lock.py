"""A lock dies with its holder, and where there are none that is said once and the work goes on (D27)."""

import errno
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from zoo import lock
from zoo.errors import ZooError
from zoo.run import LOCK, Run


@pytest.fixture
def holder(tmp_path: Path):
    """A child process that holds the lock of a folder until it is killed."""
    come, gone = os.pipe()
    if (child := os.fork()) == 0:
        with open(tmp_path / LOCK, "w") as file:
            lock.hold(file, tmp_path, wait=True)
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
            os.write(gone, b"held")
            signal.pause()
    assert os.read(come, 4) == b"held"
    yield child
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks."""

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    lock.say_no_locks.cache_clear()
    monkeypatch.setattr(lock.fcntl, "flock", none)


def test_d27_who_waits_for_a_holder_that_is_killed_goes_on_within_5_seconds(holder: int, tmp_path: Path):
    with open(tmp_path / LOCK, "w") as file:
        with pytest.raises(BlockingIOError):
            lock.hold(file, tmp_path, wait=False)
        os.kill(holder, signal.SIGKILL)
        killed = time.monotonic()
        assert lock.hold(file, tmp_path, wait=True) and time.monotonic() - killed < 5


def test_d27_without_locks_it_is_said_once_and_the_note_of_a_living_process_counts(
    holder: int, tmp_path: Path, no_locks: None, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(ZooError, match=f"is in use by process {holder} on "), Run(tmp_path).locked():
        pass
    (tmp_path / LOCK).write_text(f"process 4194305 on {socket.gethostname()}")  # above the kernel's largest number
    with Run(tmp_path).locked():
        assert (tmp_path / LOCK).read_text() == lock.signature()
    assert (tmp_path / LOCK).read_text() == ""
    assert caplog.text.count("W-NO-LOCKS") == 1 and f"{tmp_path} knows no locks" in caplog.text
