"""A frame is read with its sky, unit, mask and weight, or refused in a sentence that says what to do."""

import bz2
import csv
import gzip
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from zoo_dataset_surveys import frame, sky

from zoo.errors import ZooImageError

from . import skies

IMAGE = np.arange(90 * 110, dtype=np.float32).reshape(90, 110)


def refusal(data: bytes, **options) -> ZooImageError:
    """What reading these bytes ends in."""
    with pytest.raises(ZooImageError) as caught:
        frame.read(data, "the file", **options)
    said = str(caught.value)
    assert said.startswith("the file ") and said.endswith(".") and "\n" not in said, f"one sentence, please: {said}"
    return caught.value


def test_every_real_file_is_read_with_its_shape_and_scale(shared):
    """All 79 of data/fits: empty first units, tile-compressed ones, SIP and TPV distortions, masks as integers."""
    folder = shared / "data" / "fits"
    rows = list(csv.DictReader((folder / "index.csv").open()))
    assert len(rows) == 79
    for row in rows:
        found = frame.read(folder / row["source"] / row["file"])
        assert found.image.shape == (int(row["ny"]), int(row["nx"])), row["file"]
        assert found.image.dtype.isnative
        assert found.pixel_scale == pytest.approx(float(row["pixscale_arcsec"]), rel=0.03), row["file"]


def test_frames_of_one_galaxy_see_it_at_one_position(shared):
    """CANDELS keeps SIP coefficients of before drizzling: with them j and h would be arcminutes from v and z."""
    for name in ("ers2_12623", "ers2_13830", "wide2_1468"):
        frames = [frame.read(shared / f"data/fits/candels_goodss/GDS_{name}_{band}.fits") for band in "vzjh"]
        centres = np.array([one.wcs.all_pix2world([[41.5, 41.5]], 0)[0] for one in frames])
        assert np.ptp(centres, axis=0).max() * 3600 < 0.001


def test_a_sip_distortion_that_is_meant_is_used():
    bent = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-4, "B_0_2": 0.0}
    straight, kept, meant = (skies.header(IMAGE.shape) for _ in range(3))
    for header in (kept, meant):
        header.update(bent)
    meant["CTYPE1"], meant["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    places = [sky.wcs(header).all_pix2world([[0.0, 0.0]], 0)[0, 0] for header in (straight, kept, meant)]
    assert places[0] == places[1] != places[2]


@pytest.mark.parametrize("angle", [0, 33, 90, 180, 271])
@pytest.mark.parametrize("flip", [1, -1])
def test_positions_lead_to_pixels_and_back(angle, flip):
    found = skies.made(IMAGE, angle=angle, flip=flip)
    x, y = np.array([0.0, 54, 109, -7.3]), np.array([0.0, 45, 89, 60.2])
    ra, dec = found.wcs.all_pix2world(x, y, 0)
    np.testing.assert_allclose(sky.to_pixels(found.wcs, ra, dec), [x, y], atol=1e-6)
    assert found.pixel_scale == pytest.approx(skies.SCALE, rel=1e-6)


@pytest.mark.parametrize("dec", [0.0, 62.0, -89.5])
def test_ra_wraps_round(dec):
    found = skies.made(IMAGE, ra=0.0, dec=dec)
    x, _ = sky.to_pixels(found.wcs, np.array([359.9999, -0.0001, 0.0001, 360.0001]), np.full(4, dec))
    assert x[0] == pytest.approx(x[1]) and x[2] == pytest.approx(x[3]) and x[0] > x[2]


@pytest.mark.parametrize(
    ("ra", "dec"), [(skies.RA + 180, -skies.DEC), (np.nan, 0), (10, np.inf), (10, 91), (skies.RA + 180, 80)]
)
def test_the_back_of_the_sky_and_what_is_no_position_have_no_pixel(ra, dec):
    x, y = sky.to_pixels(skies.made(IMAGE).wcs, np.array([float(ra), skies.RA]), np.array([float(dec), skies.DEC]))
    assert np.isnan([x[0], y[0]]).all()
    assert (x[1], y[1]) == pytest.approx((55, 45)), "a bad neighbour must not harm a good position"


@pytest.mark.parametrize("dec", [0.0, 2.0, 88.0, 89.95])
def test_steps_are_arcseconds_to_the_east_and_north(dec):
    """On a frame with north up, east left, and pixels of 0.396 arcsec."""
    wcs = skies.made(IMAGE, dec=dec).wcs
    steps = sky.steps(wcs, np.array([skies.RA]), np.array([dec]))[0]
    np.testing.assert_allclose(steps, np.array([[-1, 0], [0, 1]]) / skies.SCALE, atol=1e-3)


@pytest.mark.parametrize(
    ("cards", "zero_point"),
    [
        ({"BUNIT": "nanomaggy"}, 22.5),
        ({"BUNIT": "nanomaggies"}, 22.5),
        ({"BANDS": "g", "IMAGETYP": "image"}, 22.5),
        ({"MAGZERO": 30.0}, 30),
        ({"BUNIT": "DN"}, None),
        ({}, None),
    ],
)
def test_the_zero_point_is_what_the_header_says(cards, zero_point):
    assert skies.made(IMAGE, **cards).zero_point == zero_point


def test_one_nanomaggy_is_1000_counts_of_des():
    assert skies.made(IMAGE, MAGZERO=30.0).nanomaggies == pytest.approx(1e-3, rel=1e-12)
    with pytest.raises(ZooImageError, match="is in DN without a zero point, .*: say zero_point"):
        _ = skies.made(IMAGE, BUNIT="DN").nanomaggies


def des_tile(**first) -> bytes:
    """A tile of DES in small: an empty unit, then image, mask and weight, each tile-compressed."""
    planes = {"SCI": IMAGE, "MSK": np.eye(90, 110, dtype=np.int32), "WGT": np.ones_like(IMAGE)}
    header = skies.header(IMAGE.shape, MAGZERO=30.0)
    units = [fits.CompImageHDU(values, header, name=name) for name, values in planes.items()]
    return skies.file(fits.PrimaryHDU(), *units)


def sdss_frame() -> bytes:
    """A frame of SDSS in small: the image first, then calibration vector and sky table."""
    table = fits.BinTableHDU.from_columns([fits.Column("ALLSKY", "4E", array=[[0, 0, 0, 0]])])
    first = fits.PrimaryHDU(IMAGE, skies.header(IMAGE.shape, BUNIT="nanomaggy"))
    return skies.file(first, fits.ImageHDU(np.ones(110, np.float32)), table)


def test_the_image_of_a_des_tile_comes_with_its_mask_and_weight():
    found = frame.read(des_tile())
    np.testing.assert_allclose(found.image, IMAGE, rtol=1e-3, atol=1)  # the compression is lossy
    assert found.mask is not None and found.mask.sum() == 90
    assert found.weight is not None and found.weight.all()
    assert found.bad(slice(0, 5), slice(0, 5)).sum() == 5


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_an_sdss_frame_is_read_packed_or_not(pack):
    found = frame.read(pack(sdss_frame()))
    np.testing.assert_array_equal(found.image, IMAGE)
    assert (found.unit, found.zero_point) == ("nanomaggy", 22.5)


@pytest.mark.parametrize("make", [des_tile, sdss_frame])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_file_cut_off_anywhere_is_truncated(make, pack):
    """From the sizes in its headers, as services send no length (surveys.md, consequence 5)."""
    data = pack(make())
    for length in np.linspace(9, len(data) - 1, 17, dtype=int):
        assert refusal(data[:length]).code == "E-IMAGE-TRUNCATED", length


def test_integers_with_an_offset_are_what_they_mean():
    """DR7 fpC frames: unsigned 16-bit numbers, stored with BZERO 32768."""
    counts = np.array([[1000, 65535], [0, 32768]], np.uint16)
    data = skies.file(fits.PrimaryHDU(counts, skies.header(counts.shape)))
    np.testing.assert_array_equal(frame.read(data).image, counts)


def cube(bands: str) -> bytes:
    """A cutout of the Legacy Surveys."""
    planes = np.stack([np.full((4, 4), k, np.float32) for k in range(3)])
    return skies.file(fits.PrimaryHDU(planes, skies.header((4, 4), BANDS=bands, IMAGETYP="image")))


def test_a_cube_gives_the_band_that_is_asked_for():
    assert (frame.read(cube("grz"), band="z").image == 2).all()
    assert frame.read(cube("grz"), band="g").wcs.naxis == 2


@pytest.mark.parametrize(
    ("data", "options", "code", "said"),
    [
        (b"<html><body>503", {}, "E-IMAGE-FORMAT", "is an HTML page"),
        (b"no such layer", {}, "E-IMAGE-FORMAT", "is text that says 'no such layer', not FITS"),
        (b"\xff\xd8\xff\xe0" + bytes(99), {}, "E-IMAGE-FORMAT", "is JPEG, not FITS"),
        (b"", {}, "E-IMAGE-TRUNCATED", "is empty"),
        (skies.file(fits.PrimaryHDU(IMAGE)), {}, "E-FRAME-WCS", "has no WCS in RA and Dec"),
        (skies.file(fits.PrimaryHDU(np.ones(5))), {}, "E-FRAME-HDU", r"has no image of 2 dimensions \(it holds 0"),
        (skies.file(fits.PrimaryHDU()), {}, "E-FRAME-HDU", "PRIMARY empty"),
        (cube("grz"), {}, "E-FRAME-SHAPE", "is a cube of 4×4×3 with the bands grz"),
        (cube("grz"), {"band": "i"}, "E-FRAME-SHAPE", "asked for was band=i"),
        (sdss_frame(), {"hdu": 2}, "E-FRAME-HDU", r"has no image in hdu=2 \(it holds 0 PRIMARY 110×90, 1"),
        (sdss_frame(), {"hdu": "SCI"}, "E-FRAME-HDU", "has no image in hdu=SCI"),
        (sdss_frame(), {"mask": skies.file(fits.PrimaryHDU(IMAGE[:-1]))}, "E-FRAME-SHAPE", "has 110×90 pixels and its"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data, options, code, said):
    error = refusal(data, **options)
    assert error.code == code
    with pytest.raises(ZooImageError, match=said):
        frame.read(data, "the file", **options)


@pytest.mark.parametrize(
    "wrong", [{"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}, {"RADESYS": "FK4"}, {"CD1_1": 0, "CD1_2": 0}]
)
def test_other_coordinates_and_singular_ones_are_refused(wrong):
    header = skies.header(IMAGE.shape)
    header.update(wrong)
    assert refusal(skies.file(fits.PrimaryHDU(IMAGE, header))).code == "E-FRAME-WCS"


def test_several_images_want_a_choice():
    units = [fits.PrimaryHDU(IMAGE, skies.header(IMAGE.shape)), fits.ImageHDU(IMAGE + 1, skies.header(IMAGE.shape))]
    assert "has 2 images (it holds 0 PRIMARY 110×90, 1 unnamed 110×90): say which" in str(refusal(skies.file(*units)))
    assert frame.read(skies.file(*units), hdu=1).image[0, 0] == 1


def test_a_text_equinox_is_understood():
    """Old SDSS frames have EQUINOX and RADECSYS as texts (spec, after G9)."""
    header = skies.header(IMAGE.shape)
    header.remove("RADESYS", ignore_missing=True)
    header["RADECSYS"], header["EQUINOX"] = "FK5", "2000.0"
    assert frame.read(skies.file(fits.PrimaryHDU(IMAGE, header))).pixel_scale == pytest.approx(skies.SCALE)


@pytest.mark.parametrize("cards", [{"RADESYS": "FK5", "EQUINOX": 1950.0}, {"EQUINOX": 1975.0}, {"EPOCH": 1950.0}])
def test_positions_of_another_equinox_are_refused_and_never_taken_for_icrs(cards):
    """From 1950 to 2000 the axes turn by up to 0.7 degrees."""
    header = skies.header(IMAGE.shape)
    header.remove("RADESYS", ignore_missing=True)
    header.update(cards)
    refused = refusal(skies.file(fits.PrimaryHDU(IMAGE, header)))
    assert refused.code == "E-FRAME-WCS" and f"equinox {next(reversed(cards.values())):g}" in str(refused)
    header.update({"RADESYS": "ICRS"})
    assert frame.read(skies.file(fits.PrimaryHDU(IMAGE, header))).pixel_scale, "ICRS has no equinox"


def test_astropy_is_imported_when_a_frame_is_read():
    """Half a second that looking around need not take; and torch more than that."""
    modules = ", ".join(f"zoo_dataset_surveys.{name}" for name in ("frame", "colour", "stretch", "window"))
    code = f"import sys, {modules}; sys.exit(bool({{'astropy', 'torch'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0, "import them inside functions"
