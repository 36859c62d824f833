"""The figure of recentring: what is drawn is what was measured and what the network then sees."""

import numpy as np
import pandas as pd
import pytest
import torch
from zoo_augmenter_kornia.figures import recentring

from zoo.dataset import Sample
from zoo.errors import DataError, ZooError

ROWS = np.array(
    [
        [212.5, 212.5, 40.0, 20.0, 90.0, 4.0],  # in the middle, counted from 1; at the common radius
        [222.5, 202.5, 60.0, 30.0, 30.0, 8.0],  # clamped down
        [200.0, 215.0, 20.0, 20.0, 0.0, 4.0],  # clamped up
        [np.nan] * 6,  # not detected
    ]
)


class Four:
    """Four galaxies, each a bright square where it was measured to lie, else in the middle."""

    table = pd.DataFrame({"object_id": list("abcd"), "split": ["train"] * 3 + ["test"]})
    measured = ROWS

    def __getitem__(self, row):
        image = torch.zeros(3, 424, 424, dtype=torch.uint8)
        x, y = np.nan_to_num(self.measured[row, :2], nan=212.5).astype(int) - 1
        image[:, y - 20 : y + 22, x - 20 : x + 22] = 200
        return Sample(image, torch.tensor(0), self.table["object_id"].iat[row], row)


@pytest.fixture(scope="module")
def gen2(make):
    return make(recentre="gen2")


@pytest.fixture(scope="module")
def drawn(gen2):
    return recentring.draw(Four(), 4, "all", gen2)


def test_the_table_tells_each_galaxys_scale_and_whether_it_was_clamped(drawn):
    table = drawn.numbers.set_index("object_id")
    np.testing.assert_array_equal(table[["x", "y", "a", "b", "theta", "petro_radius"]], ROWS)
    np.testing.assert_allclose(table["scale"], [1, 1 / 1.5, 1.5, 1])
    assert table["clamped"].tolist() == ["no", "down", "up", "no"]


def test_galaxies_stand_in_the_order_of_their_scale_each_beside_its_view(drawn, gen2):
    above = drawn.picture.subfigs[0].axes
    assert [axes.get_title() for axes in above[:8:2]] == ["b", "a", "d", "c"]
    assert [axes.get_title() for axes in above[1:8:2]] == ["× 0.67, clamped", "× 1.00", "× 1.00", "× 1.50, clamped"]
    parameters = gen2.at(gen2.canonical(1), torch.from_numpy(ROWS[1:2]))
    wanted = gen2.views(Four()[1].image[None], parameters)[0, 0].permute(1, 2, 0)
    np.testing.assert_array_equal(above[1].images[0].get_array(), wanted)


def test_the_square_holds_what_the_view_sees(drawn, gen2):
    """207 pixels over the scale, about the measured position and the bias; a view in the middle is never moved."""
    above = drawn.picture.subfigs[0].axes
    for pair, (row, centre, scale) in enumerate([(1, (222.5, 202.5), 1 / 1.5), (0, (212.5, 212.5), 1)]):
        corners = above[2 * pair].patches[0].get_xy()[:4]
        np.testing.assert_allclose(corners.mean(0), centre, err_msg=str(row))
        np.testing.assert_allclose(np.ptp(corners, axis=0), 207 / scale)


def test_the_ellipse_lies_on_the_galaxy_with_the_petrosian_radius_as_its_axis(drawn):
    whole = drawn.picture.subfigs[0].axes[0]
    ellipse = whole.patches[1]
    assert ellipse.center == (221.5, 201.5) and (ellipse.width, ellipse.height) == (2 * 480, 2 * 240)
    assert ellipse.angle == 60
    assert len(drawn.picture.subfigs[0].axes[4].patches) == 1, "nothing is drawn of a galaxy that was not detected"


def test_clamps_and_bias_are_marked(drawn, make):
    scales, offsets = drawn.picture.subfigs[1].axes
    assert [line.get_xdata()[0] for line in scales.lines] == pytest.approx([1 / 1.5, 1.5])
    assert [text.get_text() for text in scales.texts] == ["25.0 %\nbeyond"] * 2
    assert offsets.lines[0].get_xdata()[0] == 1
    corrected = recentring.draw(Four(), 1, "all", make(recentre="gen2", recentre_bias=0.0))
    assert corrected.picture.subfigs[1].axes[1].lines[0].get_xdata()[0] == 0


def test_no_galaxy_is_left_out_of_the_histograms(drawn):
    scales, _ = drawn.picture.subfigs[1].axes
    assert sum(bar.get_height() for bar in scales.patches) == 3, "all that were detected, the third far out"


def test_without_recentring_galaxies_or_pictures_it_is_refused(make, gen2):
    with pytest.raises(ZooError, match="and none was given: add augmenter=affine_gen2 or augmenter=affine_gen1"):
        recentring.draw(Four(), 4, "all")
    with pytest.raises(ZooError, match="and the one given does not: add augmenter=affine_gen2"):
        recentring.draw(Four(), 4, "all", make())
    with pytest.raises(ZooError, match="galaxies=0: give 1 or more"):
        recentring.draw(Four(), 0, "all", gen2)
    with pytest.raises(DataError, match="The split validation has 0 galaxies"):
        recentring.draw(Four(), 4, "validation", gen2)
