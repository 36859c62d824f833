"""Windows and planes: the corrected one is centred, the published one off by a pixel, and both resample as stated."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import center_of_mass
from skimage.transform import resize as skimage_resize
from zoo_dataset_surveys import resize, sky, window
from zoo_dataset_surveys.size import SIZES, CutoutSize

from zoo.errors import DataError

from . import skies

FRAME = skies.made(np.arange(90 * 110, dtype=np.float32).reshape(90, 110) + 1)
INSIDE = st.tuples(st.floats(25, 80), st.floats(25, 60), st.floats(1, 40))


def test_the_published_sizes_are_those_of_the_golden_file(shared):
    golden = json.loads((shared / "spec/golden/khan.json").read_text())["cutout"]
    assert golden["sdss_half_px"] == "2*petroRad_r/0.396" and golden["des_half_px"] == "12*KRON_RADIUS"
    assert SIZES["khan2019_sdss"].pixels({"petroRad_r": 7.8}, 0.396127) / 2 == pytest.approx(2 * 7.8 / 0.396)
    assert SIZES["khan2019_des"].pixels({"KRON_RADIUS": 3.5}, 0.263) == golden["des_side_px_if_kron_3.5"]
    arcsec = SIZES["khan2019_des"].pixels({"KRON_RADIUS": 3.5}, 0.263) * 0.263
    assert arcsec == pytest.approx(golden["des_side_arcsec_if_kron_3.5"])


def test_the_corrected_kron_size_grows_with_the_galaxy():
    """Spec G13: KRON_RADIUS × A_IMAGE pixels of 0.263 arcsec to each side, whatever the frame's pixels."""
    row = {"KRON_RADIUS": 3.5, "A_IMAGE": 10.0}
    assert SIZES["kron"].pixels(row, 0.263) == pytest.approx(70)
    assert SIZES["kron"].pixels(row, 0.526) == pytest.approx(35)


@pytest.mark.parametrize("value", [-9999, 0, np.nan, np.inf])
def test_a_size_that_is_none_is_said(value):
    with pytest.raises(DataError, match=r"its petroRad_r is (-9999|0|nan|inf), which is no size: leave"):
        SIZES["petrosian"].pixels({"petroRad_r": value}, 0.4)
    with pytest.raises(
        DataError, match="a side of 100000 pixels, expected more than 0 and at most 4096: mend petroRad"
    ):
        SIZES["petrosian"].pixels({"petroRad_r": 1e4}, 0.4)
    with pytest.raises(DataError, match="a side of 0 pixels"):
        CutoutSize(0, "pixels").pixels({}, 0.4)


@settings(max_examples=40)
@given(place=INSIDE)
def test_the_galaxy_is_at_most_half_a_pixel_from_the_corrected_centre(place):
    x, y, side = place
    found = window.corrected(FRAME, x, y, side)
    assert found.pixels.shape == (round(side),) * 2 and not found.cut_off
    row, column = np.unravel_index(int(found.pixels[0, 0]) - 1, FRAME.image.shape)
    middle = (len(found.pixels) - 1) / 2
    assert abs(column + middle - x) <= 0.5 and abs(row + middle - y) <= 0.5


@settings(max_examples=40)
@given(place=INSIDE)
def test_the_published_window_is_a_slice_one_pixel_on(place):
    """Spec G10: coordinates from 1 used as if from 0."""
    x, y, side = place
    half = side / 2
    rows, columns = (slice(round(c + 1 - half), round(c + 1 + half)) for c in (y, x))
    wanted = FRAME.image[rows, columns]
    found = window.as_coded(FRAME, x, y, side)
    if wanted.size:
        np.testing.assert_array_equal(found.pixels, wanted)
    else:
        assert found is None


def test_edges_as_coded_are_dropped_below_and_truncated_above():
    """Spec G11."""
    assert window.as_coded(FRAME, 10.0, 45.0, 40.0) is None
    assert window.as_coded(FRAME, 55.0, 10.0, 40.0) is None
    high = window.as_coded(FRAME, 100.0, 45.0, 40.0)
    assert high.pixels.shape == (40, 29) and high.cut_off
    assert window.as_coded(FRAME, 500.0, 45.0, 40.0) is None


@settings(max_examples=40)
@given(x=st.floats(-30, 140), y=st.floats(-30, 120), side=st.floats(1, 60))
def test_corrected_edges_are_padded_and_said(x, y, side):
    """Pixels of the frame stand where they would in an endless one; all others are NaN."""
    found = window.corrected(FRAME, x, y, side)
    endless = np.pad(FRAME.image.astype(float), 200, constant_values=np.nan)
    n = max(round(side), 1)
    row, column = (int(np.floor(c - (n - 1) / 2 + 0.5)) + 200 for c in (y, x))
    wanted = endless[row : row + n, column : column + n]
    if np.isnan(wanted).all():
        assert found is None
    else:
        np.testing.assert_array_equal(found.pixels, wanted)
        assert found.cut_off == np.isnan(wanted).any()


@pytest.mark.parametrize("angle", [0, 30, 90, 200])
@pytest.mark.parametrize("flip", [1, -1])
def test_north_is_up_and_east_left_however_the_frame_is_turned(angle, flip):
    """A galaxy stands in the middle, a fainter one 6 arcsec to its north and 3 to its east."""
    blank = skies.made(np.zeros((90, 110), np.float32), angle=angle, flip=flip)
    ra, dec = np.array([skies.RA, skies.RA + 3 / 3600]), np.array([skies.DEC, skies.DEC + 6 / 3600])
    x, y = sky.to_pixels(blank.wcs, ra, dec)
    image = skies.galaxy(row=y[0], column=x[0], width=2) + skies.galaxy(row=y[1], column=x[1], width=2) / 4
    frame = skies.made(image, angle=angle, flip=flip)
    steps = sky.steps(frame.wcs, ra, dec)
    scale = 0.5
    first, second = (window.north_up(frame, x[k], y[k], steps[k], 9, scale) for k in (0, 1))
    assert center_of_mass(first.pixels) == pytest.approx((4, 4), abs=0.1)
    both = window.north_up(frame, x[0], y[0], steps[0], 41, scale)
    fainter = np.where(both.pixels < 26, both.pixels, 0)[28:36, 10:18]
    assert center_of_mass(fainter) == pytest.approx((12 + 20 - 28, 20 - 6 - 10), abs=0.3)
    assert second.pixels[4, 4] == pytest.approx(25, rel=0.1)
    assert not both.cut_off and not both.bad.any()


def test_north_up_on_an_upright_frame_is_the_corrected_window():
    x, y = 54.0, 44.0
    steps = np.array([[-1, 0], [0, 1]]) / skies.SCALE
    found = window.north_up(FRAME, x, y, steps, 21, FRAME.pixel_scale)
    np.testing.assert_allclose(found.pixels, window.corrected(FRAME, x, y, 21.0).pixels, rtol=1e-5)


def test_north_up_beyond_the_edge_is_nan_and_said():
    steps = np.array([[-1, 0], [0, 1]]) / skies.SCALE
    found = window.north_up(FRAME, 2.0, 44.0, steps, 21, FRAME.pixel_scale)
    assert found.cut_off and np.isnan(found.pixels[:, 0]).all() and np.isfinite(found.pixels[:, -1]).all()
    assert window.north_up(FRAME, -50.0, 44.0, steps, 21, FRAME.pixel_scale) is None


@pytest.mark.parametrize("shape", [(84, 84), (41, 60), (300, 230), (1, 1), (200, 200)])
def test_as_coded_resizes_as_skimage_did(shape):
    plane = np.random.default_rng(0).normal(2, 1, size=shape)
    wanted = skimage_resize(plane, (200, 200), order=1, mode="constant", anti_aliasing=False)
    np.testing.assert_allclose(resize.as_coded(plane, 200), wanted, atol=1e-12)


def test_an_enlarged_plane_is_as_skimages_with_its_border_repeated():
    plane = np.random.default_rng(0).normal(size=(84, 84))
    wanted = skimage_resize(plane, (200, 200), order=1, mode="edge", anti_aliasing=False)
    np.testing.assert_allclose(resize.corrected(plane, 200), wanted, atol=1e-12)


def test_the_published_resize_draws_the_border_to_zero_and_the_corrected_one_nowhere():
    plane = np.full((84, 84), 5.0)
    plane[40, 40] = -1
    assert resize.as_coded(plane, 200)[0, 10] < 4
    np.testing.assert_allclose(resize.corrected(plane, 200)[:80], 5)


def test_what_is_made_smaller_is_averaged():
    noise = np.random.default_rng(0).normal(size=(1000, 1000))
    assert resize.corrected(noise, 200).std() < 0.25 < resize.as_coded(noise, 200).std()
