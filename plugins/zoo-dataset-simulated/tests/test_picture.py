"""Laws of the asinh stretch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_dataset_simulated.picture import SLOPE, SOFTENING, WEIGHTS, asinh_stretch, develop

from . import reference

fluxes = st.tuples(*[st.floats(0.01, 50)] * 3)


def pixel(*flux: float) -> np.ndarray:
    """The red, green and blue of one pixel."""
    return asinh_stretch(np.array(flux, np.float32)[:, None, None])[:, 0, 0]


@given(fluxes)
def test_the_stretch_equals_the_published_formula(flux):
    np.testing.assert_allclose(
        pixel(*flux), reference.stretched(*flux, WEIGHTS, SLOPE, SOFTENING), rtol=1e-4, atol=1e-6
    )


@given(fluxes, st.floats(1.01, 100))
def test_more_light_is_never_darker(flux, factor):
    dark, bright = pixel(*flux), pixel(*(factor * f for f in flux))
    assert (bright >= dark - 1e-6).all() or bright.max() == pytest.approx(1, abs=1e-6)
    assert bright.max() >= dark.max() - 1e-6


@given(fluxes)
def test_hues_are_kept(flux):
    weighted = np.array(flux[::-1]) * WEIGHTS
    colours = pixel(*flux)
    np.testing.assert_allclose(colours / colours.sum(), weighted / weighted.sum(), atol=1e-5)


@given(st.tuples(*[st.floats(-5, 1000)] * 3))
def test_pictures_lie_between_black_and_white(flux):
    assert ((pixel(*flux) >= 0) & (pixel(*flux) <= 1)).all()


def test_an_enlarged_frame_keeps_its_middle():
    rgb = np.zeros((3, 112, 112), np.float32)
    rgb[:, 54:58, 54:58] = 0.8
    picture = develop(rgb)
    assert picture.shape == (424, 424, 3) and picture.dtype == np.uint8
    y, x = np.mgrid[:424, :424]
    light = np.clip(picture.sum(-1).astype(float) - 20, 0, None)
    np.testing.assert_allclose([(light * x).sum(), (light * y).sum()] / light.sum(), 211.5, atol=0.1)
