"""What an archive remembers: whole after every kill, at one price however much it is, and never anybody else's."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from zoo_dataset_surveys import memory
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.failures import FAILURES, Failures, Outcome, Reason
from zoo_dataset_surveys.memory import Memory, name_of
from zoo_dataset_surveys.services.places import Places

from zoo.errors import MissingImage, ZooError

BROKE = MissingImage("It broke.")


def galaxies(start: int, stop: int) -> list[Target]:
    """Galaxies by their numbers."""
    return [Target(f"galaxy {number}", number / 1000, 0.0) for number in range(start, stop)]


def failed(targets: list[Target], *bands: str) -> Outcome:
    """All of them lack these bands."""
    return Outcome(targets, "tile 1", dict.fromkeys(bands, BROKE))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows with all that databases do."""
    done = list[None]()

    def counted(*args: object, **options: object) -> sqlite3.Connection:
        database = connect(*args, **options)
        database.set_progress_handler(lambda: done.append(None), 1)
        return database

    connect = sqlite3.connect
    monkeypatch.setattr(memory.sqlite3, "connect", counted)
    return done


def test_what_a_galaxy_costs_does_not_grow_with_how_many_are_known(tmp_path: Path, steps: list[None]):
    """Shards are noted one by one: else a survey would take time that grows with its square."""
    taken = list[int]()
    kept = Memory(tmp_path)
    for number in (0, 4000):
        Failures(kept).note([failed(galaxies(0, number), "g")], ["g"])
        Places(kept).of(galaxies(0, number), lambda some: [1] * len(some), 1000)
        steps.clear()
        some = galaxies(5000 + number, 5010 + number)
        Failures(kept).of(some)
        Failures(kept).note([failed(some, "g")], ["g"])
        Places(kept).of(some, lambda some: [1] * len(some), 1000)
        taken.append(len(steps))
    assert taken[1] < 1.5 * taken[0], f"ten more galaxies took {taken[0]} steps at first, and {taken[1]} in the end"


def test_a_band_that_comes_later_is_no_failure_any_more_and_other_bands_stay_as_they_are(tmp_path: Path):
    kept, (one, other) = Failures(Memory(tmp_path)), galaxies(0, 2)
    kept.note([failed([one, other], "g", "r")], ["g", "r"])
    kept.note([Outcome([one], "tile 1", {})], ["g"])
    broke = Reason(BROKE.code, str(BROKE))
    assert kept.of([one]) == {name_of(one): {"g": Reason("", ""), "r": broke}}
    kept.write(tmp_path)
    lines = (tmp_path / FAILURES).read_text().splitlines()
    assert lines[0] == "object_id,position,group,band,code,what" and len(lines) == 4
    assert lines[1] == "galaxy 0,0.00000+0.00000,tile 1,r,E-IMAGE-MISSING,It broke."


def test_a_galaxy_is_told_by_its_place_and_its_id(tmp_path: Path):
    kept, one = Failures(Memory(tmp_path)), galaxies(0, 1)[0]
    kept.note([failed([one], "g")], ["g"])
    assert kept.of([one._replace(ra=9.0), one._replace(object_id="another")]) == {}


KILLED = """
import os, signal, sys
from pathlib import Path
from zoo_dataset_surveys.memory import Memory

with Memory(Path(sys.argv[1])).opened() as database:
    database.execute("PRAGMA cache_size = 1")  # what is written goes to the disk at once
    database.execute("UPDATE answers SET answer = '0'")
    rows = [("positions", str(number), "0" * 1000) for number in range(1000)]
    database.executemany("INSERT INTO answers VALUES (?, ?, ?)", rows)
    print(os.path.getsize(Path(sys.argv[1]) / "memory" / "archive.sqlite"))
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_while_it_is_written_leaves_what_was_there_before(tmp_path: Path):
    some = galaxies(0, 500)
    Places(Memory(tmp_path)).of(some, lambda some: list(range(len(some))), 1000)
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL and int(killed.stdout) > 500_000, "half of it was on the disk"
    assert Places(Memory(tmp_path)).of(some, None, 1000) == list(range(500))
    with Memory(tmp_path).opened() as database:
        assert database.execute("SELECT COUNT(*) FROM answers").fetchone() == (500,)


def test_what_is_written_before_an_error_is_not_kept(tmp_path: Path):
    with pytest.raises(KeyError), Memory(tmp_path).opened() as database:
        database.execute("INSERT INTO answers VALUES ('positions', '0', '0')")
        raise KeyError
    assert Places(Memory(tmp_path)).of(galaxies(0, 1), None, 1) == [None]


def test_programs_that_write_at_once_lose_nothing(tmp_path: Path):
    def write(number: int) -> None:
        for start in range(number * 10, number * 10 + 10):
            Failures(Memory(tmp_path)).note([failed(galaxies(start, start + 1), "g")], ["g"])

    writing = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for one in writing:
        one.start()
    for one in writing:
        one.join()
    assert len(Failures(Memory(tmp_path)).of(galaxies(0, 40))) == 40


def test_a_folder_of_an_earlier_version_is_gone_on_with(tmp_path: Path):
    """It had whole files; the oldest of them did not say where galaxies lie."""
    one, other = galaxies(0, 2)
    (tmp_path / "positions.json").write_text('{"0.00000+0.00000": [752, 301, 1, 11], "0.00100+0.00000": null}')
    (tmp_path / "petroRad_r.json").write_text('{"0.00000+0.00000": [4.5]}')
    (tmp_path / "galaxies.csv").write_text(
        "object_id,position,group\ngalaxy 0,0.00000+0.00000,tile 1\ngalaxy 1,0.00100+0.00000,tile 1\n"
    )
    (tmp_path / "failures.csv").write_text(
        'object_id,position,group,band,code,what\ngalaxy 1,0.00100+0.00000,tile 1,g,E-IMAGE-MISSING,"gone, for good"\n'
    )
    kept = Memory(tmp_path)
    assert Places(kept).of([one, other], None, 1) == [[752, 301, 1, 11], None]
    assert Places(kept, "petroRad_r").of([one, other], None, 1) == [[4.5], None]
    assert Failures(kept).of([one, other]) == {name_of(other): {"g": Reason("E-IMAGE-MISSING", "gone, for good")}}
    Failures(kept).write(tmp_path)
    assert (tmp_path / "losses.csv").read_text() == "group,galaxies,lost,rate\ntile 1,2,1,0.5\n"
    assert "gone, for good" in (tmp_path / "failures.csv").read_text()


@pytest.mark.parametrize("name", ["positions.json", "galaxies.csv", "failures.csv"])
@pytest.mark.parametrize("text", [b"\xff", b'{"0.0', b"[1]"], ids=["no text", "cut off", "a list"])
def test_a_damaged_file_of_an_earlier_version_is_one_sentence_or_has_nothing_to_say(tmp_path: Path, name, text):
    (tmp_path / name).write_bytes(text)
    if name.endswith(".csv") and text != b"\xff":
        assert Failures(Memory(tmp_path)).of(galaxies(0, 1)) == {}
        return
    for _ in range(2):  # nothing of it is kept
        with pytest.raises(ZooError, match=f"{name} of an earlier version of zoo cannot be read .* remove it; what it"):
            Places(Memory(tmp_path)).of(galaxies(0, 1), None, 1)
    (tmp_path / name).unlink()
    assert Places(Memory(tmp_path)).of(galaxies(0, 1), None, 1) == [None]


def test_columns_that_earlier_versions_did_not_write_are_blank(tmp_path: Path):
    (tmp_path / "failures.csv").write_text("object_id,band,code,what\ngalaxy 0,g,E-IMAGE-MISSING,gone\n")
    with Memory(tmp_path).opened() as database:
        assert database.execute("SELECT * FROM failures").fetchall() == [
            ("galaxy 0", "", "", "g", "E-IMAGE-MISSING", "gone")
        ]


@pytest.mark.parametrize(
    "spoil, said",
    [
        (
            lambda path: path.write_bytes(os.urandom(5000)),
            r"\(file is not a database\): .* if the file is damaged, remove",
        ),
        (lambda path: path.mkdir(), r"\(unable to open database file\): make room, name a folder of your own with"),
    ],
)
def test_a_memory_that_cannot_be_used_is_one_sentence(tmp_path: Path, spoil, said: str):
    (tmp_path / "memory").mkdir()
    spoil(tmp_path / "memory" / "archive.sqlite")
    with pytest.raises(ZooError, match=f"archive.sqlite cannot be used {said}"):
        Places(Memory(tmp_path)).of(galaxies(0, 1), None, 1)


def test_a_full_disk_is_one_sentence_and_leaves_what_was_there_before(tmp_path: Path):
    some = galaxies(0, 500)
    Places(Memory(tmp_path)).of(some, lambda some: list(range(len(some))), 1000)
    with pytest.raises(ZooError, match="database or disk is full"), Memory(tmp_path).opened() as database:
        database.execute("PRAGMA max_page_count = 1")
        database.executemany("INSERT INTO answers VALUES ('x', ?, ?)", ((str(k), "0" * 1000) for k in range(1000)))
    assert Places(Memory(tmp_path)).of(some, None, 1000) == list(range(500))


def test_a_folder_that_cannot_be_written_is_read_and_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    known, (one,) = Failures(Memory(tmp_path)), galaxies(0, 1)
    known.note([failed([one], "r")], "gr")
    lock, before = tmp_path / "memory" / ".lock", known.memory.path.read_bytes()
    lock.unlink(missing_ok=True)
    monkeypatch.setattr(memory.os, "access", lambda path, mode: False)
    assert list(known.of([one])[name_of(one)]) == ["r"]
    with pytest.raises(ZooError, match=r"archive\.sqlite cannot be used \(.*readonly"):
        known.note([failed([one], "g")], "gr")
    assert known.memory.path.read_bytes() == before and not lock.exists()
    empty = Failures(Memory(tmp_path / "memory"))
    assert empty.of([one]) == {} and not empty.memory.path.exists()


def test_a_database_of_a_later_version_is_not_touched(tmp_path: Path):
    known = Memory(tmp_path)
    with known.opened() as database:
        database.execute(f"PRAGMA user_version = {memory.VERSION + 1}")
    before = known.path.read_bytes()
    with (
        pytest.raises(ZooError, match="archive.sqlite was written by a later version of zoo: pip install -U"),
        known.opened(),
    ):
        pass
    assert known.path.read_bytes() == before


def test_an_error_of_other_files_is_not_told_of_the_database(tmp_path: Path):
    with pytest.raises(OSError, match="failures.csv"), Memory(tmp_path).opened():
        raise OSError("failures.csv")
