"""The services of SDSS through astroquery as it is, on the stand-in sky (surveys.md 7.5, items 1 to 7, 9, 17)."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from zoo_dataset_surveys import colour, frame
from zoo_dataset_surveys.cutter import Cutter, Target
from zoo_dataset_surveys.services import sdss
from zoo_dataset_surveys.size import SIZES
from zoo_dataset_surveys.standin import faults

from zoo.errors import DataError, MissingImage, ZooError
from zoo.retrieval.retry import ServiceError

from .patience import Clock, client

SEARCH = "dr17/en/tools/search"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(standin, clock):
    return sdss.SkyServer(standin.url, 17, client(clock))


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


def test_a_row_for_every_id_in_the_order_asked_whatever_order_they_come_in(server, standin, galaxies):
    asked = [galaxy.objid for galaxy in galaxies][::-1]
    rows = server.photometry(asked)
    assert rows["object_id"].tolist() == asked and list(rows)[1:] == list(sdss.PHOTOMETRY)
    assert rows["ra"].tolist() == [galaxy.ra for galaxy in galaxies][::-1]
    assert rows["petroRad_r"].to_numpy() == pytest.approx([g.radius for g in galaxies[::-1]], abs=1e-6)
    assert len(standin.log) == 1 and server.photometry(asked[:1])["r"].notna().all()


def test_a_hundred_ids_take_two_requests_and_unknown_ones_have_a_blank_row(server, standin, galaxies):
    known = [galaxy.objid for galaxy in galaxies]
    asked = known + [str(int(known[-1]) + k) for k in range(1, 101 - len(known))]
    rows = server.photometry(asked)
    assert len(standin.log) == 2 and len(rows) == 100
    assert rows["ra"].notna().tolist() == [one in known for one in asked]
    assert server.photometry(asked[-1:])["ra"].isna().all() and not len(server.photometry([]))


def test_the_first_release_that_knows_these_ids_answers_without_a_first_line(standin, clock, galaxies):
    old = sdss.SkyServer(standin.url, 7, client(clock))
    assert old.photometry([galaxies[3].objid])["dec"].tolist() == [galaxies[3].dec]


def test_ids_are_the_same_after_parquet_fits_and_json(server, galaxies, tmp_path):
    rows = server.photometry([galaxy.objid for galaxy in galaxies])
    rows.to_parquet(tmp_path / "a.parquet")
    Table.from_pandas(rows).write(tmp_path / "a.fits")
    back = [pd.read_parquet(tmp_path / "a.parquet")["object_id"].tolist()]
    back.append([str(one) for one in Table.read(tmp_path / "a.fits")["object_id"]])
    back.append(json.loads(json.dumps(rows["object_id"].tolist())))
    assert back == [[galaxy.objid for galaxy in galaxies]] * 3


def test_the_sixty_first_query_of_a_minute_waits_for_the_next_one(server, standin, clock, galaxies):
    standin.fault(SEARCH, "throttle")
    assert server.photometry([galaxies[0].objid])["ra"].notna().all()
    assert clock.slept == [60.0] and len(standin.log) == 2


@pytest.mark.parametrize(
    "kind", ["429", "503", "html_line", "html_page", "empty", "reset", "truncated", "timeout", "redirect"]
)
def test_what_passes_is_asked_again_and_never_kept_by_the_client(standin, clock, galaxies, kind, monkeypatch):
    monkeypatch.setattr(faults, "SILENCE", 1.5)
    server = sdss.SkyServer(standin.url, 17, client(clock, timeout=0.7 if kind == "timeout" else 20.0))
    standin.fault(SEARCH, kind)
    assert server.photometry([galaxies[0].objid])["ra"].tolist() == [galaxies[0].ra]
    assert len(standin.log) == 2
    assert clock.slept == ([7.0] if kind == "429" else clock.slept[: kind != "redirect"])


def test_what_was_packed_on_the_way_is_unpacked(server, standin, galaxies):
    standin.fault(SEARCH, "gzip")
    assert server.photometry([galaxies[0].objid])["ra"].tolist() == [galaxies[0].ra] and len(standin.log) == 1


@pytest.mark.parametrize("kind", ["html_line", "html_page"])
def test_pages_with_status_200_are_a_service_error_and_no_table(server, standin, galaxies, kind):
    standin.fault(SEARCH, kind, times=9)
    with pytest.raises(ServiceError, match="query_sql.* failed 4 times, at last because it sent (a page|what is no)"):
        server.photometry([galaxies[0].objid])


def test_a_table_without_a_column_is_refused_and_a_row_that_comes_twice_counts_once(server, standin, galaxies):
    standin.fault(SEARCH, "duplicate")
    assert server.photometry([g.objid for g in galaxies[:3]])["ra"].tolist() == [g.ra for g in galaxies[:3]]
    standin.fault(SEARCH, "wrong_column")
    with pytest.raises(ServiceError, match=r"sent a table without dec \(its columns are objid, ra, declination"):
        server.photometry([galaxies[0].objid])
    with pytest.raises(DataError, match="'5e17' is no objid"):
        server.photometry(["5e17"])


def test_positions_find_their_objects_on_both_sides_of_right_ascension_0(server, galaxies):
    targets = [Target(g.objid, (g.ra + 0.3 / 3600) % 360, g.dec) for g in galaxies[:5]]
    nowhere = Target("x", 100.0, 50.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        places = server.places([*targets[:2], nowhere, *targets[2:]])
    assert places == [*(g.field for g in galaxies[:2]), None, *(g.field for g in galaxies[2:5])]


def test_frames_become_cutouts_in_colour_with_the_galaxy_in_the_middle(standin, galaxies, clock):
    source = sdss.Frames(f"{standin.url}/sas", 17, ("g", "r", "i"))
    targets = [Target(g.objid, g.ra, g.dec, {"petroRad_r": g.radius}) for g in galaxies[:4]]
    (piece,) = source.pieces(targets)
    assert piece.group == "run 752 camcol 1" and piece.targets == targets
    asking = client(clock)
    bodies = {band: asking.get(address, bytes) for band, address in piece.addresses(["g", "r", "i"]).items()}
    cutter = Cutter({band: frame.read(data, band) for band, data in bodies.items()}, SIZES["petrosian"], 64, "north_up")
    for made in cutter.cutouts(targets):
        picture = colour.PRESETS["sdss_viewer"](made.pixels, ["g", "r", "i"])
        rows, columns = np.nonzero(made.pixels[1] > made.pixels[1].max() / 2)
        assert picture.shape == (3, 64, 64) and abs(rows.mean() - 31.5) < 3 and abs(columns.mean() - 31.5) < 3


def test_the_folder_of_frames_depends_on_the_release_and_the_rerun_is_always_301():
    redux = {8: "boss", 12: "boss", 13: "eboss", 17: "eboss", 18: "prior-surveys/sdss4-dr17-eboss"}
    assert [sdss.frames_folder(n) for n in redux] == [f"dr{n}/{one}/photoObj/frames" for n, one in redux.items()]
    path = sdss.frame_path(sdss.Place(752, 2, 499), "r")
    assert str(path) == "301/752/2/frame-r-000752-2-0499.fits.bz2"
    with pytest.raises(ZooError, match="DR7 has no calibrated frames: choose release 8 or later"):
        sdss.frames_folder(7)


def test_a_row_says_the_field_before_the_id_and_the_id_before_the_position(galaxies):
    source = sdss.Frames("http://x", 17, ("r",))
    there = {"run": 3, "camcol": 4, "field": 5}
    targets = [
        Target(galaxies[0].objid, 0, 0, there),
        Target(galaxies[0].objid, 0, 0),
        Target("1237648720693755918", 0, 0),
    ]
    assert source.places(targets) == [(3, 4, 5), galaxies[0].field, None]


def test_what_was_looked_up_by_position_is_not_looked_up_again(server, standin, galaxies, tmp_path):
    source = sdss.Frames(f"{standin.url}/sas", 17, ("r",), server, tmp_path / "d" / "places.json")
    targets = [Target("mine", galaxies[0].ra, galaxies[0].dec), Target("nowhere", 100.0, 50.0)]
    first = source.places(targets)
    asked = len(standin.log)
    assert first == [galaxies[0].field, None] and asked
    assert source.places(targets) == first and len(standin.log) == asked


def test_a_picture_of_nothing_is_a_missing_image(server, standin, galaxies):
    assert server.picture(galaxies[0].ra, galaxies[0].dec).startswith(b"\xff\xd8")
    with pytest.raises(MissingImage, match="is not there"):
        server.picture(10.0, -45.0)
    standin.fault("dr17/skyserverws", "truncated_unsized")
    assert server.picture(galaxies[0].ra, galaxies[0].dec, size=64)
    with pytest.raises(ZooError, match="64 to 2048 pixels, asked for were 3000"):
        server.picture(0.0, 0.0, size=3000)
