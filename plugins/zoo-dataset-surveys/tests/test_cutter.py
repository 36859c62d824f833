"""Every galaxy has a row: a picture with the flags it deserves, or none and the reason."""

import csv
import itertools
import tracemalloc

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from zoo_dataset_surveys import colour, frame
from zoo_dataset_surveys.cutter import Cutter, Target
from zoo_dataset_surveys.flags import Flag
from zoo_dataset_surveys.size import SIZES, CutoutSize

from zoo.errors import Incompatible, ZooImageError

from . import skies

FIXED = CutoutSize(21, "pixels")
SKY = np.random.default_rng(0).normal(1, 0.1, (90, 110)).astype(np.float32)


def target(x=55.0, y=45.0, object_id="a", **row) -> Target:
    """A galaxy at a column and row of an upright frame of `skies`."""
    ra, dec = skies.made(SKY).wcs.all_pix2world([x], [y], 0)
    return Target(object_id, float(ra[0]), float(dec[0]), row)


def one(frames, *targets, size=FIXED, **options):
    """The cutout of the first target, which is usually the only one."""
    return next(Cutter(frames, size, **options).cutouts(targets or [target()]))


def test_ids_and_order_are_those_of_the_targets():
    """More than are looked up together."""
    rows = [Target(f"{k:04d}", skies.RA, skies.DEC) for k in range(1100)]
    found = Cutter({"r": skies.made(SKY)}, CutoutSize(2, "pixels")).cutouts(rows)
    assert [cutout.object_id for cutout in found] == [row.object_id for row in rows]


def test_a_galaxy_in_the_midst_has_its_pixels_as_float32_and_no_flag():
    found = one({"r": skies.made(SKY)})
    np.testing.assert_array_equal(found.pixels, SKY[None, 35:56, 45:66])
    assert found.pixels.dtype == np.float32
    assert (found.flags, found.masked, found.problem) == (Flag.GOOD, 0, None)


def test_all_bands_stand_in_the_order_of_the_frames():
    frames = {band: skies.made(SKY + k) for k, band in enumerate("grizY")}
    assert one(frames).pixels[:, 0, 0] == pytest.approx(SKY[35, 45] + np.arange(5), abs=1e-5)


def test_an_edge_is_padded_and_flagged():
    found = one({"r": skies.made(SKY)}, target(x=0.0))
    assert found.flags == Flag.EDGE
    assert not found.pixels[0, :, :10].any() and found.pixels[0, :, 10:].all()
    filled = one({"r": skies.made(SKY)}, target(x=0.0), fill=None)
    assert filled.pixels[0, :, :10] == pytest.approx(np.median(found.pixels[0, :, 10:]))


@pytest.mark.parametrize("where", [target(x=500.0), Target("b", skies.RA + 180, -skies.DEC)])
@pytest.mark.parametrize("cut", ["corrected", "north_up", "as_coded"])
def test_outside_the_footprint_is_a_row_with_the_reason(where, cut):
    found = one({"r": skies.made(SKY)}, where, cut=cut)
    assert found.pixels is None and found.flags == Flag.EDGE | Flag.MISSING_BAND
    assert found.problem.object_id == found.object_id == where.object_id
    assert found.problem.code == ("E-CUTOUT-DROPPED" if cut == "as_coded" else "E-CUTOUT-OUTSIDE")


@pytest.mark.parametrize(("ra", "dec"), [(np.nan, 0), (10, np.inf), (10, -91)])
def test_a_position_that_is_none_is_a_row_with_the_reason(ra, dec):
    found = one({"r": skies.made(SKY)}, Target("c", ra, dec))
    assert found.pixels is None and found.problem.code == "E-CUTOUT-POSITION"
    assert f"(ra {ra:g}, dec {dec:g}): mend it" in str(found.problem)


def test_a_masked_galaxy_is_flagged_by_the_worst_band():
    mask = np.zeros((90, 110), np.int32)
    mask[35:56, 45:52] = 1
    frames = {"g": skies.made(SKY), "r": skies.made(SKY, mask=mask)}
    found = one(frames)
    assert found.masked == pytest.approx(1 / 3) and found.flags == Flag.MASKED
    np.testing.assert_array_equal(found.pixels[1], SKY[35:56, 45:66])
    assert one(frames, most_masked=0.4).flags == Flag.GOOD


def test_no_weight_is_as_bad_as_a_mask():
    weight = np.ones((90, 110), np.float32)
    weight[:, 52:] = 0
    assert one({"r": skies.made(SKY, weight=weight)}).masked == pytest.approx(2 / 3)


@pytest.mark.parametrize("cut", ["corrected", "north_up", "as_coded"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_finite_are_filled_and_counted(cut, value):
    image = SKY.copy()
    image[40:44, 50:54] = value
    found = one({"r": skies.made(image)}, cut=cut, pixels=None, most_masked=0.03)
    assert np.isfinite(found.pixels).all() and (found.pixels == 0).any()
    assert found.flags == Flag.MASKED and found.masked >= 16 / 441


@pytest.mark.parametrize("cut", ["corrected", "north_up"])
@pytest.mark.parametrize("lost", [None, np.zeros_like(SKY), np.full_like(SKY, np.nan)])
def test_a_band_without_light_is_flagged_and_zero(cut, lost):
    frames = {"g": skies.made(SKY), "r": lost if lost is None else skies.made(lost)}
    found = one(frames, cut=cut)
    assert Flag.MISSING_BAND in found.flags and found.pixels[0].all() and not found.pixels[1].any()
    dropped = one(frames, cut="as_coded")
    assert dropped.pixels is None and dropped.problem.code == "E-CUTOUT-EMPTY" and "in r:" in dropped.problem.what


def test_a_galaxy_without_light_in_any_band_is_a_row_with_the_reason():
    found = one({"g": skies.made(np.zeros_like(SKY)), "r": None})
    assert found.pixels is None and "no light in g, r" in str(found.problem)


def test_no_frame_at_all_is_refused_at_once():
    with pytest.raises(Incompatible, match="none of the bands g, r has a frame"):
        Cutter({"g": None, "r": None}, FIXED)


@pytest.mark.parametrize("wrong", [{"cut": "naive"}, {"unit": "counts"}])
def test_a_choice_that_is_none_is_refused(wrong):
    with pytest.raises(Incompatible, match="is not one of (corrected|stored), "):
        Cutter({"r": skies.made(SKY)}, FIXED, **wrong)


def test_brightness_compares_surveys_of_other_pixels_and_zero_points():
    """A DES tile and an SDSS frame of one sky: 1000 counts are a nanomaggy, and pixels differ in area."""
    sdss = skies.made(SKY * 0.396**2, BUNIT="nanomaggy")
    des = skies.made(SKY * 1000 * 0.263**2, scale=0.263, MAGZERO=30.0)
    for frame_ in (sdss, des):
        np.testing.assert_allclose(one({"r": frame_}, unit="brightness").pixels[0], SKY[35:56, 45:66], rtol=1e-5)
    np.testing.assert_allclose(one({"r": des}, unit="nanomaggies").pixels[0], SKY[35:56, 45:66] * 0.263**2, rtol=1e-5)
    with pytest.raises(ZooImageError, match="without a zero point"):
        Cutter({"r": skies.made(SKY)}, FIXED, unit="nanomaggies")


def test_the_published_pictures_of_sdss_from_frames_to_bytes():
    """Spec G10: 4 Petrosian radii, 200 pixels, 16 bits, stretch, z r g: whole numbers with their sky and soft bias."""
    frames = {band: skies.made(skies.galaxy() + 1100 + 10 * SKY) for band in "zrg"}
    found = one(frames, target(petroRad_r=4.0), size=SIZES["khan2019_sdss"], pixels=200, cut="as_coded")
    picture = colour.PRESETS["khan2019_sdss"](found.pixels, tuple(frames))
    assert picture.shape == (3, 200, 200) and picture.dtype == np.uint8
    assert picture[:, 100, 100].min() > 250 > 100 > picture[:, 30, 30].max()


def test_a_size_that_is_none_harms_its_own_row_only():
    rows = [target(object_id="a", petroRad_r=-9999), target(object_id="b", petroRad_r=2.0)]
    first, second = Cutter({"r": skies.made(SKY)}, SIZES["petrosian"]).cutouts(rows)
    assert first.pixels is None and first.problem.code == "E-CUTOUT-SIZE" and first.flags == Flag.GOOD
    assert second.pixels.shape == (1, 20, 20)


def test_published_pixel_positions_are_used_in_place_of_the_sky():
    """XWIN_IMAGE and YWIN_IMAGE count from 1; the published program takes them as if from 0 (spec G13)."""
    row = {"XWIN_IMAGE": 56.0, "YWIN_IMAGE": 46.0, "KRON_RADIUS": 0.5}
    centre = ("XWIN_IMAGE", "YWIN_IMAGE")
    options = {"size": SIZES["khan2019_des"], "centre": centre}
    coded = one({"r": skies.made(SKY)}, Target("a", 0, 0, row), cut="as_coded", **options)
    np.testing.assert_array_equal(coded.pixels[0], SKY[40:52, 50:62])
    corrected = one({"r": skies.made(SKY)}, Target("a", 0, 0, row), **options)
    np.testing.assert_array_equal(corrected.pixels[0], SKY[40:52, 50:62])  # 12 pixels: half of one either way
    row["KRON_RADIUS"] = 13 / 24
    corrected = one({"r": skies.made(SKY)}, Target("a", 0, 0, row), **options)
    np.testing.assert_array_equal(corrected.pixels[0], SKY[39:52, 49:62])


def test_truncated_bands_want_a_common_size():
    frames = {"g": skies.made(SKY), "r": skies.made(SKY[:, :60].copy(), angle=0)}
    wide = skies.header((90, 110))
    assert wide["CRPIX1"] != skies.header((90, 60))["CRPIX1"]
    found = one(frames, target(x=75.0), cut="as_coded", pixels=None)
    assert found.problem.code in ("E-CUTOUT-DROPPED", "E-CUTOUT-SHAPE")
    scales = {"g": skies.made(SKY), "r": skies.made(SKY, scale=0.2)}
    found = one(scales, size=CutoutSize(8, "arcsec"))
    assert found.problem.code == "E-CUTOUT-SHAPE" and "20×20 and 40×40 pixels): say pixels=" in found.problem.what
    assert one(scales, size=CutoutSize(8, "arcsec"), pixels=32).pixels.shape == (2, 32, 32)
    assert one(scales, size=CutoutSize(8, "arcsec"), cut="north_up").pixels.shape == (2, 20, 20)


def test_memory_does_not_grow_with_the_number_of_galaxies(monkeypatch):
    monkeypatch.setattr("zoo_dataset_surveys.cutter.CHUNK", 64)
    cutter = Cutter({"r": skies.made(SKY)}, CutoutSize(40, "pixels"))
    rows = [target(object_id=str(k)) for k in range(3)]

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in cutter.cutouts(itertools.islice(itertools.cycle(rows), count)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(640) < peak(64) * 1.2


def group(shared, name: str) -> dict[str, frame.Frame]:
    """The first exposures of a group of data/fits in g, r, z, with their masks and weights."""
    folder = shared / "data" / "fits"
    rows = [row for row in csv.DictReader((folder / "index.csv").open()) if row["group"] == name]
    files = {row["band"]: row["file"] for row in reversed(rows) if "_ooi_" in row["file"]}
    place = folder / "legacypipe_decam"
    planes = {"mask": "_ood_", "weight": "_oow_"}
    return {
        band: frame.read(
            place / files[band], **{kind: place / files[band].replace("_ooi_", code) for kind, code in planes.items()}
        )
        for band in "grz"
    }


@pytest.mark.parametrize("name", ["testcase3", "testcase9", "mzlsbass2"])
@pytest.mark.parametrize("cut", ["corrected", "north_up"])
def test_real_galaxies_are_centred_in_all_bands(shared, name, cut):
    """The brightest smoothed pixel of r is the galaxy: by WCS it is in the middle of g, r and z."""
    frames = group(shared, name)
    smooth = gaussian_filter(frames["r"].image.astype(float), 2)
    row, column = np.unravel_index(smooth.argmax(), smooth.shape)
    ra, dec = frames["r"].wcs.all_pix2world([column], [row], 0)
    found = one(frames, Target("1", float(ra[0]), float(dec[0])), size=CutoutSize(12, "arcsec"), pixels=64, cut=cut)
    assert found.pixels.shape == (3, 64, 64) and np.isfinite(found.pixels).all()
    assert Flag.MISSING_BAND not in found.flags
    for band, plane in zip("grz", found.pixels, strict=True):
        brightest = np.unravel_index(gaussian_filter(plane, 2).argmax(), plane.shape)
        assert np.abs(np.subtract(brightest, 31.5)).max() < 4, f"{name} {band}: brightest at {brightest} of 64"


def test_only_north_up_lays_frames_over_each_other_that_are_turned(shared):
    """The two telescopes of mzlsbass2 look at it upside down from each other: away from the centre, g and z agree
    only on the grid of the sky."""
    frames = group(shared, "mzlsbass2")
    ra, dec = frames["g"].wcs.all_pix2world([52], [50], 0)
    agreement = {}
    for cut in ("corrected", "north_up"):
        found = one(frames, Target("1", float(ra[0]), float(dec[0])), size=CutoutSize(30, "arcsec"), pixels=48, cut=cut)
        g, _, z = (gaussian_filter(plane, 2).ravel() for plane in found.pixels)
        agreement[cut] = np.corrcoef(g, z)[0, 1]
    assert agreement["north_up"] > 0.8 > agreement["corrected"]
