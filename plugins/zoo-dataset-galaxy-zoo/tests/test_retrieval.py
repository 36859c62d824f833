"""Galaxy Zoo 2 from its services: `zoo data prepare dataset=galaxy_zoo2 dataset.download=true` (surveys.md 1.3)."""

import hashlib
import logging
import shutil
from dataclasses import replace

import pytest
from zoo_dataset_galaxy_zoo import release

from zoo import compose
from zoo.errors import DataError, ZooError
from zoo.retrieval import published
from zoo.retrieval.client import Client
from zoo.retrieval.retry import Retry, ServiceError
from zoo.retrieval.throttle import Throttle

from . import released

NAMES = (released.TABLE, released.NAMING, released.IMAGES)
ZENODO = "records/3565489/files"


@pytest.fixture
def services(tmp_path):
    """A stand-in for Zenodo and for the store of the table, with the release in small."""
    standin = pytest.importorskip("zoo_dataset_surveys.standin")
    (tmp_path / "published").mkdir()
    released.write(tmp_path / "published")
    with standin.Sky([], real=tmp_path / "published") as running:
        yield running


@pytest.fixture
def source(services):
    """What the configuration says, but for the addresses and hashes."""
    places = {"table": f"gz/{released.TABLE}", "naming": f"{ZENODO}/{released.NAMING}",
              "images": f"{ZENODO}/{released.IMAGES}"}  # fmt: skip
    return released.SOURCE | {"origin": {key: {"address": f"{services.url}/{place}"} for key, place in places.items()}}


@pytest.fixture
def prepare(source, tmp_path, capsys):
    """`zoo data prepare`, which answers with its exit code and what it said."""

    def run(*words):
        origin = [f"dataset.votes.origin.{k}.address={one['address']}" for k, one in source["origin"].items()]
        hashes = [f"dataset.votes.origin.{key}.md5=null" for key in ("naming", "images")]
        typed = ["dataset=galaxy_zoo2", f"dataset.root={tmp_path / 'gz2'}", *origin, *hashes, *words]
        return compose.run_hydra("data prepare", typed), *capsys.readouterr()

    return run


@pytest.fixture
def retrieve(source, tmp_path):
    """Retrieves the release by a client that never waits."""
    patient = Client(Throttle(float("inf")), Retry(2, sleep=lambda seconds: None), missing=frozenset())
    return lambda changed=source: release.retrieve(tmp_path / "gz2", changed, patient)


def test_the_release_is_retrieved_once_and_its_size_is_said_before(prepare, services, tmp_path):
    code, out, err = prepare("dataset.download=true")
    assert code == 0 and out.splitlines()[-1].split() == ["all", "10", "10"]
    sizes = sum((tmp_path / "published" / name).stat().st_size for name in NAMES) / 1e6
    said = err.splitlines()
    first = next(k for k, line in enumerate(said) if f"to be retrieved: 3 files, {sizes:,.1f} MB" in line)
    assert first < next(k for k, line in enumerate(said) if f"retrieving {released.TABLE}: " in line)
    assert f"have no image file: {released.IMAGELESS}" in err
    assert [request.method for request in services.log] == ["HEAD"] * 3 + ["GET"] * 3
    for name in NAMES:
        assert (tmp_path / "gz2" / name).read_bytes() == (tmp_path / "published" / name).read_bytes()


def test_what_lies_there_is_not_asked_for_packed_or_not(retrieve, services, tmp_path):
    (tmp_path / "gz2").mkdir()
    released.write(tmp_path / "gz2")
    retrieve()
    (tmp_path / "gz2" / released.IMAGES).unlink()
    (tmp_path / "gz2/images_gz2").mkdir()
    retrieve()
    assert not services.log


def test_an_archive_that_was_broken_off_is_gone_on_with(retrieve, services, tmp_path):
    services.fault(f"{ZENODO}/{released.IMAGES}", lambda reply: reply)  # the HEAD request
    services.fault(f"{ZENODO}/{released.IMAGES}", "truncated")
    retrieve()
    size = (tmp_path / "published" / released.IMAGES).stat().st_size
    assert 0 < int(services.log[-1].headers["Range"].removeprefix("bytes=").removesuffix("-")) < size
    assert (tmp_path / "gz2" / released.IMAGES).stat().st_size == size


def test_what_has_arrived_is_not_counted_again(retrieve, services, tmp_path, caplog):
    services.fault(f"{ZENODO}/{released.IMAGES}", lambda reply: reply)
    services.fault(f"{ZENODO}/{released.IMAGES}", "truncated", times=2)
    services.fault(f"{ZENODO}/{released.IMAGES}", "truncated")
    with pytest.raises(ServiceError, match="images_gz2.zip failed 2 times"):
        retrieve()
    here = published.arrived(tmp_path / "gz2" / released.IMAGES)
    size = (tmp_path / "published" / released.IMAGES).stat().st_size
    services.faults.clear()
    with caplog.at_level(logging.INFO, "zoo"):
        retrieve()
    assert f"to be retrieved: 1 files, {(size - here) / 1e6:,.1f} MB" in caplog.text and 0 < here < size


@pytest.mark.parametrize("kind", ["503", "reset"])
def test_a_size_that_cannot_be_had_at_once_is_asked_for_again(retrieve, services, kind):
    services.fault("gz", kind)
    retrieve()
    assert [request.method for request in services.log][:2] == ["HEAD"] * 2 and len(services.log) == 7


def test_a_service_that_says_no_size_is_asked_for_the_file_nevertheless(retrieve, services, tmp_path, caplog):
    services.fault("gz", lambda reply: replace(reply, status=405))
    with caplog.at_level(logging.INFO, "zoo"):
        retrieve()
    assert f"and {released.TABLE} of unknown length" in caplog.text and (tmp_path / "gz2" / released.TABLE).exists()


def test_another_file_than_was_published_is_refused_and_leaves_nothing(retrieve, source, tmp_path):
    source["origin"]["naming"]["md5"] = "f" * 32
    found = hashlib.md5(released.naming(), usedforsecurity=False).hexdigest()
    with pytest.raises(
        ServiceError, match=f"its MD5 is {found} and not {'f' * 32}; .* any with dataset.votes.origin.naming.md5=null"
    ):
        retrieve(source)
    assert not (tmp_path / "gz2" / released.NAMING).exists()


def test_a_damaged_archive_is_asked_for_again(retrieve, services, tmp_path):
    services.fault(f"{ZENODO}/{released.IMAGES}", lambda reply: reply)
    services.fault(f"{ZENODO}/{released.IMAGES}", lambda reply: replace(reply, body=reply.body[:-30] + bytes(30)))
    retrieve()
    assert (tmp_path / "gz2" / released.IMAGES).read_bytes() == (tmp_path / "published" / released.IMAGES).read_bytes()


def test_a_file_that_its_service_no_longer_has_is_refused_before_any_is_retrieved(retrieve, tmp_path):
    (tmp_path / "published" / released.IMAGES).unlink()
    with pytest.raises(ServiceError, match=f"{released.IMAGES} was refused with status 404"):
        retrieve()
    assert not (tmp_path / "gz2").exists()


def test_a_full_disk_is_told_before_anything_is_retrieved(retrieve, services, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**6, 10**6, 10))
    with pytest.raises(ZooError, match="MB are to come into .*gz2, where 0.0 MB are free"):
        retrieve()
    assert [request.method for request in services.log] == ["HEAD"] * 3


def test_nothing_is_retrieved_unasked_and_the_refusal_says_how(services, tmp_path):
    with pytest.raises(DataError, match="has no images, images_gz2 as a folder or zip file: .* dataset.download=true"):
        released.opened(tmp_path / "gz2")
    assert not services.log
