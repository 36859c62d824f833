"""The footprint of a catalogue: every galaxy that was seen lies in it, and nothing else does."""

import json
import sys

import numpy as np
import pytest
from astropy.io import fits
from zoo_dataset_surveys import coverage
from zoo_dataset_surveys.coordinates import Positions

from zoo import build
from zoo.catalogue import ABOUT
from zoo.errors import DataError, ZooError

from . import catalogues

PLACES = [(0.0, 90.0), (0.0, -90.0), (1e-9, 0.0), (360.0, 0.0), (180.0, 41.8), (45.0, 2.4)]
"""Poles, right ascension 0, and places within cells."""


@pytest.fixture
def mocpy():
    return pytest.importorskip("mocpy", reason="the surveys plugin's extra `moc` is not installed")


def written(made, **keys):
    return build.part("format", "moc", {"order": 6, "encoding": "fits"} | keys, catalogue=made)


def test_each_of_the_largest_cells_is_found_from_its_middle(mocpy):
    """Górski et al. (2005): four cells about each pole and four around the equator, numbered eastwards."""
    polar = np.rad2deg(np.arcsin(2 / 3))
    ra = [45, 135, 225, 315, 0, 90, 180, 270, 45, 135, 225, 315]
    dec = [polar] * 4 + [0] * 4 + [-polar] * 4
    for cell, place in enumerate(zip(ra, dec, strict=True)):
        assert coverage.of(Positions(*np.array([place], float).T), 0).serialize("json") == {"0": [cell]}


@pytest.mark.parametrize("nside", [32, 16384])
def test_the_cells_of_real_galaxies_are_those_that_des_gives_them(texts, mocpy, nside):
    """DES DR1 (Abbott et al. 2018): HPIX_32 and HPIX_16384 are numbers of nested cells."""
    table = texts("khan_fo_test_16758.csv.gz")
    positions = Positions(table["RA_des"].to_numpy(float), table["DEC_des"].to_numpy(float))
    order = nside.bit_length() - 1
    found = set(coverage.of(positions, order).flatten().tolist())
    told = set(table[f"HPIX_{nside}"].astype(int))
    assert len(found ^ told) <= 1e-3 * len(told), "positions of eight digits may miss a cell of 13 arcsec"


@pytest.mark.parametrize("order", [3, 10, 29])
def test_every_galaxy_lies_in_a_cell_and_every_cell_has_the_area_of_its_order(tmp_path, mocpy, order):
    made = catalogues.write(tmp_path / "G", *np.transpose(PLACES))
    moc = coverage.read(written(made, order=order))
    ra, dec = np.transpose(PLACES)
    assert coverage.covers(moc, ra, dec).all() and not coverage.covers(moc, ra[-1:], dec[-1:] + 60 / 2**order * 2).any()
    cells = moc.sky_fraction * 12 * 4**order
    assert cells == pytest.approx(round(cells)) and round(cells) <= len(PLACES)
    assert moc.max_order == order


def test_the_file_is_a_moc_as_the_ivoa_has_it_and_its_bytes_come_again(tmp_path, mocpy):
    """MOC 2.0 (2022): a table of 64-bit cells, equatorial, with its order."""
    made = catalogues.write(tmp_path / "G", *catalogues.around(0.0, 60.0, 50))
    path = written(made)
    with fits.open(path) as file:
        file.verify("exception")
        header, cells = file[1].header, file[1].data
    assert path.name == "footprint.moc.fits" and header["MOCVERS"] == "2.0" and header["MOCDIM"] == "SPACE"
    assert header["MOCORD_S"] == 6 and header["COORDSYS"] == "C" and header["ORDERING"] in ("NUNIQ", "RANGE")
    assert cells.dtype[0].itemsize == 8 and "DATE" not in header
    before = path.stat().st_mtime_ns, path.read_bytes()
    assert (written(made).stat().st_mtime_ns, path.read_bytes()) == before
    told = json.loads(written(made, encoding="json").read_text())
    assert coverage.read(made.folder / "footprint.moc.json") == coverage.read(path) and "6" in told


def test_galaxies_without_image_or_position_do_not_count_and_the_latter_are_told_of(tmp_path, mocpy, caplog):
    ra, dec = [10.0, 50.0, np.nan, 90.0], [0.0, 0.0, 0.0, 45.0]
    made = catalogues.write(tmp_path / "G", ra, dec, ["ok", "failed", "ok", "non_finite"])
    moc = coverage.read(written(made))
    assert coverage.covers(moc, np.array(ra), np.nan_to_num(dec)).tolist()[:2] == [True, False]
    assert round(moc.sky_fraction * 12 * 4**6) == 2 and "1 of 3 galaxies of" in caplog.text


@pytest.mark.parametrize(
    "keys, words",
    [
        ({"order": 30}, "format.order=30: the cells of a MOC have an order from 0 to 29"),
        ({"order": -1}, "format.order=-1"),
        ({"encoding": "ascii"}, "format.encoding=ascii: choose fits or json"),
    ],
)
def test_cells_that_there_are_not_are_refused_and_nothing_is_written(tmp_path, keys, words):
    made = catalogues.write(tmp_path / "G", [1.0], [2.0])
    before = sorted(made.folder.iterdir())
    with pytest.raises(ZooError, match=words):
        written(made, **keys)
    assert sorted(made.folder.iterdir()) == before


def test_a_catalogue_without_positions_and_a_machine_without_mocpy_say_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="has no columns ra and dec, .*: take a data set with positions"):
        written(catalogues.write(tmp_path / "G", [1.0], [2.0], known=ABOUT[2:]))
    with pytest.raises(DataError, match="None of the 1 galaxies of .* has a position"):
        written(catalogues.write(tmp_path / "H", [np.nan], [2.0]))
    monkeypatch.setitem(sys.modules, "mocpy", None)
    with pytest.raises(ZooError, match=r"MOCs need mocpy, .*: pip install 'zoo-dataset-surveys\[moc\]'"):
        written(catalogues.write(tmp_path / "I", [1.0], [2.0]))


@pytest.mark.parametrize(
    "name, data", [("x.fits", b"<html>"), ("x.json", b"<html>"), ("x.fits", b""), ("y.fits", None)]
)
def test_what_is_no_moc_is_refused_with_its_name(tmp_path, mocpy, name, data):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=f"{name} cannot be read as a MOC .*: name a FITS or JSON file of one"):
        coverage.read(tmp_path / name)
