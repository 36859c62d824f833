"""Laws of spiral arms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_dataset_simulated.arms import Spiral, knots, patches

spirals = st.builds(
    Spiral,
    number=st.integers(1, 6),
    pitch=st.floats(0.12, 0.8),
    sense=st.sampled_from([-1, 1]),
    start=st.floats(0, 2 * math.pi),
    width=st.floats(0.1, 1.0),
)


@given(spirals, st.floats(3, 90))
def test_an_arm_makes_its_pitch_angle_with_circles(spiral, radius):
    pair = np.array([radius, radius * (1 + 1e-6)])
    azimuth = spiral.azimuth(pair, np.zeros(2))
    outwards, around = pair[1] - pair[0], radius * (azimuth[1] - azimuth[0])
    assert math.atan2(outwards, spiral.sense * around) == pytest.approx(spiral.pitch, abs=1e-4)


@given(spirals)
def test_arms_are_crests_and_half_way_between_them_is_dark(spiral):
    radius = np.linspace(5, 80, 50)
    for arm, light in ((0.0, 1.0), (0.5, math.exp(-2 / spiral.width))):
        phase = spiral.phase(radius, spiral.azimuth(radius, np.full(50, arm)))
        np.testing.assert_allclose(spiral.crests(phase), light, atol=1e-6)


@given(spirals)
def test_a_circle_crosses_as_many_arms_as_there_are(spiral):
    azimuth = np.linspace(0, 2 * math.pi, 3601)[:-1]
    light = spiral.crests(spiral.phase(np.full_like(azimuth, 20.0), azimuth))
    peaks = (light > np.roll(light, 1)) & (light >= np.roll(light, -1))
    assert peaks.sum() == spiral.number


def test_knots_lie_on_the_arms_and_share_the_light():
    spiral = Spiral(2, 0.35, 1, 0.7, 0.3)
    radius, azimuth, flux = knots(spiral, 500, 14.0, 8.0, 0.2, np.random.default_rng(0))
    assert flux.sum() == pytest.approx(1)
    assert radius.min() >= 8
    assert np.cos(spiral.phase(radius, azimuth)).mean() > 0.95


def test_patches_neither_add_nor_take_light_on_the_whole():
    radius, azimuth = np.meshgrid(np.geomspace(5, 80, 200), np.linspace(0, 2 * math.pi, 361)[:-1])
    values = patches(Spiral(2, 0.35, 1, 0.0, 0.3), radius, azimuth, np.random.default_rng(1))
    assert abs(values.mean()) < 0.01
    assert values.std() == pytest.approx(1, abs=0.2)
