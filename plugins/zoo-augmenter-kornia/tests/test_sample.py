"""Random parameters: published ranges, and a pure function of the draws."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zoo.errors import ZooError

from . import reference

N = 20_000


@pytest.fixture(scope="module")
def sampled(make):
    uniforms = np.random.default_rng(0).random((N, 6), dtype=np.float32)
    return make().sample(torch.from_numpy(uniforms))


@pytest.mark.parametrize(
    "name, distribution",
    [
        ("rotation", stats.uniform(-180, 360)),
        ("shift_x", stats.uniform(-4, 8)),
        ("shift_y", stats.uniform(-4, 8)),
        ("zoom", stats.loguniform(1 / 1.3, 1.3)),
        ("colour", stats.norm(0, 0.5)),
    ],
)
def test_parameters_follow_the_published_distributions(sampled, name, distribution):
    assert stats.kstest(getattr(sampled, name).numpy(), distribution.cdf).pvalue > 1e-4


def test_half_of_the_galaxies_are_flipped(sampled):
    assert stats.binomtest(int(sampled.flip.sum()), N, 0.5).pvalue > 1e-4


def test_parameters_are_independent(sampled):
    columns = np.stack([v.double().numpy() for v in vars(sampled).values() if v is not None])
    correlation = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(correlation).max() < 5 / np.sqrt(N)


def test_the_colour_jitter_has_the_published_strength(make, sampled, shared):
    offsets = make().offsets(sampled)[:, :, 0, 0] * 255
    expected = reference.golden(shared, "affine")["brightness"]["std_offset_in_8bit_levels"]
    np.testing.assert_allclose(offsets.std(0), expected, rtol=0.03)
    np.testing.assert_allclose(offsets.mean(0), 0, atol=0.06)


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(5)))
def test_x16_parameters_depend_on_a_galaxys_own_draws_only(order):
    from zoo_augmenter_kornia.affine import Affine

    augmenter = Affine(69, 3, [0, 45], 180, 0.3, 4, 0.5, 0.5, (0.1, 0.1, 0.1))
    uniforms = torch.from_numpy(np.random.default_rng(1).random((5, 6)))
    torch.manual_seed(sum(order[:2]))
    before = torch.get_rng_state()
    plain, shuffled = augmenter.sample(uniforms), augmenter.sample(uniforms[list(order)])
    assert torch.equal(torch.get_rng_state(), before), "sample must not touch torch's generator"
    for name, value in vars(plain).items():
        if value is not None:
            assert torch.equal(value[list(order)], getattr(shuffled, name))


def test_the_most_extreme_draws_give_finite_parameters(make):
    for dtype in (torch.float32, torch.float64):
        ends = torch.tensor([[0.0] * 6, [1 - torch.finfo(dtype).eps / 2] * 6], dtype=dtype)
        for name, value in vars(make().sample(ends)).items():
            assert value is None or torch.isfinite(value).all(), name


def test_nothing_is_perturbed_at_strength_zero(make):
    still = make(rotation=0, zoom=0, shift=0, flip=0, colour=0)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, 3, 100, 100), dtype=np.uint8))
    uniforms = torch.from_numpy(np.random.default_rng(1).random((9, 6)))
    assert torch.equal(still.views(images, still.sample(uniforms)), still.views(images, still.canonical(9)))


@pytest.mark.parametrize(
    "value, sentence",
    [
        ({"zoom": -0.5}, "The augmenter's zoom is -0.5: give it a value from 0 to inf."),
        ({"flip": 2}, "The augmenter's flip is 2: give it a value from 0 to 1."),
        ({"factor": 0}, "The augmenter's factor is 0: give it a value from 0.01 to inf."),
        ({"view_size": 0}, "The augmenter's view_size is 0: give it a value from 1 to inf."),
        ({"angles": []}, "The augmenter's number of angles is 0: give it a value from 1 to inf."),
    ],
)
def test_impossible_strengths_are_refused(make, value, sentence):
    with pytest.raises(ZooError) as refused:
        make(**value)
    assert str(refused.value) == sentence
