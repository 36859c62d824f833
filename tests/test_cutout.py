"""One file, one array: every kind of image becomes what docs/images.md says, and all else is refused in a sentence."""

import random
import tracemalloc
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_bytes import GREY, GREY_ALPHA, RGB, RGB_ALPHA, chunk, fits, galaxy, png, saved, tiff
from PIL import Image, ImageFile, ImageOps

from zoo import cutout, raster
from zoo.errors import MissingImage, ZooImageError

PIXELS = galaxy()
DEEP = np.random.default_rng(1).integers(0, 65536, (20, 30, 4), dtype=np.uint16)
PICTURE = Image.fromarray(PIXELS)
ALPHA = np.linspace(0, 255, 40).astype(np.uint8)[None, :].repeat(30, 0)


def bands_first(pixels: np.ndarray) -> np.ndarray:
    return np.stack([pixels] * 3) if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def over_black(colour: np.ndarray, alpha: np.ndarray, top: int) -> np.ndarray:
    """Rounded in exact arithmetic, pixel by pixel."""
    flat = [(int(c) * int(a) + top // 2) // top for c, a in zip(colour.ravel(), alpha.ravel(), strict=True)]
    return np.array(flat, colour.dtype).reshape(colour.shape)


def with_alpha(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels, alpha[..., None]], axis=2)


def palette() -> tuple[Image.Image, np.ndarray]:
    image = PICTURE.quantize(16)
    return image, np.array(image.getpalette(), np.uint8).reshape(-1, 3)[np.array(image)]


def transparent_palette() -> tuple[bytes, np.ndarray]:
    image, colours = palette()
    return saved(image, "PNG", transparency=3), np.where((np.array(image) == 3)[..., None], 0, colours)


def ink() -> tuple[bytes, np.ndarray]:
    c, m, y, k = np.random.default_rng(2).integers(0, 256, (4, 30, 40), dtype=np.uint8)
    image = Image.merge("CMYK", [Image.fromarray(p) for p in (c, m, y, k)])
    inks = np.stack([c, m, y], axis=2).astype(float)
    return saved(image, "TIFF"), np.rint((255 - inks) * (255 - k[..., None].astype(float)) / 255)


EIGHT_BITS = {
    "RGB": (saved(PICTURE, "PNG"), PIXELS),
    "RGB by hand": (png(PIXELS, RGB, 8), PIXELS),
    "RGB TIFF": (saved(PICTURE, "TIFF", compression="tiff_lzw"), PIXELS),
    "grey": (saved(PICTURE.convert("L"), "PNG"), np.array(PICTURE.convert("L"))),
    "LA": (
        png(with_alpha(PIXELS[..., :1], ALPHA), GREY_ALPHA, 8),
        over_black(PIXELS[..., 0], ALPHA, 255),
    ),
    "RGBA": (
        png(with_alpha(PIXELS, ALPHA), RGB_ALPHA, 8),
        over_black(PIXELS, ALPHA[..., None].repeat(3, 2), 255),
    ),
    "RGBA TIFF": (
        tiff(with_alpha(PIXELS, ALPHA), photometric="rgb", extrasamples=["unassalpha"]),
        over_black(PIXELS, ALPHA[..., None].repeat(3, 2), 255),
    ),
    "opaque RGBA": (png(with_alpha(PIXELS, np.full_like(ALPHA, 255)), RGB_ALPHA, 8), PIXELS),
    "a colour declared transparent": (
        png(np.where(ALPHA[..., None] < 99, 7, PIXELS), RGB, 8, (b"tRNS", b"\0\7\0\7\0\7")),
        np.where(ALPHA[..., None] < 99, 0, PIXELS),
    ),
    "palette": (saved(palette()[0], "PNG"), palette()[1]),
    "palette with transparency": transparent_palette(),
    "1 bit": (saved(Image.fromarray(PIXELS[..., 0] > 99), "PNG"), np.where(PIXELS[..., 0] > 99, 255, 0)),
    "1 bit TIFF": (saved(Image.fromarray(PIXELS[..., 0] > 99), "TIFF"), np.where(PIXELS[..., 0] > 99, 255, 0)),
    "CMYK": ink(),
    "several frames": (saved(PICTURE, "TIFF", save_all=True, append_images=[PICTURE.rotate(180)]), PIXELS),
    "several frames, PNG": (saved(PICTURE, "PNG", save_all=True, append_images=[PICTURE.rotate(180)]), PIXELS),
    "colour profile ignored": (saved(PICTURE, "PNG", icc_profile=b"nonsense"), PIXELS),
    "one row": (saved(PICTURE.crop((0, 0, 40, 1)), "PNG"), PIXELS[:1]),
    "one pixel": (saved(PICTURE.crop((0, 0, 1, 1)), "PNG"), PIXELS[:1, :1]),
}


@pytest.mark.parametrize("name", EIGHT_BITS)
def test_eight_bit_images_become_red_green_blue(name):
    data, expected = EIGHT_BITS[name]
    image = cutout.read(data)
    assert image.dtype == np.uint8 and image.flags.writeable
    np.testing.assert_array_equal(image, bands_first(expected))


JPEGS = {
    "plain": saved(PICTURE, "JPEG", quality=90),
    "progressive": saved(PICTURE, "JPEG", quality=90, progressive=True),
    "grey": saved(PICTURE.convert("L"), "JPEG"),
    "CMYK": saved(PICTURE.convert("CMYK"), "JPEG"),
    "4:4:4": saved(PICTURE, "JPEG", subsampling=0),
    "with a profile": saved(PICTURE, "JPEG", icc_profile=b"nonsense" * 9),
    "two pictures": saved(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(180)]),
}


@pytest.mark.parametrize("name", JPEGS)
def test_jpeg_becomes_what_pillow_converts_to_rgb(name):
    expected = np.array(Image.open(BytesIO(JPEGS[name])).convert("RGB"))
    np.testing.assert_array_equal(cutout.read(JPEGS[name]), bands_first(expected))


DEEPS = {
    "grey PNG": (png(DEEP[..., :1], GREY, 16), DEEP[..., 0]),
    "RGB PNG": (png(DEEP[..., :3], RGB, 16), DEEP[..., :3]),
    "RGBA PNG": (png(DEEP, RGB_ALPHA, 16), over_black(DEEP[..., :3], DEEP[..., 3:].repeat(3, 2), 65535)),
    "LA PNG": (png(DEEP[..., :2], GREY_ALPHA, 16), over_black(DEEP[..., 0], DEEP[..., 1], 65535)),
    "white is zero TIFF": (tiff(DEEP[..., 0], photometric="miniswhite"), 65535 - DEEP[..., 0]),
} | {
    f"{kind} TIFF {order} {compression}": (tiff(pixels, byteorder=order, compression=compression, **options), pixels)
    for order in "<>"
    for compression in (None, "deflate")
    for kind, pixels, options in (("grey", DEEP[..., 0], {}), ("RGB", DEEP[..., :3], {"photometric": "rgb"}))
}


@pytest.mark.parametrize("name", DEEPS)
def test_sixteen_bits_are_divided_by_65535_and_nothing_is_clipped(name):
    data, expected = DEEPS[name]
    image = cutout.read(data)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, bands_first(expected.astype(np.float32) / np.float32(65535)))


def test_all_levels_of_sixteen_bits_stay_distinct_and_in_order():
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    values = cutout.read(png(levels[..., None], GREY, 16))[0].ravel()
    assert (np.diff(values) > 0).all() and (values[0], values[-1]) == (0, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_the_exif_orientation_is_obeyed(kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(PICTURE, kind, exif=exif)
    stored = PICTURE if kind != "JPEG" else Image.open(BytesIO(saved(PICTURE, "JPEG")))
    tagged = stored.copy()
    tagged.getexif()[274] = orientation
    image = cutout.read(data)
    np.testing.assert_array_equal(image, bands_first(np.array(ImageOps.exif_transpose(tagged))))
    assert cutout.check_header(data)[2:] == image.shape and (np.array(image.strides) > 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.int32, np.uint32])
def test_numbers_in_a_tiff_are_kept_where_they_lie_in_0_to_1(dtype):
    values = (PIXELS[..., 0] > 99).astype(dtype)
    np.testing.assert_array_equal(cutout.read(tiff(values)), bands_first(values.astype(np.float32)))


def test_numbers_beyond_0_to_1_are_refused_with_their_range_and_the_way_out():
    with pytest.raises(ZooImageError, match=r"values from -2 to 9.5 where \[0, 1\] .* dataset.limits=\[-2,9.5\]"):
        cutout.read(tiff(np.array([[-2, 0.5], [9.5, 1]], np.float32)))


def test_limits_are_linear_and_clip_at_both_ends():
    values = np.array([[-2, 0], [2.5, 10], [11, 99]], np.float32)
    np.testing.assert_array_equal(cutout.read(tiff(values), limits=[0, 10])[0], np.float32([[0, 0], [0.25, 1], [1, 1]]))


def test_unsigned_numbers_of_32_bits_do_not_turn_negative():
    values = np.array([[0, 2**31], [2**32 - 1, 1]], np.uint32)
    assert cutout.read(tiff(values), limits=[0, 2**32 - 1])[0].argmax() == 2


def test_not_a_number_is_refused_with_its_count():
    values = np.full((4, 5), 0.5, np.float32)
    values[1, 2:4] = np.nan, np.inf
    with pytest.raises(ZooImageError, match="has 6 of 60 values that are not finite"):
        cutout.read(tiff(values), "x.tif")


@pytest.mark.parametrize(
    "data",
    [
        tiff(np.moveaxis(DEEP[..., :3], 2, 0), photometric="rgb", planarconfig="separate"),
        tiff(DEEP[..., :3].astype(np.float64), photometric="rgb"),
        saved(PICTURE.convert("LAB"), "TIFF"),
    ],
    ids=["16-bit planes", "float64", "LAB"],
)
def test_a_kind_without_a_rule_is_refused_and_never_read_wrong(data):
    with pytest.raises(ZooImageError):
        cutout.read(data)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", r"is empty \(0 bytes\): retrieve it again"),
        (b"<!DOCTYPE html><html>not found", r"is an HTML page \(download error\?\): retrieve it again"),
        (b"\n <html><body>", r"is an HTML page"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "is EPS, not one of JPEG, PNG, TIFF, FITS"),
        (b"GIF89a......", "is GIF, not one of"),
        (b"RIFF....WEBPVP8 ", "is WebP, not one of"),
        (b"\x1f\x8b\x08\0", "is a gzip archive, not one of"),
        (b"Not found\n", "is text, not one of"),
        (b"\x01\x02\x03\xff" * 9, "is of an unknown format, not one of"),
        (b"\x89PNG", "is truncated: it ends after 4 bytes"),
        (JPEGS["plain"][:400], "sky.jpg is truncated|sky.jpg is damaged"),
    ],
)
def test_what_is_no_image_is_named_with_file_kind_and_remedy(data, words):
    for look in (cutout.read, cutout.check_header):
        with pytest.raises(ZooImageError, match=words) as caught:
            look(data, "sky.jpg")
        assert str(caught.value).startswith("sky.jpg ") and "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(MissingImage, match=r"1\.jpg does not exist"):
        cutout.read(tmp_path / "1.jpg")
    with pytest.raises(ZooImageError, match="is a folder, not an image"):
        cutout.read(tmp_path)


WHOLE = {
    "JPEG": JPEGS["plain"],
    "JPEG progressive": JPEGS["progressive"],
    "PNG": EIGHT_BITS["RGB"][0],
    "PNG 16 bits": DEEPS["RGB PNG"][0],
    "TIFF": saved(PICTURE, "TIFF"),
    "TIFF LZW": saved(PICTURE, "TIFF", compression="tiff_lzw"),
    "TIFF by tifffile": tiff(PIXELS, photometric="rgb", compression="deflate"),
    "TIFF float": tiff(PIXELS[..., 0] / np.float32(255)),
}


def refused_at(data: bytes, ends: list[int]) -> list[int]:
    """The lengths at which a truncated file is not refused as it should be: none, if all is well."""
    survived = []
    for end in ends:
        try:
            cutout.read(data[:end])
            survived.append(end)
        except ZooImageError:
            pass
    return survived


def cuts(data: bytes, count: int) -> list[int]:
    """Lengths spread over a file, the last sixteen bytes one by one."""
    return sorted({*np.linspace(0, len(data) - 1, count, dtype=int).tolist(), *range(len(data) - 16, len(data))})


@pytest.mark.parametrize("fast", [True, False], ids=["simplejpeg", "pillow"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_truncated_image_is_refused_wherever_it_ends(name, fast, monkeypatch):
    if not fast:
        monkeypatch.setattr(raster, "quick_jpeg", lambda data: None)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", not fast)  # what another package may have set
    cutout.read(WHOLE[name])
    assert refused_at(WHOLE[name], cuts(WHOLE[name], 60)) == []


@pytest.mark.torture
@pytest.mark.parametrize("name", WHOLE)
def test_a_truncated_image_is_refused_at_every_byte(name):
    assert refused_at(WHOLE[name], list(range(len(WHOLE[name])))) == []


def flipped(data: bytes, generator: random.Random, bits: int = 1) -> bytes:
    damaged = bytearray(data)
    for _ in range(bits):
        at = generator.randrange(len(damaged) * 8)
        damaged[at // 8] ^= 1 << at % 8
    return bytes(damaged)


def only_our_errors(data: bytes, count: int, seed: int) -> None:
    generator = random.Random(seed)
    for _ in range(count):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a warning would reach the user's terminal
                image = cutout.read(flipped(data, generator, 3), limits=[0, 1])
        except ZooImageError:
            continue
        assert image.dtype in (np.uint8, np.float32) and np.isfinite(image).all()


@pytest.mark.parametrize("name", WHOLE)
def test_flipped_bits_end_in_an_array_or_in_our_error(name):
    only_our_errors(WHOLE[name], 40, seed=0)


@pytest.mark.torture
@pytest.mark.parametrize("name", WHOLE)
def test_2000_flipped_bits_end_in_an_array_or_in_our_error(name):
    only_our_errors(WHOLE[name], 2000, seed=1)


def test_a_bomb_is_refused_by_its_header_without_being_decoded():
    head = chunk(b"IHDR", np.array([18000, 18000], ">u4").tobytes() + b"\x08\0\0\0\0")
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10**7))) + chunk(b"IEND", b"")
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ZooImageError, match="18000×18000 pixels in 3 bands, more than the 64,000,000"):
            cutout.read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_the_cap_on_pixels_counts_pixels_of_three_bands():
    assert cutout.read(EIGHT_BITS["RGB"][0], max_pixels=1200).shape == (3, 30, 40)
    with pytest.raises(ZooImageError, match="more than the 1,199"):
        cutout.read(EIGHT_BITS["RGB"][0], max_pixels=1199)


@pytest.mark.parametrize("name", [*EIGHT_BITS, *DEEPS])
def test_the_header_tells_the_shape_that_will_be_read(name):
    data = (EIGHT_BITS | DEEPS)[name][0]
    assert cutout.check_header(data)[2:] == cutout.read(data).shape


sizes = st.integers(1, 12)


@given(sizes, sizes, sizes)
def test_padding_and_cropping_back_is_the_identity(height, width, more):
    image = np.arange(1, 2 * height * width + 1, dtype=np.uint16).reshape(2, height, width)
    side = max(height, width)
    padded = cutout.fit(image, side + more)
    assert padded.sum() == image.sum()
    np.testing.assert_array_equal(cutout.fit(padded, side), cutout.fit(image, side))


@given(sizes, sizes, sizes)
def test_fitting_keeps_the_central_pixel_in_the_centre(height, width, size):
    image = np.zeros((1, height, width), np.uint8)
    image[0, height // 2, width // 2] = 1
    fitted = cutout.fit(image, size)
    assert fitted.shape == (1, size, size) and fitted[0, size // 2, size // 2] == 1


def test_simplejpeg_and_pillow_give_the_same_bits_of_real_galaxies(shared):
    pytest.importorskip("simplejpeg", reason="the extra `fast` is not installed")
    files = sorted((shared / "data").glob("*/images*/*.jpg"))[::250]
    for path in files:
        data = path.read_bytes()
        np.testing.assert_array_equal(raster.quick_jpeg(data), np.array(Image.open(BytesIO(data)).convert("RGB")))
    assert len(files) > 20


class TestFits:
    """The first image of two or three dimensions, as astropy has it."""

    @pytest.fixture(autouse=True)
    def astropy(self):
        self.fits = pytest.importorskip("astropy.io.fits", reason="the extra `fits` is not installed")

    def test_a_plane_is_one_band_and_a_cube_has_its_bands_first(self):
        plane = PIXELS[..., 0] / np.float32(255)
        cube = np.stack([plane, plane / 2])
        np.testing.assert_array_equal(cutout.read(fits(self.fits.PrimaryHDU(plane))), plane[None])
        np.testing.assert_array_equal(cutout.read(fits(self.fits.PrimaryHDU(cube.astype(">f4")))), cube)

    def test_the_first_image_counts_whatever_lies_before_it(self):
        table = self.fits.BinTableHDU.from_columns([self.fits.Column("x", "I", array=[1, 2])])
        line = self.fits.ImageHDU(np.zeros(5, np.uint8))
        units = [self.fits.PrimaryHDU(), table, line, self.fits.ImageHDU(PIXELS[..., 0])]
        np.testing.assert_array_equal(cutout.read(fits(*units)), PIXELS[None, ..., 0])

    def test_compressed_images_are_read(self):
        data = fits(self.fits.PrimaryHDU(), self.fits.CompImageHDU(PIXELS[..., 0]))
        np.testing.assert_array_equal(cutout.read(data), PIXELS[None, ..., 0])

    def test_unsigned_16_bits_are_divided_by_65535(self):
        image = cutout.read(fits(self.fits.PrimaryHDU(DEEP[..., 0])))
        np.testing.assert_array_equal(image, DEEP[None, ..., 0].astype(np.float32) / np.float32(65535))

    def test_scale_and_zero_are_applied(self):
        unit = self.fits.PrimaryHDU(np.arange(6, dtype=np.int16).reshape(2, 3))
        unit.header["BSCALE"], unit.header["BZERO"] = 0.1, 0.2
        image = cutout.read(fits(unit))
        np.testing.assert_allclose(image[0].ravel(), 0.2 + 0.1 * np.arange(6), atol=1e-6)

    def test_real_images_agree_with_astropy(self, shared):
        files = sorted((shared / "data/fits").glob("*/*.fits"))
        for path in files[::8]:
            with self.fits.open(path) as units:
                expected = next(u.data for u in units if u.is_image and u.data is not None).astype(np.float64)
            low, high = expected.min() - 1, expected.max() + 1
            np.testing.assert_allclose(
                cutout.read(path, limits=[low, high])[0], (expected - low) / (high - low), rtol=1e-6
            )
            assert cutout.check_header(path).height == expected.shape[0]

    def test_a_truncated_file_is_refused_with_its_bytes(self):
        data = fits(self.fits.PrimaryHDU(), self.fits.ImageHDU(PIXELS[..., 0]))
        assert refused_at(data, cuts(data, 60)) == []
        with pytest.raises(ZooImageError, match="is truncated: 8500 of at least 8640 bytes"):
            cutout.read(data[:8500])

    def test_a_file_without_image_lists_what_it_holds(self):
        with pytest.raises(ZooImageError, match=r"no image of 2 or 3 dimensions \(it holds PRIMARY 5\)"):
            cutout.read(fits(self.fits.PrimaryHDU(np.zeros(5))))

    def test_a_giant_is_refused_by_its_header(self):
        giant = fits(self.fits.PrimaryHDU(PIXELS[..., 0]))
        giant = giant.replace(b"NAXIS1  =                   40", b"NAXIS1  =               100000")
        with pytest.raises(ZooImageError):
            cutout.read(giant)

    def test_mutated_headers_end_in_an_array_or_in_our_error(self):
        only_our_errors(fits(self.fits.PrimaryHDU(PIXELS[:5, :5, 0])), 40, seed=2)

    @pytest.mark.torture
    def test_3000_mutated_headers_end_in_an_array_or_in_our_error(self):
        only_our_errors(fits(self.fits.PrimaryHDU(PIXELS[:5, :5, 0])), 3000, seed=3)

    def test_without_astropy_the_extra_is_named(self, monkeypatch):
        data = fits(self.fits.PrimaryHDU(PIXELS[..., 0]))
        monkeypatch.setitem(__import__("sys").modules, "astropy.io", None)
        with pytest.raises(ZooImageError, match=r"pip install 'galaxy-model-zoo\[fits\]'"):
            cutout.read(data)


def test_a_real_jpeg_is_three_bands_of_eight_bits(shared):
    image = cutout.read(next((shared / "data/kaggle_galaxy_zoo/images_test_rev1").glob("*.jpg")))
    assert image.shape == (3, 424, 424) and image.dtype == np.uint8


def test_looking_at_cutouts_imports_neither_torch_nor_astropy():
    import subprocess
    import sys

    code = "import sys, zoo.cutout; sys.exit(bool({'torch', 'astropy', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent).returncode == 0
