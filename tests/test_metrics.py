"""Metrics equal slow obvious sums, and their intervals contain the truth as often as they say."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torchmetrics import Metric, MetricCollection

from zoo.metrics import Rmse, scalars, summarise

GROUPS = {"shape": [0, 1], "arms": [2]}
numbers = st.floats(-1e3, 1e3, width=32)


def rmse_of_list(predictions, target, columns):
    """The root of the mean of the squares, entry by entry."""
    squares = [
        (float(predictions[i, k]) - float(target[i, k])) ** 2
        for i in range(len(target))
        for k in columns
        if not np.isnan(target[i, k])
    ]
    return np.sqrt(sum(squares) / len(squares)) if squares else np.nan


def rmse():
    return MetricCollection({"rmse": Rmse(3, GROUPS)})


def pairs(n, seed=0, scatter=0.1):
    generator = np.random.default_rng(seed)
    target = generator.random((n, 3))
    return torch.tensor(target + scatter * generator.normal(size=target.shape)), torch.tensor(target)


class Confusion(Metric):
    """A matrix, as some heads give it: positive or not, by column."""

    def __init__(self):
        super().__init__()
        self.add_state("total", torch.zeros(3, 2), dist_reduce_fx="sum")

    def update(self, predictions, target):
        self.total += torch.stack([(predictions > 0.5).sum(0), (predictions <= 0.5).sum(0)], 1)

    def compute(self):
        return self.total


@settings(deadline=None)
@given(
    predictions=arrays(np.float64, (6, 3), elements=numbers),
    target=arrays(np.float64, (6, 3), elements=st.one_of(numbers, st.just(np.nan))),
)
def test_rmse_equals_the_root_of_the_mean_square_of_what_has_a_label(predictions, target):
    metric = Rmse(3, GROUPS)
    metric.update(torch.tensor(predictions), torch.tensor(target))
    found = {name: value.item() for name, value in metric.compute().items()}
    expected = {"rmse": range(3), "rmse/shape": [0, 1], "rmse/arms": [2]}
    assert found == pytest.approx(
        {name: rmse_of_list(predictions, target, columns) for name, columns in expected.items()}, nan_ok=True, rel=1e-9
    )


def test_rmse_of_no_galaxy_is_undefined():
    metric = Rmse(3, GROUPS)
    metric.update(torch.zeros(0, 3), torch.zeros(0, 3))
    assert torch.stack(list(metric.compute().values())).isnan().all()


def test_rmse_of_two_ranks_merged_is_that_of_one_process():
    predictions, target = pairs(50)
    ranks = Rmse(3, GROUPS), Rmse(3, GROUPS)
    whole = Rmse(3, GROUPS)
    for metric, rows in ((ranks[0], slice(0, 17)), (ranks[1], slice(17, None)), (whole, slice(None))):
        metric.update(predictions[rows], target[rows])
    ranks[0].merge_state(ranks[1])
    torch.testing.assert_close(ranks[0].compute(), whole.compute(), rtol=1e-12, atol=0)


def test_the_baseline_of_the_mean_prediction_is_the_standard_deviation():
    predictions, target = pairs(300)
    summary = summarise(rmse, predictions, target, target.mean(0).numpy(), resamples=2)
    assert summary["rmse"]["baseline"] == pytest.approx(np.sqrt(target.numpy().var(0).mean()))


def test_a_summary_is_a_function_of_its_seed():
    predictions, target = pairs(40)
    one, again, other = (
        summarise(rmse, predictions, target, np.zeros(3), resamples=20, seed=seed) for seed in (3, 3, 4)
    )
    assert one == again and one["rmse"]["low"] != other["rmse"]["low"]
    assert one["rmse"]["value"] == other["rmse"]["value"]


def test_a_summary_leaves_global_randomness_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    summarise(rmse, *pairs(10), np.zeros(3), resamples=5)
    assert torch.equal(before[0], torch.get_rng_state()) and (before[1] == np.random.get_state()[1]).all()


def test_intervals_contain_the_truth_nineteen_times_in_twenty():
    truth, sets = 0.1, 60
    intervals = [
        summarise(rmse, *pairs(60, seed, truth), np.zeros(3), resamples=60, seed=seed)["rmse"] for seed in range(sets)
    ]
    covered = np.mean([interval["low"] <= truth <= interval["high"] for interval in intervals])
    assert 0.85 <= covered < 1, f"{covered:.3f} of the 95 % intervals contain the truth (60 galaxies each)"


def test_galaxies_without_labels_change_no_number():
    predictions, target = pairs(30)
    more = torch.cat([predictions, torch.zeros(9, 3)]), torch.cat([target, torch.full((9, 3), torch.nan)])
    assert summarise(rmse, *more, np.zeros(3), 9) == summarise(rmse, predictions, target, np.zeros(3), 9)


@pytest.mark.parametrize("n", [0, 5])
def test_what_is_undefined_is_none_and_the_summary_fits_into_strict_json(n):
    target = torch.full((n, 3), torch.nan)
    target[:, 2] = 0.5
    summary = summarise(rmse, torch.zeros(n, 3), target, np.zeros(3), resamples=3)
    assert summary["rmse/shape"] == {"value": None, "low": None, "high": None, "baseline": None}
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["rmse/arms"]["value"] == (0.5 if n else None)


def test_a_matrix_is_kept_as_lists_without_an_interval():
    summary = summarise(lambda: MetricCollection([Confusion()]), *pairs(7), np.ones(3), resamples=2)["Confusion"]
    assert np.shape(summary["value"]) == (3, 2) and np.sum(summary["value"]) == 21
    assert summary["baseline"] == [[7, 0]] * 3
    assert summary["low"] is None and summary["high"] is None


def test_scalars_leave_matrices_out():
    assert scalars({"rmse": torch.tensor(0.5), "confusion": torch.eye(2)}) == {"rmse": 0.5}


def test_the_ceiling_is_the_error_of_a_predictor_that_knows_every_chance() -> None:
    """Binomial labels of 40 volunteers: the ceiling from their variance is the error of the true fractions."""
    chance = np.random.default_rng(0)
    p = chance.uniform(size=(40_000, 3))
    labels = torch.tensor(chance.binomial(40, p) / 40)
    labels[::7, 1] = torch.nan
    variance = p * (1 - p) / 40
    factory = lambda: MetricCollection({"rmse": Rmse(3, {"last": [2]})})  # noqa: E731
    found = summarise(factory, torch.tensor(p), labels, p.mean(0), resamples=2, variance=variance)
    for name in ("rmse", "rmse/last"):
        assert found[name]["ceiling"] == pytest.approx(found[name]["value"], rel=0.02)
    without = summarise(factory, torch.tensor(p), labels, p.mean(0), resamples=2)
    assert "ceiling" not in without["rmse"]
