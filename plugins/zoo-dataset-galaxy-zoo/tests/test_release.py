"""Galaxy Zoo 2 as it is released: images joined to votes by id and sample, and none lost without a word."""

import gzip

import numpy as np
import pytest

from zoo.dataset import label_mask
from zoo.errors import DataError

from . import challenge, released

LOST = {released.NAMELESS, released.IMAGELESS}


@pytest.fixture
def gz2(tmp_path):
    """The three files in a folder."""
    released.write(tmp_path)
    return tmp_path


def test_every_galaxy_has_its_votes_its_image_and_its_place(gz2):
    made = released.opened(gz2)
    assert set(made.table["object_id"]) == set(released.GALAXIES) - LOST and label_mask(made.targets).all()
    for row, object_id in enumerate(made.table["object_id"]):
        np.testing.assert_array_equal(made.targets[row], released.votes_of(object_id))
        number = released.GALAXIES.index(object_id)
        assert made.table.loc[row, ["ra", "dec"]].tolist() == [10.5 * number, number - 6.25]
        assert made.stack.files.read_bytes(object_id) == challenge.picture(object_id)
    assert (made.table["survey"] + made.table["release"]).unique().tolist() == ["SDSSDR7"]
    assert made.credits["citation"].startswith("Willett et al. 2013")


def test_whatever_is_missing_is_told_by_number_and_id(gz2):
    told = released.opened(gz2).report()
    for line in (
        f"1 galaxies of {released.TABLE} are named in {released.NAMING} but have no image file: {released.IMAGELESS}",
        f"1 galaxies of {released.TABLE} have no name in {released.NAMING}: {released.NAMELESS}",
        f"1 galaxies have the image of another sample than their votes: {released.ELSEWHERE}",
        f"1 names repeat a galaxy and sample, the first one counts: {released.TWICE} original",
        "1 images are of no galaxy of the table, or of one that has another image: 900",
    ):
        assert line in told
    assert "2 labels without an image: " + ", ".join(sorted(LOST)) in told
    with pytest.raises(DataError, match=rf"2 of 12 labelled galaxies have no image: {released.NAMELESS}, "):
        released.opened(gz2, missing="refuse")


def test_a_galaxy_of_two_samples_has_the_image_of_its_own_where_that_is_there(gz2):
    mapping = gz2 / released.NAMING
    lines = mapping.read_text().replace("original,1\n", "original,999\n")
    mapping.write_text(lines.replace(f"stripe82_coadd_1,{released.asset(released.GALAXIES[0], 'x')}", "stripe82,1"))
    made = released.opened(gz2)
    assert made.stack.files.read_bytes(released.GALAXIES[0]) == challenge.picture(released.GALAXIES[0])
    assert any(line.startswith("2 galaxies have the image of another sample") for line in made.report())


def test_a_table_of_other_galaxies_and_an_absent_table_of_names_are_refused(gz2):
    (gz2 / released.NAMING).write_text("objid,sample,asset_id\n587722981736120347,original,12345\n")
    with pytest.raises(DataError, match="None of the 12 galaxies of .*gz2_hart16.csv.gz has an image by .*mapping.csv"):
        released.opened(gz2)
    (gz2 / released.NAMING).unlink()
    with pytest.raises(DataError, match="gz2_filename_mapping.csv does not exist"):
        released.opened(gz2)


def test_only_columns_that_are_used_are_read(gz2):
    """231 columns of 239,695 rows as text would take gigabytes."""
    rows = released.opened(gz2).rows
    header = gzip.decompress((gz2 / released.TABLE).read_bytes()).split(b"\n")[0].decode().split(",")
    assert len(header) == 231 and len(rows.columns) == 37 + 4
