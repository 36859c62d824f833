"""Files that go on where a connection broke, and are whole or absent (surveys.md 7.5; D26, D28, D29 of reliability)."""

import base64
import errno
import hashlib
import os
import shutil
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from zoo_dataset_surveys.standin import faults

from zoo.errors import ZooError
from zoo.retrieval import download, partial_file, turn
from zoo.retrieval.retry import ServiceError

from .patience import Clock, client

NAME = "table.csv.gz"
SIZE = 200_000


def content(seed: int = 0, size: int = SIZE) -> bytes:
    """A file of noise, which nothing packs."""
    return np.random.default_rng(seed).bytes(size)


@pytest.fixture
def published(standin, tmp_path):
    """Where the server takes its file from."""
    folder = tmp_path / "published"
    folder.mkdir()
    standin.holdings.real = folder
    (folder / NAME).write_bytes(content())
    return folder / NAME


@pytest.fixture
def path(tmp_path):
    return tmp_path / "here" / NAME


@pytest.fixture
def retrieve(standin, path, published):
    """Retrieves the file, with so many attempts, and without looking at what is in it."""

    def retrieved(times=4, look=lambda whole: False, **options):
        asking = client(Clock(), times=times)
        return download.retrieve(f"{standin.url}/gz/{NAME}", path, asking, look, **options)

    return retrieved


def cut(sent, **changes):
    """A fault: a part of what is asked for, and no more."""
    return lambda reply: faults.cut(replace(reply, **changes), sent)


def starts(standin):
    """The byte that each request began with."""
    return [int(request.headers.get("Range", "bytes=0-")[6:-1]) for request in standin.log]


def left(path):
    """What is in the folder."""
    return sorted(one.name for one in path.parent.iterdir())


@pytest.mark.parametrize("seed", range(10))
def test_wherever_connections_break_no_byte_is_asked_for_twice_and_the_file_is_right(standin, path, retrieve, seed):
    """But for the last bytes before the break, of which at most a chunk is lost."""
    parts, end, least = np.random.default_rng(seed).uniform(0, 1, 4), 0.0, [0]
    for part in parts:
        standin.fault("gz", cut(part))
        end += (SIZE - end) * part
        least.append(end - partial_file.CHUNK)
    assert retrieve(times=5).sha256 == hashlib.sha256(content()).hexdigest() == download.sha256(path)
    asked = starts(standin)
    assert asked == sorted(asked) and len(asked) == 5
    assert left(path) == [NAME, f"{NAME}.json"]


def test_a_retrieval_that_was_given_up_goes_on_with_the_next_command(standin, path, retrieve):
    standin.fault("gz", cut(0.6), times=2)
    with pytest.raises(ServiceError, match="failed 2 times, at last because it .*what has been retrieved stays"):
        retrieve(times=2)
    assert left(path) == [f".{NAME}.partial", f".{NAME}.partial.json"]
    retrieve()
    assert path.read_bytes() == content() and starts(standin)[2] > 0.8 * SIZE - 2 * partial_file.CHUNK
    assert standin.log[2].headers["If-Range"].startswith('"')


def test_a_program_that_was_killed_goes_on_and_a_whole_file_is_not_asked_for_again(standin, path, retrieve):
    def killed_at(least):
        def watch(here, in_all):
            if here >= least:
                raise KeyboardInterrupt

        return watch

    for least in (SIZE // 2, SIZE):
        with pytest.raises(KeyboardInterrupt):
            retrieve(watch=killed_at(least))
    assert starts(standin)[1] >= SIZE // 2 and not path.exists()
    retrieve(look=lambda whole: whole.read_bytes() != content())
    assert len(standin.log) == 2 and not download.kept(path).dark


def tagged(kind, number):
    """What a server says of a version of the file."""
    return {"strong tag": {}, "weak tag": {"ETag": f'W/"{number}"'}, "no tag": {"ETag": ""}}[kind]


@pytest.mark.parametrize("size", [SIZE, SIZE - 30_000, SIZE // 2, SIZE + 5])
@pytest.mark.parametrize("kind", ["strong tag", "weak tag", "no tag"])
def test_a_file_that_was_changed_meanwhile_is_begun_afresh(standin, path, retrieve, published, kind, size):
    """By its tag, by its length where there is none, and by the answer 416 where its end is not there any more."""
    if (kind, size) == ("no tag", SIZE):
        pytest.skip("nothing tells a file of the same length and without a tag")
    standin.fault("gz", cut(0.7, headers=tagged(kind, 1)))
    standin.fault("gz", lambda reply: replace(reply, headers=tagged(kind, 2)), times=3)
    with pytest.raises(ServiceError):
        retrieve(times=1)
    published.write_bytes(content(1, size))
    retrieve()
    assert path.read_bytes() == content(1, size)


def test_a_server_that_knows_no_parts_starts_afresh(standin, path, retrieve):
    standin.fault("gz", cut(0.7))
    standin.fault("gz", "no_ranges")
    retrieve()
    assert path.read_bytes() == content() and starts(standin)[1] > 0


def test_without_parts_nothing_stays_of_a_file_that_was_cut(standin, path, retrieve):
    standin.fault("gz", cut(0.7, ranges=False), times=2)
    with pytest.raises(ServiceError):
        retrieve(times=2)
    assert starts(standin) == [0, 0] and left(path) == []


def test_a_page_in_place_of_the_rest_costs_nothing_of_what_is_here(standin, path, retrieve):
    standin.fault("gz", cut(0.7))
    standin.fault("gz", "html_page")
    retrieve()
    first, second, third = starts(standin)
    assert first == 0 < second == third and path.read_bytes() == content()


def test_another_part_than_was_asked_for_is_thrown_away(standin, path, retrieve):
    standin.fault("gz", cut(0.7))
    wrong = {"Content-Range": f"bytes 7-{SIZE - 1}/{SIZE}"}
    standin.fault("gz", lambda reply: replace(reply, status=206, ranges=False, headers=wrong))
    retrieve()
    assert path.read_bytes() == content() and starts(standin)[2] == 0


def test_the_md5_that_a_service_tells_is_looked_at(standin, path, retrieve):
    right, wrong = (base64.b64encode(hashlib.md5(content(seed)).digest()).decode() for seed in (0, 1))
    standin.fault("gz", cut(0.5, headers={"x-goog-hash": f"crc32c=n03x6A==,md5={right}"}))
    retrieve()
    path.unlink()
    standin.fault("gz", lambda reply: replace(reply, headers={"x-goog-hash": f"md5={wrong}"}), times=9)
    with pytest.raises(ServiceError, match="sent a file with another MD5 than it says"):
        retrieve()
    assert left(path) == [f"{NAME}.json"]


def test_what_was_packed_on_the_way_is_never_gone_on_with(standin, path, retrieve):
    standin.fault("gz", lambda reply: faults.cut(faults.packed(reply), 0.5))
    retrieve()
    assert path.read_bytes() == content() and starts(standin) == [0, 0]


def test_a_redirection_to_a_page_is_no_file(standin, path, retrieve):
    for kind in ("redirect", "html_page"):
        standin.fault("gz", kind)
    retrieve()
    assert path.read_bytes() == content() and len(standin.log) == 3


def test_a_file_that_is_not_what_was_asked_for_leaves_nothing(standin, path, retrieve):
    def refuse(whole):
        raise ServiceError("is something else: mend the request.")

    with pytest.raises(ServiceError, match=rf"/gz/{NAME} is something else"):
        retrieve(look=refuse)
    assert left(path) == [] and len(standin.log) == 1


@pytest.mark.parametrize("programs", [2, 8])
def test_programs_that_start_together_ask_once_and_have_one_file(standin, path, retrieve, programs):
    standin.fault("gz", cut(0.5))
    threads = [threading.Thread(target=retrieve) for _ in range(programs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == content() and len(standin.log) == 2
    assert left(path) == [NAME, f"{NAME}.json"]


def test_without_locks_each_program_has_a_file_of_its_own(standin, path, retrieve, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(turn.fcntl, "flock", none)
    standin.fault("gz", cut(0.5), times=9)
    with pytest.raises(ServiceError):
        retrieve(times=1)
    assert left(path) == []
    standin.faults.clear()
    retrieve()
    assert path.read_bytes() == content() and left(path) == [NAME, f"{NAME}.json"]


def test_a_full_disk_is_told_before_and_a_folder_that_takes_nothing_in_a_sentence(path, retrieve, monkeypatch, standin):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1, 1, 1000))
    with pytest.raises(ZooError, match=r"0\.2 MB are to come into .*, where 0\.0 MB are free: make room"):
        retrieve()
    assert left(path) == []
    monkeypatch.undo()
    monkeypatch.setattr(os, "open", partial(refused, os.open))
    with pytest.raises(ZooError, match=r"table.csv.gz cannot be written \(Permission denied\): make room, or name"):
        retrieve()


def refused(real, place, flags, *mode, **more):
    """`os.open` on a disk where nothing can be made."""
    if flags & os.O_CREAT and str(place).endswith(".partial"):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return real(place, flags, *mode, **more)
