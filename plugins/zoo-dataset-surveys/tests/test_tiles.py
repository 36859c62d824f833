"""Whole tiles of DES: each retrieved once, opened once, its mask and weight looked at (surveys.md 3.3 and 0.7)."""

from collections import Counter
from contextlib import closing
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from zoo_dataset_surveys import failures, frame, survey
from zoo_dataset_surveys.archive import Archive
from zoo_dataset_surveys.cutouts import Cutouts
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.cutting import Cutting
from zoo_dataset_surveys.flags import Flag
from zoo_dataset_surveys.recipe import Recipe
from zoo_dataset_surveys.services import tiles
from zoo_dataset_surveys.standin import Sky, fits_bytes
from zoo_dataset_surveys.standin.galaxy import made, table
from zoo_dataset_surveys.standin.tile import SIDE, planes

from zoo.errors import Incompatible

from .patience import Clock

FOLDER = "despublic/dr2_tiles"


@pytest.fixture
def opened(tmp_path):
    """An archive of tiles of a stand-in sky that runs."""
    clock = Clock()

    def archive(sky, offline=False, **changes):
        addresses = {"catalogue": f"{sky.url}/tap", "images": f"{sky.url}/{FOLDER}"}
        chosen = replace(survey.named("des_tiles"), **addresses, timeout=20.0, **{"bands": ("g", "r"), **changes})
        return Archive(chosen, tmp_path / "tiles", offline, clock.time, clock.sleep)

    return archive


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


@pytest.fixture
def targets(galaxies):
    """Four galaxies in each of two tiles, the second with a plus in its name."""
    north = [g for g in galaxies if g.dec > 1]
    return [Target(g.objid, g.ra, g.dec) for g in (*galaxies[4:8], *north[:4])]


def tile_of(standin, target):
    """The tile that the catalogue names for a galaxy."""
    return next(
        standin.holdings.tile_of[g.coadd_object_id]
        for g in standin.holdings.galaxies.all
        if g.objid == target.object_id
    )


def test_a_tile_is_retrieved_once_a_band_for_all_galaxies_in_it(opened, targets, standin):
    archive = opened(standin)
    groups = list(archive.frames(targets))
    assert [t for _, some in groups for t in some] == targets and [len(some) for _, some in groups] == [4, 4]
    names = {tile_of(standin, some[0]) for _, some in groups}
    assert {path.parent.name for files, _ in groups for path in files.values()} == names
    asked = Counter(request.path.removeprefix(f"/{FOLDER}/") for request in standin.asked(FOLDER))
    files = {f"{name}/{name}_r4920p01_{band}.fits.fz" for name in names for band in "gr"}
    assert asked == Counter(files | {f"{name}/" for name in names})
    assert len(standin.asked("tap")) == 1 and any("+" in name for name in names)
    number = len(standin.log)
    assert list(opened(standin).frames(targets)) == groups == list(opened(standin, offline=True).frames(targets))
    assert len(standin.log) == number, "what the catalogue said is kept too"


def test_the_plan_guesses_tiles_by_the_sky_and_knows_them_afterwards(opened, targets, standin):
    plan = opened(standin).plan(targets)
    assert (plan.galaxies, plan.files, plan.requests) == (8, 4, 1 + 2 + 4) and plan.bytes == 4 * 165_000_000
    list(opened(standin).frames(targets[:4]))
    assert opened(standin).plan(targets[:4])[1:5] == (2, 2, 0, 0)
    assert opened(standin, offline=True).plan(targets).bytes == 0


@pytest.mark.parametrize("kind", ["truncated_unsized", "html_page"])
def test_a_tile_cut_short_and_a_page_in_its_place_are_retrieved_again(opened, targets, standin, kind):
    name = tile_of(standin, targets[0])
    standin.fault(f"{FOLDER}/{name}/{name}_r4920p01_g", kind)
    ((files, _),) = opened(standin).frames(targets[:4])
    assert len(standin.asked(f"{FOLDER}/{name}/{name}_r4920p01_g")) == 2
    assert frame.read(files["g"]).image.shape == (SIDE, SIDE) and files["g"].name == f"{name}_g.fits.fz"


def test_a_folder_that_lists_nothing_is_asked_again_and_then_its_tile_is_lost_aloud(
    opened, targets, standin, tmp_path, caplog
):
    first, second = (tile_of(standin, targets[k]) for k in (0, 4))
    standin.fault(f"{FOLDER}/{first}/", "html_page")
    standin.fault(f"{FOLDER}/{second}/", "html_page", times=99)
    caplog.set_level("WARNING", "zoo")
    with closing(opened(standin, attempts=3)) as archive:
        found = [None in files.values() for files, _ in archive.frames(targets)]
    assert found == [False, True]
    lost = pd.read_csv(tmp_path / "tiles" / "tiles" / "des_dr2" / failures.LOSSES)
    assert lost[["group", "galaxies", "lost"]].values.tolist()[0] == [f"tile {second}", 4, 4]
    told = [line for line in caplog.messages if f"All 4 galaxies of tile {second} were lost" in line]
    assert lost["lost"].sum() == 4 and len(told) == 1 and "a page without files" in told[0]


def test_a_position_without_an_object_belongs_to_no_tile(opened, standin):
    archive = opened(standin)
    ((_, some),) = archive.frames([Target("far", 100.0, 50.0)])
    assert some[0].object_id == "far"
    why = archive.record.failures[0]
    assert why.group == "no tile" and "nobody knows its tile" in why.what


def test_of_several_versions_of_a_file_the_last_is_taken_and_other_files_are_not():
    kinds = ("r2577p01_g", "r4920p01_g", "r4920p01_g_nobkg", "r4920p01_det")
    page = "".join(f'<a href="DES0001-3332_{kind}.fits.fz">x</a>' for kind in kinds)

    class Answers:
        def get(self, url, read):
            return read(page.encode())

    found = tiles.Tiles("http://x", ("g", "r"), Answers()).addresses("DES0001-3332", ["g", "r"])
    assert found == {"g": "http://x/DES0001-3332/DES0001-3332_r4920p01_g.fits.fz"}


def test_all_galaxies_of_a_tile_are_cut_from_memory_and_its_mask_and_weight_flag_them(tmp_path, opened, monkeypatch):
    """The first galaxy lies under the mask of one band, the second where another band has no weight."""
    galaxies = made(1)
    with Sky(galaxies, real=tmp_path) as sky:
        tile = next(iter(sky.holdings.tiles.values()))
        spots = [tuple(slice(round(c) - 30, round(c) + 31) for c in tile.pixel(g.ra, g.dec)[::-1]) for g in galaxies]
        write(tmp_path, tile, "r", 1, spots[0], 8)
        write(tmp_path, tile, "i", 2, spots[1], 0)
        targets = [Target(g.objid, g.ra, g.dec) for g in galaxies]
        groups = list(opened(sky, bands=("g", "r", "i")).frames(targets))
        read, opens = frame.read, []
        monkeypatch.setattr(frame, "read", lambda *a, **k: opens.append(a[1]) or read(*a, **k))
        rows, pixels = Cutting(Recipe(("g", "r", "i"), 16.0, 61), tmp_path).cut(targets, groups)
    assert rows["flag"].tolist() == [Flag.MASKED, Flag.MASKED, 0, 0] and rows["masked"].tolist()[2:] == [0, 0]
    assert len(opens) == 3, "each band of the tile is opened once"
    whole = read(groups[0][0]["g"]).image
    for number, galaxy in enumerate(galaxies):
        x, y = tile.pixel(galaxy.ra, galaxy.dec)
        rows_, columns = (slice(int(np.floor(c + 0.5)) - 30, int(np.floor(c + 0.5)) + 31) for c in (y, x))
        np.testing.assert_array_equal(pixels[number, :, :, 0], whole[rows_, columns])


def write(folder, tile, band, number, spot, value):
    """A file of the tile with one of its planes changed in one place."""
    changed = [plane.copy() for plane in planes(tile, band)]
    changed[number][spot] = value
    units = [
        fits.CompImageHDU(plane, tile.header(band), name=name, compression_type="RICE_1", quantize_level=-0.01)
        for name, plane in zip(("SCI", "MSK", "WGT"), changed, strict=True)
    ]
    (folder / tile.file_name(band, "r4920p01")).write_bytes(fits_bytes.written(fits.PrimaryHDU(), *units))


def test_the_stand_in_survey_of_tiles_gives_a_data_set(tmp_path):
    positions = tmp_path / "galaxies.csv"
    table(made(1)).to_csv(positions, index=False)
    values = {**survey.values_of("standin_des_tiles"), "simulated": 1}
    values.pop("_target_")
    own = {"pixels": 32, "bands": ["r"], "colour": "bands_asinh"}
    found = Cutouts(positions, tmp_path / "frames", values, recipe="khan2019_corrected", label="label", **own)
    found.prepare()
    assert len(found) == 4 and (found.table["survey"] == "simulated DES").all() and found[0].image.shape == (1, 32, 32)
    assert found.cutouts.recipe.size == "kron" and not found.flags.any()
    with Sky(made(1)) as sky:
        assert found.table["tile"].tolist() == [sky.holdings.tile_of[g.coadd_object_id] for g in made(1)]


def test_tiles_without_a_catalogue_are_refused():
    with pytest.raises(Incompatible, match="cannot say which tile shows a galaxy: name a TAP service"):
        replace(survey.named("des_tiles"), catalogue=None)
