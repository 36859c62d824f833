"""Files from the stand-in sky: whole or absent, whatever goes wrong on the way (surveys.md 7.5, items 3, 4, 8, 12)."""

import bz2
import json
import os
from functools import partial

import numpy as np
import pytest
from zoo_dataset_surveys import body, frame
from zoo_dataset_surveys.standin import faults

from zoo.errors import MissingImage
from zoo.retrieval import download
from zoo.retrieval.retry import ServiceError, Transient

from .patience import Clock, client

CUT = ("reset", "truncated", "truncated_unsized", "timeout", "stall")
MENDED = ("429", "503", "html_line", "html_page", "empty", *CUT)


retrieve = partial(download.retrieve, look=body.is_dark)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def asking(clock):
    return client(clock)


@pytest.fixture
def address(standin):
    """Where the frame of the first field is."""
    run, camcol, field = standin.holdings.galaxies.all[0].field
    name = f"frame-g-{run:06d}-{camcol}-{field:04d}.fits.bz2"
    standin.holdings.fields[run, camcol, field].frame("g")  # drawn once, so that the client need not wait for it
    return f"{standin.url}/sas/dr17/eboss/photoObj/frames/301/{run}/{camcol}/{name}"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "g.fits.bz2"


def test_a_frame_lies_in_place_with_a_note_and_is_not_asked_for_again(standin, asking, address, path):
    note = retrieve(address, path, asking)
    assert frame.read(path).image.shape == (372, 512)
    assert note.sha256 == download.sha256(path) and note.bytes == path.stat().st_size and note.address == address
    assert retrieve(address, path, asking) == note and len(standin.log) == 1
    assert sorted(p.name for p in path.parent.iterdir()) == ["g.fits.bz2", "g.fits.bz2.json"]


@pytest.mark.parametrize("kind", MENDED)
def test_a_failure_that_passes_costs_a_pause_and_nothing_else(standin, address, path, clock, kind, monkeypatch):
    monkeypatch.setattr(faults, "SILENCE", 2.0)
    standin.fault("sas", kind)
    retrieve(address, path, client(clock, timeout=1.0 if kind in ("timeout", "stall") else 20.0))
    assert len(standin.log) == 2 and frame.read(path).image.any()
    assert clock.slept == [7.0] if kind == "429" else 1 <= clock.slept[0] <= 2


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("html_line", "sent a page that says 'Down for maintenance'"),
        ("html_page", "sent a page that says 'Down for maintenance"),
        ("truncated_unsized", "sent a file that is truncated"),
        ("empty", "sent nothing"),
        ("503", "answered with status 503"),
    ],
)
def test_a_failure_that_stays_ends_in_a_sentence_and_leaves_nothing(standin, asking, address, path, kind, said):
    standin.fault("sas", kind, times=9)
    with pytest.raises(ServiceError, match=f"frame-g.* failed 4 times, at last because it {said}"):
        retrieve(address, path, asking)
    assert len(standin.log) == 4 and not any(path.parent.iterdir())


def test_what_is_not_there_is_a_missing_image_at_once(standin, asking, address, path, clock):
    with pytest.raises(MissingImage, match="is not there"):
        retrieve(address.replace("frame-g", "frame-q"), path, asking)
    assert len(standin.log) == 1 and not clock.slept and not any(path.parent.iterdir())


def test_what_was_packed_on_the_way_is_unpacked(standin, asking, address, path, tmp_path):
    standin.fault("sas", "gzip")
    packed = retrieve(address, path, asking)
    assert packed.sha256 == retrieve(address, tmp_path / "b.fits.bz2", asking).sha256


def test_a_redirection_to_another_host_is_followed(standin, asking, address, path):
    standin.fault("sas", "redirect")
    assert retrieve(address, path, asking).address == address
    assert [request.headers["Host"].partition(":")[0] for request in standin.log] == ["127.0.0.1", "localhost"]


def test_a_file_that_was_changed_cut_or_lost_its_note_is_retrieved_again(standin, asking, address, path):
    note = retrieve(address, path, asking)
    good, state = path.read_bytes(), path.stat()
    path.write_bytes(good[:-1])
    assert download.kept(path) is None
    path.write_bytes(good[:-1] + b"x")
    os.utime(path, ns=(0, 0))
    assert download.kept(path) is None
    path.write_bytes(good)
    assert download.kept(path) == note, "the same bytes with another time are the same file"
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    download.note_of(path).write_text(json.dumps({"bytes": 1}))
    assert download.kept(path) is None
    retrieve(address, path, asking)
    assert len(standin.log) == 2 and download.kept(path) is not None


@pytest.mark.parametrize("kind", ["zeros", "nan"])
def test_a_dark_frame_is_kept_and_called_dark(standin, asking, address, path, kind):
    standin.fault("sas", kind)
    assert retrieve(address, path, asking).dark and not download.kept(path)._replace(dark=False).dark


def test_requests_keep_the_pace(standin, address, clock):
    asking = client(clock, per_second=0.5)
    for _ in range(3):
        asking.get(address, body.fits)
    assert clock.slept == [2.0, 2.0]


def test_a_sentence_in_place_of_a_file_is_refused_with_the_address(standin, asking, clock):
    place = f"{standin.url}/viewer/fits-cutout?ra=0&dec=0&layer=des-dr1"
    with pytest.raises(
        ServiceError, match=r"layer=des-dr1 is text that says 'no such layer', not FITS: mend the request"
    ):
        asking.get(place, body.fits)
    assert not clock.slept


def test_whatever_happens_to_a_header_there_is_a_file_or_a_refusal(standin):
    field = next(iter(standin.holdings.fields.values()))
    good = bz2.decompress(field.frame("g"))
    draws, refused = np.random.default_rng(0), 0
    for _ in range(60):
        bad = bytearray(good)
        for place in draws.integers(0, 2880, 6):
            bad[place] = draws.integers(32, 127)
        try:
            body.fits(bytes(bad))
        except (Transient, ServiceError):
            refused += 1
    assert refused > 5 and not body.fits(good).dark
