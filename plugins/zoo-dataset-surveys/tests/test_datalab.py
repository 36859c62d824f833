"""The services of DES and the Legacy Surveys through pyvo as it is (surveys.md 7.5, items 10 to 14)."""

from dataclasses import replace

import numpy as np
import pytest
import requests
from pyvo.dal import SIAService, TAPService
from zoo_dataset_surveys import body, frame, sky
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services import datalab, legacy
from zoo_dataset_surveys.standin.galaxy import KRON_RADIUS

from zoo.errors import MissingImage
from zoo.retrieval import download
from zoo.retrieval.retry import ServiceError

from .patience import Clock, client

COLUMNS = ("coadd_object_id", "tilename", "mag_auto_r", "KRON_RADIUS")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def catalogue(standin, clock):
    return datalab.Catalogue(f"{standin.url}/tap", "des_dr2.main", client(clock))


@pytest.fixture
def images(standin, clock):
    return datalab.CutoutService(f"{standin.url}/sia", "des_dr2", ("g", "r", "i"), 30.0, client(clock))


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


def positions(galaxies, north=0.0):
    """Where they are, moved by arcsec to the north."""
    return Positions(np.array([g.ra for g in galaxies]), np.array([g.dec + north / 3600 for g in galaxies]))


def test_the_nearest_row_within_the_radius_across_right_ascension_0(catalogue, galaxies):
    found = catalogue.near(positions(galaxies[:6], north=0.4), COLUMNS)
    assert found["coadd_object_id"].tolist() == [g.coadd_object_id for g in galaxies[:6]]
    assert found["separation"].to_numpy() == pytest.approx(0.4, abs=1e-4)
    assert found["tilename"].str.startswith("DES").all() and found["mag_auto_r"].notna().all()
    assert set(found["KRON_RADIUS"]) == {KRON_RADIUS}, "whatever the case of letters"
    far = catalogue.near(positions(galaxies[:2], north=1.4), COLUMNS, 1.0)
    assert far["coadd_object_id"].isna().all() and len(far) == 2 and not len(catalogue.near(positions([]), COLUMNS))


def test_the_same_rows_come_as_text_by_tap_and_by_the_query_service(catalogue, standin, galaxies):
    query = f"SELECT ra, dec FROM des_dr2.main WHERE {next(datalab.boxes(galaxies[0].ra, galaxies[0].dec, 3.6))}"
    said = [
        requests.get(f"{standin.url}/{path}", {"query": query, "sql": query, "format": "csv"}, timeout=5).text
        for path in ("tap/sync", "query/query")
    ]
    assert said == [f"ra,dec\n{galaxies[0].ra},{galaxies[0].dec}\n"] * 2 and len(catalogue.query(query)) == 1
    assert TAPService(f"{standin.url}/tap").capabilities


def test_boxes_hold_the_circle_near_the_pole_and_across_right_ascension_0():
    assert list(datalab.boxes(10.0, 60.0, 3.6))[0].startswith("(ra BETWEEN 9.99799")
    west, east = datalab.boxes(0.0, 0.0, 3.6)
    assert west.startswith("(ra BETWEEN 0.00000000 AND 0.00100") and "BETWEEN 359.99900" in east
    (around,) = datalab.boxes(10.0, 89.9999, 3.6)
    assert "ra BETWEEN 0.00000000 AND 360.00000000" in around


def test_a_query_that_is_refused_or_cut_off_is_an_error_and_asked_once(catalogue, standin, monkeypatch):
    with pytest.raises(ServiceError, match="refused the query .*cannot translate"):
        catalogue.query("SELECT COUNT(DISTINCT tilename) FROM des_dr2.main")
    assert len(standin.log) == 1
    monkeypatch.setattr("zoo_dataset_surveys.standin.datalab.LIMIT", 5)
    with pytest.raises(ServiceError, match="cut the answer off after 5 rows: ask for fewer"):
        catalogue.query("SELECT ra, dec FROM des_dr2.main")
    assert len(standin.log) == 2


PASSING = ["429", "503", "html_line", "html_page", "reset", "empty", "truncated", "truncated_unsized", "timeout"]


def patient(clock, kind, monkeypatch):
    """A client, which loses its patience soon where the service is silent."""
    monkeypatch.setattr("zoo_dataset_surveys.standin.faults.SILENCE", 1.5)
    return client(clock, timeout=0.7 if kind == "timeout" else 20.0)


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_asked_again_also_where_pyvo_takes_it_for_a_fault_of_format(
    catalogue, standin, galaxies, clock, kind, monkeypatch
):
    standin.fault("tap", kind)
    catalogue = replace(catalogue, client=patient(clock, kind, monkeypatch))
    assert catalogue.near(positions(galaxies[:1]), COLUMNS)["coadd_object_id"].tolist() == [galaxies[0].coadd_object_id]
    assert len(standin.log) == 2 and (kind != "429" or clock.slept == [7.0])


@pytest.mark.parametrize("kind", [*PASSING, "redirect"])
def test_lists_of_images_are_asked_for_again_too(images, standin, galaxies, clock, kind, monkeypatch):
    standin.fault("sia", kind)
    images = replace(images, client=patient(clock, kind, monkeypatch))
    found = images.addresses(Target("x", galaxies[0].ra, galaxies[0].dec), ["g", "r"])
    assert list(found) == ["g", "r"] and len(standin.log) == 2 and (kind != "429" or clock.slept == [7.0])


def test_a_list_without_a_column_is_refused_and_one_that_was_packed_is_read(images, standin, galaxies):
    target = Target("x", galaxies[0].ra, galaxies[0].dec)
    standin.fault("sia", "gzip")
    assert images.addresses(target, ["g"])
    standin.fault("sia", lambda reply: replace(reply, body=reply.body.replace(b"obs_bandpass", b"bandpass")))
    with pytest.raises(ServiceError, match="sia/des_dr2 lists images without obs_bandpass: ask another release"):
        images.addresses(target, ["g"])
    assert len(standin.log) == 2


def test_a_packed_table_is_read_and_a_redirection_that_loses_the_query_is_refused(catalogue, standin, galaxies):
    """A client that is sent elsewhere with status 302 asks there without its form (RFC 9110, 15.4.3)."""
    standin.fault("tap", "gzip")
    assert len(catalogue.near(positions(galaxies[:3]), COLUMNS)) == 3
    standin.fault("tap", "redirect")
    with pytest.raises(ServiceError, match="refused the query"):
        catalogue.near(positions(galaxies[:1]), COLUMNS)


def test_what_stays_is_an_error_and_columns_are_looked_for(catalogue, standin, galaxies):
    standin.fault("tap", "reset", times=9)
    with pytest.raises(ServiceError, match=r"\(TAP\) failed 4 times, at last because it broke the connection"):
        catalogue.near(positions(galaxies[:1]), COLUMNS)
    standin.faults.clear()
    standin.fault("tap", "duplicate")
    assert len(catalogue.near(positions(galaxies[:3]), COLUMNS)) == 3
    standin.fault("tap", "wrong_column")
    with pytest.raises(ServiceError, match="came without dec"):
        catalogue.near(positions(galaxies[:1]), COLUMNS)


def rows_of(standin, galaxy):
    """What the service lists at a galaxy."""
    table = (
        SIAService(f"{standin.url}/sia/des_dr2").search((galaxy.ra, galaxy.dec), (0.01, 0.01), verbosity=2).to_table()
    )
    return [dict(zip(table.colnames, map(datalab.text, row), strict=True)) for row in table]


def test_of_33_rows_for_each_tile_the_plain_coadd_of_the_nearest_tile_is_chosen(standin, galaxies):
    numbers = set()
    for galaxy in galaxies[:8]:
        rows = rows_of(standin, galaxy)
        numbers.add(len(rows))
        centres = {row["object"]: float(row["s_dec"]) for row in rows}  # all tiles here have one right ascension
        nearest = min((abs(dec - galaxy.dec), name) for name, dec in centres.items())[1]
        for band in "gri":
            address = datalab.chosen(rows, band, galaxy.ra, galaxy.dec)
            assert f"siaRef={nearest}_r4920p02_{band}.fits.fz&extn=1&" in address
    assert numbers == {33, 66} and datalab.chosen(rows, "u", 0, 0) is None


def test_a_cutout_keeps_the_plus_of_its_tile_and_shows_the_galaxy(standin, images, galaxies, tmp_path):
    galaxy = next(g for g in galaxies if "+" in standin.holdings.tile_of[g.coadd_object_id])
    target = Target("x", galaxy.ra, galaxy.dec)
    (piece,) = images.pieces([target])
    address = piece.addresses(["r"])["r"]
    assert "siaRef=DES" in address and "+" in address and set(piece.paths) == {"g", "r", "i"}
    path = tmp_path / piece.paths["r"]
    assert not download.retrieve(address, path, images.client, body.is_dark).dark
    seen = frame.read(path)
    x, y = sky.to_pixels(seen.wcs, np.array([galaxy.ra]), np.array([galaxy.dec]))
    assert seen.zero_point == 30 and all(abs(side - 114) <= 1 for side in seen.image.shape)
    assert np.hypot(x[0] - 56.5, y[0] - 56.5) < 1.5
    row, column = np.unravel_index(seen.image.argmax(), seen.image.shape)
    assert np.hypot(column - x[0], row - y[0]) < 3


def test_a_cutout_without_length_that_ends_early_is_retrieved_again(standin, images, galaxies, tmp_path):
    target = Target("x", galaxies[4].ra, galaxies[4].dec)
    address = images.addresses(target, ["g"])["g"]
    standin.fault("svc", "truncated_unsized")
    download.retrieve(address, tmp_path / "g.fits", images.client, body.is_dark)
    assert len(standin.asked("svc")) == 2 and frame.read(tmp_path / "g.fits").image.any()


def test_where_no_tile_is_there_is_a_missing_image_and_a_service_that_refuses_is_an_error(standin, images):
    with pytest.raises(MissingImage, match="des_dr2 has no image at ra 200.00000, dec 50.00000"):
        images.addresses(Target("x", 200.0, 50.0), ["g"])
    standin.fault("sia", "html_page")
    with pytest.raises(MissingImage):
        images.addresses(Target("x", 200.0, 50.0), ["g"])
    assert len(standin.asked("sia")) == 3


@pytest.fixture
def viewer(standin):
    return legacy.CutoutService(f"{standin.url}/viewer", "ls-dr10", ("g", "r"), 26.2, 0.262)


def test_the_viewer_gives_a_plane_for_each_band_about_the_galaxy(viewer, galaxies, clock):
    target = Target("x", galaxies[1].ra, galaxies[1].dec)
    (piece,) = viewer.pieces([target])
    for address in piece.addresses(["g", "r"]).values():
        seen = frame.read(client(clock).get(address, body.fits).data)
        assert seen.image.shape == (100, 100) and seen.zero_point == 22.5
        assert np.hypot(*(np.array(np.unravel_index(seen.image.argmax(), (100, 100))) - 49.5)) < 2


def test_an_unknown_layer_is_refused_in_its_own_words_and_places_without_data_are_missing(viewer, galaxies, clock):
    target = Target("x", galaxies[1].ra, galaxies[1].dec)
    asking = client(clock, missing=legacy.MISSING)
    with pytest.raises(ServiceError, match="layer=des-dr1.* is text that says 'no such layer'"):
        asking.get(replace(viewer, layer="des-dr1").addresses(target, ["g"])["g"], body.fits)
    with pytest.raises(MissingImage, match="status 500"):
        asking.get(viewer.addresses(Target("x", 180.0, 80.0), ["g"])["g"], body.fits)
    assert not clock.slept


def test_cutouts_are_called_by_what_is_in_them():
    viewer = legacy.CutoutService("http://x", "ls-dr10", ("g",), 60.0, 0.262)
    (piece,) = viewer.pieces([Target("a/b", 7.1234567, -0.5)])
    assert str(piece.paths["g"]) == "007/7.12346-0.50000_60_g.fits"
