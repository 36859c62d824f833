"""Figures tell the numbers that the tables have."""

import numpy as np
import pandas as pd
import pytest
import torch
from zoo_dataset_surveys.cutouts import Cutouts
from zoo_dataset_surveys.figures import cutouts, image_losses, label_confidence, pairs, table_1
from zoo_dataset_surveys.khan2019 import tables
from zoo_dataset_surveys.khan2019.dataset import Khan2019

from zoo.dataset import Dataset, Sample
from zoo.errors import DataError, Incompatible, ZooError
from zoo.schema import Classes

from . import few, fields


class Published(Khan2019):
    """The data set with splits that were rebuilt already."""

    def __init__(self, root, rebuilt):
        super().__init__(root, None, "sdss")
        self.rebuilt = rebuilt


@pytest.fixture
def published(khan, rebuilt):
    return Published(khan, rebuilt)


def test_table_1_has_the_published_numbers_and_says_where_not(published):
    numbers = table_1.draw(published).numbers
    off = numbers[numbers["difference"] != 0]
    assert off[["set", "class", "difference"]].values.tolist() == [
        ["FO_test", "spiral", 2], ["FO_test", "elliptical", -9], ["FO_test", "tie", 1],
    ]  # fmt: skip
    assert numbers["published"].sum() == 36_620 + 963 + 1_066 + 12_596 and numbers["difference"].sum() == -6
    assert numbers["selected"].sum() == 40_620 + 16_758


def test_volunteers_were_sure_of_the_certain_galaxies_and_not_of_the_others(published):
    """G29: the median of the full overlap is 0.74."""
    numbers = label_confidence.draw(published, points=51).numbers
    each = numbers.drop_duplicates(["set", "class"]).set_index(["set", "class"])
    assert each.loc["HP_test", "with_votes"].tolist() == [516, 550] and each.loc["train", "with_votes"].sum() == 0
    lowest = numbers.groupby(["set", "class"])["fraction"].min()
    for split in ("validation", "HP_test"):
        assert lowest[split, "spiral"] >= 0.985 and lowest[split, "elliptical"] >= 0.926
    assert each.loc[("FO_test", "spiral"), "median"] == pytest.approx(0.78, abs=0.01)
    assert lowest["FO_test", "elliptical"] < 0.3


def test_training_galaxies_have_a_violin_where_the_whole_of_galaxy_zoo_lies(tmp_path):
    few.write_tables(tmp_path)
    rows = ["{},{},{}".format(i, *few.fractions(i)) for i in dict.fromkeys([*few.CERTAIN, *few.OVERLAP])]
    few.write_table(tmp_path, tables.VOTES[-1], "OBJID,P_EL_DEBIASED,P_CS_DEBIASED", rows)
    made = Khan2019(tmp_path, None, "sdss", validation_galaxies=3)
    made.prepare()
    numbers = label_confidence.draw(made, points=5).numbers
    assert (numbers["with_votes"] == numbers["galaxies"]).all()


def test_image_losses_lists_every_cell_and_names_runs_that_do_not_touch(published):
    drawing = image_losses.draw(published, whose="authors")
    assert drawing.numbers["lost"].sum() == 1_971 and len(drawing.numbers) == 1_406
    axes = drawing.picture.axes[0]
    named = [label.get_text() for label in axes.get_xticklabels()]
    assert (
        "3325" in named
        and np.diff(axes.get_xticks()).min() >= 3
        and set(named) <= set(drawing.numbers["run"].astype(str))
    )
    assert axes.get_title().startswith("1,971 of 40,620 images lost, 1,839 of them in 64 cells")
    with pytest.raises(ZooError, match="whose=here counts images of a folder"):
        image_losses.draw(published, whose="here")
    with pytest.raises(ZooError, match="whose=mine: choose authors or here"):
        image_losses.draw(published, whose="mine")


def test_a_folder_that_lacks_an_image_shows_where(tmp_path):
    few.write(tmp_path)
    (tmp_path / "sdss" / f"{few.CERTAIN[0]}.png").unlink()
    made = Khan2019(tmp_path, tmp_path / "sdss", "sdss", missing="drop", validation_galaxies=3)
    made.prepare()
    assert image_losses.draw(made, whose="here").numbers.values.tolist() == [[756, 2, 13, 1, 1 / 13]]


def test_a_density_has_the_area_one():
    values = np.random.default_rng(0).uniform(0.2, 0.9, 500)
    at = np.linspace(values.min(), values.max(), 400)
    assert np.trapezoid(label_confidence.density(values, at), at) == pytest.approx(1, abs=0.01)
    assert label_confidence.density(np.full(3, 0.5), at).tolist() == [1.0] * 400


@pytest.mark.parametrize(
    "draw, own", [(table_1.draw, {}), (label_confidence.draw, {"points": 5}), (image_losses.draw, {"whose": "authors"})]
)
def test_they_are_drawn_from_a_few_too_and_from_no_other_data_set(tmp_path, draw, own):
    few.write_tables(tmp_path)
    made = Khan2019(tmp_path, None, "sdss", validation_galaxies=3)
    made.prepare()
    path = draw(made, **own).write(tmp_path / "out", "figure")
    assert path.stat().st_size > 1000 and len(pd.read_csv(path.with_suffix(".csv"))) >= 2
    with pytest.raises(Incompatible, match="take dataset=khan2019_sdss"):
        draw(object(), **own)


def test_the_sheet_of_cutouts_has_a_row_for_each_galaxy_also_for_one_that_is_lost(tmp_path):
    fields.write(tmp_path)
    fields.write_table(tmp_path / "positions.csv", fields.galaxies() | {"lost": (10.0, 40.0)})
    options = {"positions": tmp_path / "positions.csv", "frames": tmp_path / "frames", "size": 6, "pixels": 16}
    bands = Cutouts(**options, limits=[0, 1])
    bands.prepare()
    drawing = cutouts.draw(bands, galaxies=3, colours=["sdss_viewer"])
    assert drawing.numbers["object_id"].tolist() == ["000", "100", "lost"]
    assert drawing.numbers["code"].tolist() == ["", "", "E-CUTOUT-OUTSIDE"]
    titles = [text.get_text() for text in drawing.picture.axes[0].texts]
    assert titles[:4] == ["000\ng", "\nr", "\ni", "\nsdss_viewer"] and titles[9] == "missing band, edge\nr"
    picture = Cutouts(**options, colour="sdss_viewer")
    picture.prepare()
    assert len(cutouts.draw(picture, galaxies=19, colours=None).picture.axes[0].images) == 19
    with pytest.raises(Incompatible, match="lacks z"):
        cutouts.draw(bands, galaxies=1, colours=["gz_decals"])


PAIRS = {"split": "all", "radius": 1.0, "galaxies": 3, "columns": 2, "names": None}


class Placed(Dataset):
    """Galaxies at these places, each with an image as bright as its number."""

    schema = Classes(("elliptical", "spiral"))

    def __init__(self, name, ra, dec, **columns):
        ids = [f"{name}{k}" for k in range(len(ra))]
        self.table = pd.DataFrame({"object_id": ids, "split": "test", "ra": ra, "dec": dec} | columns)
        self.targets = np.arange(len(ra)) % 2

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        image = torch.full((3, 4, 4), float(index) / 10)
        return Sample(image, torch.tensor(self.targets[index]), self.table["object_id"].iat[index], index)

    def prepare(self):
        return None

    def verify(self, quick=False):
        return []


def test_pairs_are_the_same_galaxies_of_two_surveys_across_zero_and_in_any_order():
    ra, dec = np.array([359.9999, 10.0, 20.0, 30.0]), np.array([0.0, 10.0, -20.0, 60.0])
    order = [2, 0, 3]
    here, there = Placed("a", ra, dec, survey="SDSS"), Placed("b", (ra[order] + 2e-4) % 360, dec[order], survey="DES")
    drawn = pairs.draw(here, there, **PAIRS)
    found = drawn.numbers
    assert found[["object_id", "other_id"]].values.tolist() == [["a0", "b1"], ["a2", "b0"], ["a3", "b2"]]
    np.testing.assert_allclose(found["separation"], 0.72 * np.cos(np.deg2rad(dec[[0, 2, 3]])), rtol=1e-3)
    assert found["label"].tolist() == ["elliptical", "elliptical", "spiral"]
    (axes,) = drawn.picture.axes
    assert len(axes.images) == 6 and "left SDSS, right DES" in axes.texts[0].get_text()
    light = [int(image.get_array()[0, 0, 0]) for image in axes.images]
    assert light == [0, 26, 51, 0, 76, 51], "each galaxy stands left of its own neighbour"


def test_pairs_need_positions_and_a_common_sky():
    here, far = (Placed("a", np.array([1.0, 2.0]), np.array([dec, dec])) for dec in (0.0, 50.0))
    with pytest.raises(DataError, match="None of 2 and 2 galaxies lie within 1 arcsec of each other"):
        pairs.draw(here, far, **PAIRS)
    far.table = far.table.drop(columns="ra")
    with pytest.raises(Incompatible, match="None of 2 galaxies has a position to match it by"):
        pairs.draw(here, far, **PAIRS)
