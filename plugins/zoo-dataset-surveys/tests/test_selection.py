"""Certain galaxies are those from the thresholds on, and a class is the larger fraction (G2, G8)."""

import numpy as np
import pytest
from zoo_dataset_surveys.khan2019 import selection

from zoo.errors import DataError


def test_the_published_thresholds_find_exactly_the_certain_galaxies(texts):
    """Of the 17,984 galaxies whose fractions are supplied."""
    votes, certain = texts("gz1_dr_table2_subset.csv.gz"), texts("khan_high_certainty_40620.csv.gz")
    elliptical, spiral = (votes[f"P_{k}_DEBIASED"].astype(float).to_numpy() for k in ("EL", "CS"))
    chosen = selection.certain(elliptical, spiral)
    assert set(votes["OBJID"][chosen]) == set(votes["OBJID"]) & set(certain["objid"]) and chosen.sum() > 2000
    told = dict(zip(certain["objid"], certain["label"], strict=True))
    found = selection.classes(elliptical, spiral)
    assert [told[objid] for objid in votes["OBJID"][chosen]] == found[chosen].tolist()


def test_classes_of_the_full_overlap_are_the_published_ones(texts):
    """G8: 8,928 spirals, 7,809 ellipticals and 21 ties."""
    table = texts("khan_fo_test_16758.csv.gz")
    found = selection.classes(*(table[f"P_{k}_DEBIASED"].astype(float).to_numpy() for k in ("EL", "CS")))
    assert found.tolist() == table["label"].tolist()
    assert dict(zip(*np.unique(found, return_counts=True), strict=True)) == {
        "spiral": 8928, "elliptical": 7809, "tie": 21,
    }  # fmt: skip


def test_the_threshold_is_inclusive_so_equal_fractions_make_the_selection_larger():
    fractions = np.array([0.9, 0.8, 0.8, 0.8, 0.1])
    limit = selection.threshold(fractions, rank=2)
    assert limit == 0.8 and (fractions >= limit).sum() == 4


@pytest.mark.parametrize("rank", [0, 4])
def test_a_table_that_is_too_short_for_the_rank_is_refused(rank):
    with pytest.raises(DataError, match=f"the {rank}th largest of 3 debiased fractions: take the whole table"):
        selection.threshold(np.zeros(3), rank)


def test_without_fractions_there_is_no_class():
    assert selection.classes(np.array([np.nan, 0.5]), np.array([0.5, np.nan])).tolist() == ["", ""]
