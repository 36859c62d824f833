"""Quantiles of beta distributions equal scipy's, for every shape that concentrations can make."""

import numpy as np
import pytest
import torch
from scipy import special
from scipy.stats import beta
from zoo_head_decision_tree.beta import quantiles

LEVELS = (0.05, 0.5, 0.95)


def shapes(n=5000):
    random = np.random.default_rng(1)
    return 10 ** random.uniform(-2, 4, n), 10 ** random.uniform(-2, 5, n)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 2e-6), (torch.float64, 1e-6)])
def test_quantiles_equal_scipys(dtype, tolerance):
    a, b = shapes()
    found = quantiles(torch.tensor(a, dtype=dtype), torch.tensor(b, dtype=dtype), LEVELS)
    for level, quantile in zip(LEVELS, found, strict=True):
        assert quantile.dtype == dtype
        assert np.abs(quantile.double().numpy() - beta.ppf(level, a, b)).max() < tolerance


def test_quantiles_leave_the_probability_that_they_claim():
    a, b = shapes()
    for level, quantile in zip(LEVELS, quantiles(torch.tensor(a), torch.tensor(b), LEVELS), strict=True):
        below = special.betainc(a, b, quantile.numpy())
        inner = (quantile.numpy() > 1e-30) & (quantile.numpy() < 1 - 1e-9)  # where float64 can hold the fraction
        assert np.abs(below - level)[inner].max() < 1e-6


def test_exchanging_the_shapes_mirrors_the_quantiles():
    a, b = map(torch.tensor, shapes(500))
    low, high = quantiles(a, b, (0.05, 0.95))
    other_low, other_high = quantiles(b, a, (0.05, 0.95))
    torch.testing.assert_close(low, 1 - other_high, rtol=0, atol=1e-6)
    torch.testing.assert_close(high, 1 - other_low, rtol=0, atol=1e-6)


def test_the_flat_distribution_has_its_levels_for_quantiles():
    found = quantiles(torch.ones(1), torch.ones(1), LEVELS)
    assert [q.item() for q in found] == pytest.approx(LEVELS, abs=1e-6)


@pytest.mark.parametrize("broken", [torch.nan, torch.inf])
def test_a_shape_that_is_no_number_has_no_quantile(broken):
    found = quantiles(torch.tensor([broken, 2.0]), torch.tensor([1.0, 2.0]), (0.05,))[0]
    assert found[0].isnan() and found[1].isfinite()


def test_quantiles_export_and_depend_on_no_other_galaxy():
    class Bounds(torch.nn.Module):
        def forward(self, a, b):
            return quantiles(a, b, (0.05, 0.95))

    a, b = (torch.tensor(values, dtype=torch.float32) for values in shapes(7))
    galaxies = torch.export.Dim("galaxies", min=2)
    program = torch.export.export(Bounds(), (a[:4], b[:4]), dynamic_shapes=({0: galaxies}, {0: galaxies}))
    for exported, own in zip(program.module()(a, b), quantiles(a, b, (0.05, 0.95)), strict=True):
        torch.testing.assert_close(exported, own)
    alone = [quantiles(a[k : k + 1], b[k : k + 1], (0.95,))[0] for k in range(7)]
    torch.testing.assert_close(torch.cat(alone), quantiles(a, b, (0.95,))[0])
