"""Laws of the telescope: flux is kept, the blur is that of two Gaussians, noise has its deviation."""

import numpy as np
import pytest
from zoo_dataset_simulated.canvas import SIZE, Canvas
from zoo_dataset_simulated.telescope import SKY_NOISE, Seeing, add_noise, observe

from . import reference


def point(x: float, y: float) -> np.ndarray:
    """A canvas with one star of flux 1."""
    canvas = Canvas()
    canvas.add_points(np.array([x]), np.array([y]), np.ones((3, 1)))
    return canvas.light


@pytest.mark.parametrize("size", [90, 222, 448])
def test_the_blur_keeps_the_flux(size):
    seen = observe(point(3.3, -20.7), Seeing((4.0, 4.2, 3.9)), size)
    np.testing.assert_allclose(seen.sum((1, 2)) * (SIZE / size) ** 2, 1, rtol=1e-4)


def test_surface_brightness_does_not_depend_on_the_sampling():
    flat = np.full((3, SIZE, SIZE), 0.7, np.float32)
    for size in (90, 222, 448):
        np.testing.assert_allclose(observe(flat, Seeing((4.0,) * 3), size), 0.7, rtol=1e-5)


def test_the_blur_is_that_of_two_gaussians_in_real_space():
    light = point(0.5, 0.5) + 0.5 * point(30.5, -12.5)
    seen = observe(light, Seeing((3.0, 5.0, 3.0), halo=0.2), SIZE)
    for band, width in ((0, 3.0), (1, 5.0)):
        np.testing.assert_allclose(seen[band], reference.blurred(light[band], width, 0.2), atol=1e-6)


@pytest.mark.parametrize("size", [128, 448])
def test_a_source_stays_where_it_is_but_for_the_shift_of_its_band(size):
    seen = observe(point(20.0, -31.0), Seeing((7.0,) * 3, shifts=((0.0, 0.0), (5.0, 0.0), (0.0, -2.5))), size)
    axis = (np.arange(size) + 0.5) * SIZE / size - SIZE / 2
    for band, (x, y) in enumerate([(20, -31), (25, -31), (20, -33.5)]):
        flux = seen[band].sum()
        assert (seen[band] * axis).sum() / flux == pytest.approx(x, abs=0.01)
        assert (seen[band] * axis[:, None]).sum() / flux == pytest.approx(y, abs=0.01)


def test_noise_of_a_dark_sky_has_the_deviation_of_the_survey():
    noise = add_noise(np.zeros((3, 300, 300), np.float32), np.random.default_rng(0))
    np.testing.assert_allclose(noise.std((1, 2)), SKY_NOISE, rtol=0.02)
    assert np.abs(noise.mean((1, 2)) / SKY_NOISE).max() < 0.02


def test_bright_sources_are_noisier_than_the_sky():
    noise = add_noise(np.full((3, 300, 300), 20.0, np.float32), np.random.default_rng(0))
    assert (noise.std((1, 2)) > 2 * SKY_NOISE).all()
