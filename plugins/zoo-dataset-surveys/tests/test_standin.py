"""The stand-in sky answers as the services do, asked by plain HTTP."""

import bz2
import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import requests
from astropy.io import fits
from PIL import Image
from zoo_dataset_surveys import frame, sky
from zoo_dataset_surveys.standin import Sky, faults
from zoo_dataset_surveys.standin.field import Field
from zoo_dataset_surveys.standin.galaxy import made, middle, table
from zoo_dataset_surveys.standin.skyserver import COLUMNS

from zoo.errors import ZooError

SEARCH = "dr17/en/tools/search/x_results.aspx"


def get(standin, target, **options):
    return requests.get(f"{standin.url}/{target}", timeout=5, **options)


def sql(*ids, columns="objid,ra,dec"):
    return f" SELECT TOP {len(ids)} {columns} FROM PhotoObj WHERE objid IN ({','.join(ids)})"


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


def test_rows_come_in_the_order_of_their_ids_below_a_line_that_dr7_does_not_have(standin, galaxies):
    ids = sorted((galaxy.objid for galaxy in galaxies), reverse=True)
    new = get(standin, SEARCH, params={"cmd": sql(*ids), "format": "csv"}).text.splitlines()
    old = get(standin, "dr7/en/tools/search/X_SQL.asp", params={"cmd": sql(*ids), "format": "csv"}).text.splitlines()
    assert new == ["#Table1", *old] and old[0] == "objid,ra,dec"
    assert [line.partition(",")[0] for line in old[1:]] == ids[::-1]


def test_a_hundred_ids_by_post_and_those_that_are_not_known_are_absent(standin):
    known = [galaxy.objid for galaxy in standin.holdings.galaxies.all]
    ids = known + [str(int(known[-1]) + k) for k in range(1, 101 - len(known))]
    address = f"{standin.url}/dr17/SkyServerWS/SearchTools/SqlSearch"
    said = requests.post(address, {"cmd": sql(*ids, columns="*"), "format": "json"}, timeout=5).json()
    assert {str(row["objid"]) for row in said[0]["Rows"]} == set(known) and set(said[0]["Rows"][0]) == set(COLUMNS)
    assert requests.post(address, {"cmd": "DROP TABLE x"}, timeout=5).json()["ErrorCode"] == 400


def test_a_frame_shows_its_galaxies_where_its_wcs_says(standin, galaxies):
    run, camcol, field = galaxies[0].field
    place = f"{run}/{camcol}/frame-r-{run:06d}-{camcol}-{field:04d}.fits.bz2"
    body = get(standin, f"sas/dr17/eboss/photoObj/frames/301/{place}").content
    with fits.open(io.BytesIO(bz2.decompress(body))) as units:
        assert [type(unit).__name__ for unit in units][2:] == ["BinTableHDU"] * 2 and units[0].shape == (372, 512)
    seen = frame.read(body)
    assert seen.zero_point == 22.5 and seen.pixel_scale == pytest.approx(0.396127, rel=1e-5)
    here = [galaxy for galaxy in galaxies if galaxy.field == (run, camcol, field)]
    columns, rows = sky.to_pixels(seen.wcs, np.array([g.ra for g in here]), np.array([g.dec for g in here]))
    peaks = [
        seen.image[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2].max()
        for x, y in zip(columns, rows, strict=True)
    ]
    assert len(here) == 4 and min(peaks) > 20 * np.median(np.abs(seen.image))
    for wrong in (f"dr17/eboss/photoObj/frames/40/{place}", f"dr12/eboss/photoObj/frames/301/{place}"):
        assert get(standin, f"sas/{wrong}").status_code == 404


def test_the_first_field_lies_across_right_ascension_0_and_kinds_are_told_by_their_light(galaxies):
    ras = [galaxy.ra for galaxy in galaxies[:4]]
    assert min(ras) < 0.02 and max(ras) > 359.98 and abs((middle(galaxies[:4])[0] + 1) % 360 - 1) < 0.005
    assert set(table(galaxies)["label"]) == {"spiral", "elliptical"} and made() == made()


def test_a_real_file_goes_before_a_simulated_one(tmp_path):
    first = made(1)[0]
    name = Field(*first.field, (first,)).name("g")
    (tmp_path / name).write_bytes(b"real")
    run, camcol, _ = first.field
    with Sky(real=tmp_path) as standin:
        assert get(standin, f"sas/dr12/boss/photoObj/frames/301/{run}/{camcol}/{name}").content == b"real"


def test_a_tile_has_image_mask_and_weight_and_its_cutout_no_length(standin):
    tile = next(iter(standin.holdings.tiles.values()))
    folder = f"despublic/dr2_tiles/{tile.name}/"
    name = tile.file_name("r", "r4920p01")
    assert f'href="{name}"' in get(standin, folder).text
    whole = frame.read(get(standin, folder + name).content)
    assert (
        whole.zero_point == 30 and whole.image.shape == (600, 600) and not whole.mask.any() and whole.weight.min() > 0
    )
    galaxy = tile.galaxies[0]
    part = get(
        standin, f"svc/cutout?col=x&siaRef={tile.file_name('r')}&extn=1&POS={galaxy.ra},{galaxy.dec}&SIZE=.01,.01"
    )
    cut = frame.read(part.content)
    assert "Content-Length" not in part.headers and cut.image.shape == (137, 137)
    x, y = sky.to_pixels(cut.wcs, np.array([galaxy.ra]), np.array([galaxy.dec]))
    assert abs(x[0] - 68) < 1 and abs(y[0] - 68) < 1 and cut.image[66:71, 66:71].max() == cut.image.max()
    assert get(standin, "svc/cutout?siaRef=DES0000%2B0000_r4920p02_r.fits.fz").status_code == 500


def test_the_viewer_gives_planes_cubes_and_a_sentence_with_status_200(standin, galaxies):
    place = f"ra={galaxies[0].ra}&dec={galaxies[0].dec}&size=40"
    shapes = [
        fits.getdata(io.BytesIO(get(standin, f"viewer/{path}?{place}&{more}").content)).shape
        for path, more in (("fits-cutout", "bands=r"), ("cutout.fits", "bands=grz"), ("fits-cutout", "bands=gx"))
    ]
    assert shapes == [(40, 40), (3, 40, 40), (3, 40, 40)]
    unknown = get(standin, f"viewer/fits-cutout?{place}&layer=x")
    assert (unknown.status_code, unknown.text) == (200, "no such layer")
    assert get(standin, "viewer/fits-cutout?ra=1").status_code == 400
    assert get(standin, "viewer/fits-cutout?ra=180&dec=80").status_code == 500
    assert Image.open(io.BytesIO(get(standin, f"viewer/jpeg-cutout?{place}").content)).size == (40, 40)


def test_a_picture_outside_the_footprint_is_a_picture_with_status_404(standin, galaxies):
    address = "dr17/SkyServerWS/ImgCutout/getjpeg?width=10&scale=0.8&"
    inside = get(standin, f"{address}ra={galaxies[0].ra}&dec={galaxies[0].dec}")
    outside = get(standin, f"{address}ra=10&dec=-45")
    assert (inside.status_code, outside.status_code) == (200, 404)
    assert Image.open(io.BytesIO(inside.content)).size == (64, 128) and outside.content.startswith(b"\xff\xd8")


def test_a_fault_happens_as_often_as_it_was_asked_for_and_only_there(standin, galaxies):
    standin.fault(SEARCH, "503", times=2)
    target = f"{SEARCH}?cmd={sql(galaxies[0].objid)}"
    assert get(standin, "auth/login").text == "anonymous.0.0.anon_access"
    assert [get(standin, target).status_code for _ in range(3)] == [503, 503, 200]
    assert [request.path for request in standin.asked(SEARCH.upper())] == ["/" + SEARCH] * 3 and len(standin.log) == 4
    with pytest.raises(ZooError, match="no fault flood: choose one of 429"):
        standin.fault("", "flood")


def test_every_fault_can_be_told_from_the_good_answer(standin, galaxies, monkeypatch):
    monkeypatch.setattr(faults, "SILENCE", 2.0)
    run, camcol, field = galaxies[0].field
    target = f"sas/dr17/eboss/photoObj/frames/301/{run}/{camcol}/frame-g-{run:06d}-{camcol}-{field:04d}.fits.bz2"
    good = get(standin, target).content
    seen = {}
    for kind in ("429", "503", "html_line", "html_page", "throttle", "empty", "reset", "truncated", "truncated_unsized",
                 "timeout", "zeros"):  # fmt: skip
        standin.fault("sas", kind)
        try:
            reply = requests.get(f"{standin.url}/{target}", timeout=(5, 1.0))
            seen[kind] = (reply.status_code, len(reply.content), dict(reply.headers).get("Retry-After"))
            assert reply.content != good
        except requests.RequestException as error:
            seen[kind] = type(error).__name__
    assert seen["429"] == (429, 17, "7") and seen["503"][0] == 503 and seen["empty"] == (200, 0, None)
    assert seen["reset"] == "ConnectionError" and seen["truncated"] == "ChunkedEncodingError"
    assert seen["timeout"] == "ReadTimeout" and seen["truncated_unsized"][1] == len(good) * 2 // 3
    standin.fault("sas", "redirect")
    assert get(standin, target).content == good


def test_its_galaxies_can_be_had_as_a_table_while_it_runs(tmp_path):
    path = tmp_path / "galaxies.csv"
    command = [sys.executable, "-m", "zoo_dataset_surveys.standin", "2", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            url = running.stdout.readline().strip()
            assert requests.get(f"{url}/auth/login", timeout=20).ok
        finally:
            running.terminate()
    assert pd.read_csv(path, dtype=str)["object_id"].tolist() == [galaxy.objid for galaxy in made(2)]
