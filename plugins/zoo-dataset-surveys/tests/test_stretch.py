"""The published stretches hold their golden values, and no band, however broken, gives anything but 0 to 1."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from zoo_dataset_surveys import stretch

ALL = {
    "as_coded": stretch.as_coded,
    "as_intended": stretch.as_intended,
    "asinh": lambda image: stretch.asinh(image, softening=2.0, black=-1.0, white=50.0),
}
FINITE = arrays(np.float64, (2, 5, 4), elements=st.floats(-1e6, 1e6))
ANYTHING = arrays(np.float32, (2, 5, 4), elements=st.floats(width=32, allow_nan=True, allow_infinity=True))


def golden_image() -> np.ndarray:
    """The image that khan.json describes as a formula."""
    y, x = np.mgrid[:200, :200]
    noise = np.random.RandomState(0).normal(size=(200, 200))
    return 1000 + 8 * noise + 900 * np.exp(-(((x - 100) / 18) ** 2 + ((y - 100) / 12) ** 2))


@pytest.mark.parametrize(("name", "key"), [("as_coded", "as_coded"), ("as_intended", "as_intended_darkest_half")])
def test_golden_values_of_the_published_stretch_hold(shared, name, key):
    golden = json.loads((shared / "spec/golden/khan.json").read_text())["stretch"][key]
    image = golden_image()
    out = ALL[name](image)
    found = {
        "out_mean": out.mean(),
        "out_center": out[100, 100],
        "out_corner_mean": out[:20, :20].mean(),
        "frac_saturated": (out >= 1).mean(),
    }
    values = np.sort(image.ravel())[: image.size if name == "as_coded" else image.size // 2]
    low, high = stretch.around_mean(values)
    found |= {"mean": low + (high - low) / 6, "std": (high - low) / 6}
    assert found == pytest.approx(golden, abs=1e-9)


def test_the_published_sort_by_rows_keeps_the_whole_image():
    """The bug of spec G12, done as the program does it: sorting rows and taking the first n/2 of n rows' pixels."""
    image = golden_image()
    kept = np.sort(image)[: image.size // 2]
    low, high = stretch.around_mean(image.ravel())
    mean, deviation = kept.mean(), kept.std()
    np.testing.assert_allclose(stretch.as_coded(image), np.clip((image - mean + deviation) / (6 * deviation), 0, 1))
    assert (low, high) == pytest.approx((mean - deviation, mean + 5 * deviation))


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=30)
@given(image=ANYTHING)
def test_every_value_is_from_0_to_1_whatever_comes(name, image):
    with np.errstate(over="ignore", invalid="ignore"):
        out = ALL[name](image)
    assert out.shape == image.shape
    assert ((out >= 0) & (out <= 1)).all(), "a stretch must not give NaN or leave 0 to 1"


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=30)
@given(image=FINITE)
def test_brighter_is_never_darker(name, image):
    for band, out in zip(image, ALL[name](image), strict=True):
        assert (np.diff(out.ravel()[np.argsort(band.ravel(), kind="stable")]) >= 0).all()


@pytest.mark.parametrize("name", ["as_coded", "as_intended"])
@pytest.mark.parametrize("value", [0, 7.5, np.nan, np.inf])
def test_a_band_with_nothing_to_tell_apart_is_black(name, value):
    assert not ALL[name](np.full((1, 4, 4), value)).any()


@pytest.mark.parametrize("name", ["as_coded", "as_intended"])
def test_pixels_that_are_not_finite_are_black_and_change_no_other(name):
    image = golden_image()[90:110, 90:110]
    holes = np.concatenate([image, np.full((1, 20), np.nan), np.full((1, 20), np.inf)])
    out = ALL[name](holes)
    np.testing.assert_allclose(out[:20], ALL[name](image))
    assert not out[20:].any()


@pytest.mark.parametrize("name", ["as_coded", "as_intended"])
def test_unit_and_zero_point_of_a_band_do_not_matter(name):
    image = golden_image()
    np.testing.assert_allclose(ALL[name](image / 1000 - 0.3), ALL[name](image), atol=1e-9)


def test_a_neighbour_dims_the_published_stretch_and_not_the_fixed_one():
    """Spec G12: that mapping depends on the content."""
    image = golden_image()
    beside = image.copy()
    beside[:30, :30] += 3000
    assert stretch.as_coded(beside)[100, 60] < stretch.as_coded(image)[100, 60]
    fixed = [stretch.asinh(one, 10.0, 990.0, 1900.0)[100, 60] for one in (image, beside)]
    assert fixed[0] == fixed[1]


def test_asinh_puts_black_at_0_and_white_at_1():
    out = stretch.asinh(np.array([[-9.0, -1, 50, 99]]), softening=2.0, black=-1.0, white=50.0)
    np.testing.assert_allclose(out, [[0, 0, 1, 1]], atol=1e-15)


def test_the_published_cast_is_right_for_counts_and_a_trap_for_fluxes():
    counts = np.array([1000.9, 0, 65535])
    assert stretch.to_16_bits(counts[:, None]).ravel().tolist() == [1000, 0, 65535]
    fluxes = np.array([-1.0, -0.4, 0.7, 65536, np.nan])
    assert stretch.to_16_bits(fluxes[:, None]).ravel().tolist() == [65535, 0, 0, 0, 0]
