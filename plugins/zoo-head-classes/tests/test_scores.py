"""Scores of classes equal those of counting, with ties, absent classes, absent labels and no galaxy at all."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics import MetricCollection
from zoo_head_classes.scores import ClassScores

from zoo.metrics import summarise

from . import reference

NAMES = ("Sa.b", "S0/a", "Irr")


def scored(probabilities, target, names=NAMES):
    metric = ClassScores(names)
    metric.update(torch.as_tensor(probabilities), torch.as_tensor(target))
    return metric.compute()


def galaxies(n, seed=0, num_classes=3, signal=1.0):
    """Probabilities that know something of the class."""
    random = torch.Generator().manual_seed(seed)
    target = torch.randint(0, num_classes, (n,), generator=random)
    logits = torch.randn(n, num_classes, generator=random)
    logits[range(n), target] += signal
    return logits.softmax(1), target


@st.composite
def tied(draw):
    """Up to a dozen galaxies, some without a class, with probabilities in quarters, so that many tie."""
    n = draw(st.integers(0, 12))
    quarters = draw(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=n, max_size=n))
    target = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    return np.array(quarters, np.float32).reshape(n, 3) / 4, np.array(target, np.int64)


@settings(deadline=None)
@given(tied())
def test_scores_equal_counting(drawn):
    found = scored(*drawn)
    matrix = found.pop("confusion")
    expected = reference.scores(*drawn, NAMES)
    assert list(found) == list(expected)
    numbers = {name: value.item() for name, value in found.items()}
    assert numbers == pytest.approx(expected, abs=1e-6, nan_ok=True)
    assert (matrix.numpy() == reference.confusion(*drawn, 3)).all()


def test_scores_of_many_galaxies_equal_counting():
    probabilities, target = galaxies(300)
    found = scored(probabilities, target)
    del found["confusion"]
    expected = reference.scores(probabilities.numpy(), target.numpy(), NAMES)
    assert {name: value.item() for name, value in found.items()} == pytest.approx(expected, abs=1e-6)


def test_scores_before_any_galaxy_are_undefined():
    with pytest.warns(UserWarning, match="before the ``update``"):
        found = ClassScores(NAMES).compute()
    assert not found.pop("confusion").any() and all(value.isnan() for value in found.values())


def test_scores_of_two_ranks_merged_are_those_of_one_process():
    probabilities, target = galaxies(60)
    ranks = ClassScores(NAMES), ClassScores(NAMES)
    for rank, rows in zip(ranks, (slice(0, 23), slice(23, None)), strict=True):
        rank.update(probabilities[rows], target[rows])
    ranks[0].merge_state(ranks[1])
    torch.testing.assert_close(ranks[0].compute(), scored(probabilities, target))


def test_a_probability_above_one_by_a_rounding_ties_no_small_ones():
    first = torch.tensor([1e-9, 1e-8, 2e-9, 1 + 1e-6])
    found = scored(torch.stack([first, 1 - first], 1), torch.tensor([1, 0, 1, 0]), ("star", "galaxy"))
    assert first.max() > 1 and found["auc/star"] == 1


def test_the_constant_prediction_ranks_nothing():
    _, target = galaxies(100)
    summary = summarise(lambda: MetricCollection([ClassScores(NAMES)]), *galaxies(100), np.full(3, 1 / 3), resamples=5)
    assert summary["auc"]["baseline"] == 0.5
    assert summary["accuracy"]["baseline"] == pytest.approx((target == 0).float().mean().item())
    assert summary["confusion"]["low"] is None and np.sum(summary["confusion"]["value"]) == 100


def test_the_score_of_a_class_that_is_absent_is_none_and_means_leave_it_out():
    probabilities, target = galaxies(80)
    target[target == 2] = -1
    summary = summarise(lambda: MetricCollection([ClassScores(NAMES)]), probabilities, target, np.ones(3) / 3, 10)
    assert summary["accuracy/Irr"]["value"] is summary["auc/Irr"]["value"] is summary["auc/Irr"]["low"] is None
    assert summary["auc"]["value"] == pytest.approx((summary["auc/Sa.b"]["value"] + summary["auc/S0/a"]["value"]) / 2)
