"""Laws of a sheet: every picture once, in its own proportions, below its caption; a group begins a new row."""

import numpy as np
import pytest

from zoo import sheet
from zoo.errors import ZooError


def pictures(*shapes: tuple[int, int]) -> list[np.ndarray]:
    """Grey pictures of these heights and widths."""
    return [np.full((*shape, 3), 0.5) for shape in shapes]


def test_every_picture_stands_once_in_its_proportions_below_its_caption():
    shapes = [(10, 10), (10, 20), (30, 10)]
    (axes,) = sheet.drawn([sheet.Group(pictures(*shapes), ["a", "b", "c\nd"])], 2).axes
    drawn = [image.get_extent() for image in axes.images]
    for (height, width), (left, right, bottom, top) in zip(shapes, drawn, strict=True):
        assert (bottom - top) / (right - left) == pytest.approx(height / width)
    places = {text.get_text(): text.get_position() for text in axes.texts}
    for name, (left, right, _, top) in zip(("a", "b", "c\nd"), drawn, strict=True):
        assert places[name][0] == pytest.approx((left + right) / 2) and places[name][1] <= top
    assert drawn[0][3] == drawn[0][3] < drawn[2][3], "the third is in the second row"


def test_a_group_begins_a_new_row_below_its_heading():
    groups = [sheet.Group(pictures((8, 8)), ["one"], "first"), sheet.Group(pictures((8, 8)), ["two"], "second")]
    picture = sheet.drawn(groups, 4, "title")
    (axes,) = picture.axes
    (left, *_, above), (other, *_, below) = (image.get_extent() for image in axes.images)
    heading = next(text.get_position()[1] for text in axes.texts if text.get_text() == "second")
    assert left == other and above < heading < below < picture.get_figheight()


def test_pictures_overlap_nowhere_and_stay_on_the_page():
    picture = sheet.drawn([sheet.Group(pictures(*[(9, 9)] * 13), ["id\nline"] * 13, "heading")], 7, "title")
    boxes = [image.get_extent() for image in picture.axes[0].images]
    for k, (left, right, bottom, top) in enumerate(boxes):
        assert 0 <= left < right <= picture.get_figwidth() and 0 <= top < bottom <= picture.get_figheight()
        others = boxes[k + 1 :]
        assert not any(left < o[1] and o[0] < right and top < o[2] and o[3] < bottom for o in others)


def test_large_pictures_shrink_in_proportion_and_small_ones_stay():
    large = np.zeros((100, 200, 3), np.uint8)
    assert sheet.shrunk(large, 50).shape == (25, 50, 3) and sheet.shrunk(large, 300) is large
    bytes_ = sheet.shrunk(np.array([[[0.0, 0.5, 1.7]]]), 10)
    assert bytes_.dtype == np.uint8 and bytes_.ravel().tolist() == [0, 128, 255]


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ZooError, match="galaxies=0: give 1 or more"):
        sheet.refuse_nothing(columns=3, galaxies=0)
