"""Colours: golden bytes, the order of planes, and what a colour may never do to a galaxy."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from zoo_dataset_surveys import colour

from zoo.errors import Incompatible

GRIZ = ("g", "r", "i", "z")
COLOURS = [name for name in colour.PRESETS if not name.startswith("bands")]
FLUX_ONLY = [name for name in COLOURS if not name.startswith("khan")]
"""Colours of a pixel that depend on that pixel alone."""
WANTED = {
    "khan2019_sdss": "zrg",
    "khan2019_sdss_fluxes": "zrg",
    "fixed_asinh": "irg",
    "khan2019_des": "irg",
    "sdss_viewer": "irg",
    "decals_dr2": "zrg",
}
WANTED |= {"gz_decals": "zrg", "gz_decals_default": "zrg"}
ANYTHING = arrays(np.float32, (4, 3, 3), elements=st.floats(width=32, allow_nan=True, allow_infinity=True))


def test_golden_bytes_of_the_published_lupton_image(shared):
    golden = json.loads((shared / "spec/golden/khan.json").read_text())["lupton_Q1_stretch1"]
    planes = np.array(golden["rgb_in"]).T[:, None]
    made = colour.Lupton("i", "r", "g", stretched=None)(planes, ("i", "r", "g"))
    assert made[:, 0].T.tolist() == golden["rgb_uint8"]


@pytest.mark.parametrize("name", WANTED)
def test_light_of_one_band_is_in_its_plane(name):
    """The first of the three bands is red, plane 0, whatever the order in which the bands lie."""
    for plane, band in enumerate(WANTED[name]):
        image = np.zeros((4, 2, 2), np.float32)
        image[GRIZ.index(band), 0, 0] = 1
        made = colour.PRESETS[name](image, GRIZ)[:, 0, 0].astype(int)
        assert made.argmax() == plane and made[plane] > np.delete(made, plane).max(), f"{band} is not in plane {plane}"


@pytest.mark.parametrize("name", COLOURS)
def test_the_order_of_the_bands_in_the_image_does_not_matter(name):
    image = np.random.default_rng(0).gamma(0.5, 0.2, (4, 8, 8)).astype(np.float32)
    turned = colour.PRESETS[name](image[::-1].copy(), GRIZ[::-1])
    np.testing.assert_array_equal(turned, colour.PRESETS[name](image, GRIZ))


@pytest.mark.parametrize("name", COLOURS)
@settings(max_examples=30)
@given(image=ANYTHING)
def test_every_image_gives_three_planes_of_bytes(name, image):
    with np.errstate(over="ignore", invalid="ignore"):
        made = colour.PRESETS[name](image, GRIZ)
    assert made.shape == (3, 3, 3) and made.dtype == np.uint8


@pytest.mark.parametrize("name", FLUX_ONLY)
def test_what_is_not_finite_is_no_brighter_than_the_sky(name):
    image = np.full((4, 1, 4), 0.05, np.float32)
    image[:, 0, 1:] = [0, np.nan, np.inf]
    sky, *lost = colour.PRESETS[name](image, GRIZ)[:, 0, 1:].T
    assert all((one <= sky).all() for one in lost)


@pytest.mark.parametrize("name", FLUX_ONLY)
def test_more_light_of_the_same_colour_is_never_darker(name):
    fluxes = np.array([0.03, 0.02, 0.015, 0.012])[:, None, None] * np.geomspace(0.01, 300, 200)[None, None]
    made = colour.PRESETS[name](fluxes, GRIZ).astype(int).sum(axis=0)
    assert (np.diff(made) >= 0).all()


@pytest.mark.parametrize("name", ["sdss_viewer", "decals_dr2"])
def test_the_shared_asinh_keeps_the_hue_of_faint_and_bright(name):
    """Planes stay in proportion while none is clipped: the reason for one asinh of all (Lupton et al. 2004)."""
    preset = colour.PRESETS[name]
    factors = np.array([preset.factors.get(band, 1) for band in GRIZ])
    seen = (np.array([1.0, 2, 3, 3]) / factors)[:, None, None] * np.geomspace(0.05, 0.2, 9)[None, None]
    made = colour.SharedAsinh(preset.factors, preset.weights, m=0.0)(seen, GRIZ).astype(float)
    np.testing.assert_allclose(made[1] / made[0], 2 / 3, atol=0.02)
    np.testing.assert_allclose(made[2] / made[0], 1 / 3, atol=0.02)


def test_equal_factor_weighted_bands_are_grey():
    for name in ("sdss_viewer", "decals_dr2"):
        factors = colour.PRESETS[name].factors
        image = np.array([0.3 / factors.get(band, 1) for band in GRIZ])[:, None, None]
        assert np.ptp(colour.PRESETS[name](image, GRIZ)[:, 0, 0].astype(int)) == 0


def test_the_viewers_formula_by_hand():
    """SDSS, one pixel: x = flux × factor + 0.02, plane = x asinh(20 I) / (√20 I) (surveys.md 4.2)."""
    g, r, i = 0.03, 0.05, 0.06
    raised = [i * 1.0 + 0.02, r * 1.5 + 0.02, g * 2.5 + 0.02]
    brightness = sum(raised) / 3
    wanted = [min(x * np.arcsinh(20 * brightness) / np.sqrt(20) / brightness, 1) for x in raised]
    made = colour.PRESETS["sdss_viewer"](np.array([g, r, i])[:, None, None], ("g", "r", "i"))
    assert made[:, 0, 0].tolist() == [round(255 * x) for x in wanted]


def test_the_formula_of_galaxy_zoo_decals_by_hand():
    """One grey pixel and one that a single band dominates, which is drawn half-way to grey or further."""
    fluxes = np.array([0.008, 0.014, 0.0, 0.019]) * 20
    grey = colour.PRESETS["gz_decals"](fluxes[:, None, None], GRIZ)[:, 0, 0]
    level = (np.arcsinh(20) - np.arcsinh(-0.5)) / (np.arcsinh(300) - np.arcsinh(-0.5))
    weight = np.sin(np.pi / 2 * (1 - 1 / 2.5))
    wanted = level * weight + level * (1 - weight) + level * (1 - weight) ** 2 * level
    assert grey.tolist() == [round(255 * wanted)] * 3
    red = np.zeros((4, 1, 1))
    red[3] = 3
    plain = colour.BandAsinh(paler=False)(red, GRIZ)[:, 0, 0].astype(int)
    pale = colour.PRESETS["gz_decals"](red, GRIZ)[:, 0, 0].astype(int)
    assert np.ptp(pale) < np.ptp(plain)


def test_no_colour_hands_over_all_bands_as_float32():
    image = np.random.default_rng(0).normal(size=(5, 4, 4)).astype(np.float32)
    made = colour.PRESETS["bands"](image, "grizY")
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made, image)


def test_a_band_that_is_missing_is_named():
    with pytest.raises(Incompatible, match="takes the bands z, r, g, the image has g, r and lacks z: retrieve them"):
        colour.PRESETS["khan2019_sdss"](np.zeros((2, 3, 3)), ("g", "r"))
