"""Laws of files that are whole or absent."""

import os
import subprocess
import threading
from pathlib import Path

from zoo import atomic, process


def test_threads_that_write_one_file_at_once_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    """All are in the midst of writing before the first of them is done."""
    meet, texts = threading.Barrier(4), [str(k) * 10_000 for k in range(4)]

    def write(text: str) -> None:
        with atomic.replacing(tmp_path / "x") as file:
            file.write(text[:5000].encode())
            meet.wait(10)
            file.write(text[5000:].encode())
            meet.wait(10)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "x").read_text() in texts and [path.name for path in tmp_path.iterdir()] == ["x"]


def test_what_a_dead_process_left_is_swept_and_what_is_being_written_stays(tmp_path: Path) -> None:
    (tmp_path / ".x.7.99999999.part").touch()
    with atomic.replacing(tmp_path / "x"):
        assert atomic.sweep(tmp_path) == 1 and len(list(tmp_path.iterdir())) == 1


def test_a_process_lives_until_it_has_ended_wherever_that_is_looked_up() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert process.alive(os.getpid()) and process.alive(1)
    assert not process.alive(ended.pid) and not process.alive(10**20)


def test_what_a_living_process_writes_stays_where_the_system_shows_no_processes(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / f".x.7.{os.getpid()}.part").touch()
    (tmp_path / ".somebody's.part").touch()
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert atomic.sweep(tmp_path) == 1 and [path.name for path in tmp_path.iterdir()] == [f".x.7.{os.getpid()}.part"]
