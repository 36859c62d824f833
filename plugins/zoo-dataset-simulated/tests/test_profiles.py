"""Laws of light profiles, with astropy as witness."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_dataset_simulated import profiles


@pytest.mark.parametrize("n", [0.8, 1.0, 2.5, 4.0, 6.0])
def test_half_of_the_light_lies_within_the_effective_radius(n):
    radius = np.concatenate([np.linspace(0, 1, 4001)[1:] ** 4 * 10, np.geomspace(10, 1e6, 40000)[1:]])
    light = profiles.sersic(radius[None], 0 * radius[None], n, effective_radius=10.0)[0]
    flux = np.concatenate([[0], np.cumsum(np.diff(radius) * np.pi * (light * radius)[1:] * 2)])
    assert flux[-1] == pytest.approx(1, abs=0.01)
    assert np.interp(10, radius[1:], flux[1:]) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("n", "axis_ratio", "angle"), [(1.0, 0.3, 0.4), (2.5, 0.7, 2.0), (4.0, 1.0, 0.0)])
def test_sersic_profiles_are_those_of_astropy(n, axis_ratio, angle):
    models = pytest.importorskip("astropy.modeling.models")
    x, y = profiles.grid(64)
    ours = profiles.sersic(*profiles.turned(x, y, angle), n, 9.0, axis_ratio)
    b = profiles.sersic_b(n)
    amplitude = b ** (2 * n) / (2 * math.pi * n * math.gamma(2 * n) * 81 * axis_ratio) * math.exp(-b)
    theirs = models.Sersic2D(amplitude=amplitude, r_eff=9, n=n, ellip=1 - axis_ratio, theta=angle)(x, y)
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)


@pytest.mark.parametrize("n", [1.0, 4.0])
def test_a_cusp_loses_no_light_between_pixels(n):
    inner = profiles.sersic_box(448, n, 4.0, 0.6, 0.3)
    fine = profiles.sersic(*profiles.turned(*(p / 21 for p in profiles.grid(14 * 21)), 0.3), n, 4.0, 0.6)
    assert inner[217:231, 217:231].sum() == pytest.approx(fine.sum() / 21**2, rel=0.01)


@given(st.floats(0, math.pi / 2))
def test_a_thin_disc_shows_the_axis_ratio_cos_i(inclination):
    assert profiles.flattening(inclination, 0.0) == pytest.approx(math.cos(inclination), abs=1e-12)


def test_the_image_of_an_inclined_disc_has_its_axis_ratio():
    x, y = profiles.grid(400)
    for inclination in (0.0, 0.6, 1.0, 1.2):
        ratio = profiles.flattening(inclination, 0.15)
        light = profiles.exponential(profiles.disc_plane(x, y, 0.0, ratio)[0], 14.0)
        measured = math.sqrt((light * y**2).sum() / (light * x**2).sum())
        assert measured == pytest.approx(ratio, rel=0.02)


def test_an_exponential_disc_falls_by_e_in_a_scale_length():
    light = profiles.exponential(np.array([[10.0, 24.0, 38.0]], np.float32), 14.0)[0]
    np.testing.assert_allclose(light[1:] / light[:-1], math.exp(-1), rtol=0.01)


def test_a_disc_from_its_side_is_a_line_of_sight_through_an_exponential_disc():
    depth = np.linspace(-200, 200, 8001)
    along = np.array([[2.0, 10.0, 25.0, 40.0]], np.float32)
    ours = profiles.edge_on(along, np.zeros_like(along), 14.0, 2.0)[0]
    slow = [np.trapezoid(np.exp(-np.hypot(x, depth) / 14.0), depth) / 28 for x in along[0]]
    np.testing.assert_allclose(ours, slow, rtol=0.03)


def test_a_bar_ends_at_its_length_and_lies_along_its_angle():
    radius, azimuth = profiles.disc_plane(*profiles.grid(80), 0.0, 1.0)
    light = profiles.bar(radius, azimuth, 20.0, 0.3, 0.5)
    assert light.max() == pytest.approx(1, abs=0.05)
    assert light[radius > 21].max() == 0
    x, y = profiles.turned(*profiles.grid(80), 0.5)
    assert (light * x**2).sum() > 4 * (light * y**2).sum()


def test_planes_stay_float32():
    x, y = profiles.grid(40)
    radius, azimuth = profiles.disc_plane(x, y, 0.3, 0.6)
    planes = [
        profiles.sersic_box(40, 4.0, 5.0, 0.5, 0.3, 3.0),
        profiles.exponential(radius, 5.0),
        profiles.edge_on(x, y, 5.0, 1.0),
        profiles.bar(radius, azimuth, 5.0, 0.3, 0.1),
        profiles.ring(radius, 5.0, 1.0),
    ]
    assert {plane.dtype for plane in planes} == {np.dtype("float32")}
