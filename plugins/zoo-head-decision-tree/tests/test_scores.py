"""Calibration and agreement, against loops that say what they mean."""

import numpy as np
import pytest
import torch
from zoo_head_decision_tree.scores import Agreement, Calibration

from zoo.schema import Question, VoteFractions

TREE = VoteFractions((Question("shape", ("smooth", "disc")), Question("bar", ("bar", "none"), parent="disc")))


def fractions(seed: int, n: int = 300) -> torch.Tensor:
    """Fractions that obey TREE."""
    chance = np.random.default_rng(seed)
    disc, bar = chance.beta(0.4, 0.4, n), chance.beta(0.4, 0.4, n)
    return torch.tensor(np.stack([1 - disc, disc, disc * bar, disc * (1 - bar)], axis=1))


def of(metric, predictions, target) -> dict[str, float]:
    for rows in torch.arange(len(target)).split(70):
        metric.update(predictions[rows], target[rows])
    return {name: value.item() for name, value in metric.compute().items()}


def test_calibration_is_the_mean_distance_of_bins(n: int = 300) -> None:
    predictions, target = fractions(0), fractions(1)
    target[::9, 2] = torch.nan
    found = of(Calibration(TREE.columns), predictions, target)
    for k, answer in enumerate(TREE.columns):
        known = ~target[:, k].isnan().numpy()
        p, t = predictions[known, k].numpy(), target[known, k].numpy()
        bins = np.minimum((p * 10).astype(int), 9)
        expected = sum(abs(p[bins == b].mean() - t[bins == b].mean()) * (bins == b).mean() for b in set(bins))
        assert found[f"calibration/{answer}"] == pytest.approx(expected, abs=1e-12)
    mean = np.mean([found[f"calibration/{answer}"] for answer in TREE.columns])
    assert found["calibration"] == pytest.approx(mean, abs=1e-12)


def test_a_prediction_that_is_the_label_is_calibrated_and_right() -> None:
    target = fractions(2)
    assert of(Calibration(TREE.columns), target, target)["calibration"] == pytest.approx(0, abs=1e-12)
    assert of(Agreement(TREE), target, target)["accuracy"] == 1


def test_agreement_counts_galaxies_where_the_crowd_agrees() -> None:
    predictions, target = fractions(3), fractions(4)
    target[5] = torch.nan
    right, agreed = np.zeros(2), np.zeros(2)
    for p, t in zip(predictions.numpy(), target.numpy(), strict=True):
        for k, where in enumerate(TREE.slices):
            came = t[where].sum()
            if came >= 0.5 and t[where].max() >= 0.8 * came:
                agreed[k] += 1
                right[k] += p[where].argmax() == t[where].argmax()
    found = of(Agreement(TREE), predictions, target)
    assert [found["accuracy/shape"], found["accuracy/bar"]] == pytest.approx((right / agreed).tolist())
    assert found["accuracy"] == pytest.approx(right.sum() / agreed.sum())


def test_a_question_on_which_nobody_agrees_has_no_accuracy() -> None:
    half = torch.tensor([[0.5, 0.5, 0.25, 0.25]])
    assert of(Agreement(TREE), half, half) == {}
