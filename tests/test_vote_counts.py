"""Numbers of votes are whole, not negative, and no more than the volunteers who came."""

import numpy as np
import pytest

from zoo.errors import DataError, ZooError
from zoo.label_table import LabelTable
from zoo.labels import votes
from zoo.schema import Question, VoteCounts
from zoo.vote_counts import violations, whole

TREE = VoteCounts((Question("shape", ("smooth", "disk", "star")), Question("bar", ("bar", "no_bar"), parent="disk")))
GOOD = [20.0, 15, 5, 6, 9]
IDS = ["g1", "g2", "g3"]


def three(*change):
    """Three galaxies, of which the second is changed."""
    table = np.array([GOOD, GOOD, GOOD])
    for column, value in change:
        table[1, TREE.columns.index(column)] = value
    return table


def test_good_votes_stay_as_they_are():
    np.testing.assert_array_equal(whole(TREE, three(), IDS), three())
    assert not violations(TREE, three(), IDS, "refuse").any()


@pytest.mark.parametrize(
    "column, value, words",
    [
        ("no_bar", -3, "1 galaxies have .* the first g2: no_bar is -3; numbers of votes are 0 or more"),
        ("smooth", 7.25, "the first g2: smooth is 7.25; votes are whole numbers, .* dataset.schema=fractions"),
        ("bar", 0.5, "the first g2: bar is 0.5; votes are whole numbers"),
        ("bar", np.nan, "the first g2: bar is nan; write 0 where nobody gave an answer, or leave its question blank"),
    ],
)
def test_numbers_that_are_no_votes_are_refused_with_galaxy_answer_and_number(column, value, words):
    with pytest.raises(DataError, match=words) as caught:
        whole(TREE, three((column, value)), IDS)
    assert caught.value.exit_code == 2


def test_more_votes_than_the_parent_has_are_refused_with_galaxy_answer_and_number():
    with pytest.raises(DataError, match="1 of 3 .* the first g2: bar has 16 and its parent disk has 15") as caught:
        violations(TREE, three(("bar", 7)), IDS, "refuse")
    assert caught.value.exit_code == 2


def test_more_votes_than_came_can_be_dropped_or_kept():
    for way in ("drop", "keep"):
        assert violations(TREE, three(("bar", 7)), IDS, way).tolist() == [False, True, False]
    with pytest.raises(ZooError, match="dataset.violations=ignore: choose one of refuse, drop, keep"):
        violations(TREE, three(), IDS, "ignore")


def test_fewer_votes_than_came_are_right():
    """Volunteers leave in the middle of a tree."""
    assert not violations(TREE, three(("bar", 0)), IDS, "refuse").any()


def test_counts_written_with_a_point_are_whole_within_a_thousandth():
    found = whole(TREE, three(("bar", 6.0000001), ("smooth", 19.9995)), IDS)
    np.testing.assert_array_equal(found, three())
    with pytest.raises(DataError, match="smooth is 19.99"):
        whole(TREE, three(("smooth", 19.99)), IDS)


def test_a_blank_question_was_not_asked():
    found = whole(TREE, three(("bar", np.nan), ("no_bar", np.nan)), IDS)
    assert found[1].tolist() == [20, 15, 5, 0, 0]


@pytest.mark.parametrize("nothing", [0, np.nan])
def test_a_galaxy_without_any_vote_has_no_label(nothing):
    found = whole(TREE, three(*[(name, nothing) for name in TREE.columns]), IDS)
    assert np.isnan(found[1]).all() and not np.isnan(found[[0, 2]]).any()


def test_a_tree_of_one_question_has_no_parent_to_break():
    tree = VoteCounts((Question("shape", ("smooth", "disk")),))
    assert violations(tree, np.array([[3.0, 4]]), ["g"], "refuse").tolist() == [False]


def test_columns_are_found_by_name_whatever_their_order(tmp_path):
    names = ("no_bar", "star", "id", "bar", "disk", "smooth")
    values = dict(zip(TREE.columns, GOOD, strict=True))
    rows = LabelTable.of(tmp_path, {name: [str(int(values.get(name, 1)))] for name in names})
    found, broken = votes(rows, TREE, ["1"], "refuse")
    assert found.tolist() == [GOOD] and found.dtype == np.float32 and broken == []
