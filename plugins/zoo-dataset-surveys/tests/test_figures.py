"""Figures tell the numbers that the tables have."""

import numpy as np
import pandas as pd
import pytest
from zoo_dataset_surveys.figures import cutouts, image_losses, label_confidence, table_1
from zoo_dataset_surveys.khan2019 import tables
from zoo_dataset_surveys.khan2019.dataset import Khan2019
from zoo_dataset_surveys.listed import Cutouts

from zoo.errors import Incompatible, ZooError

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
    titles = [axes.get_title(loc="center") for axes in drawing.picture.axes]
    assert titles[:4] == ["000\ng", "\nr", "\ni", "\nsdss_viewer"] and titles[9] == "missing band, edge\nr"
    picture = Cutouts(**options, colour="sdss_viewer")
    picture.prepare()
    assert len(cutouts.draw(picture, galaxies=19, colours=None).picture.axes) == 24  # four rows of six
    with pytest.raises(Incompatible, match="lacks z"):
        cutouts.draw(bands, galaxies=1, colours=["gz_decals"])
