"""The pixels of views: golden values, two slow witnesses, and exact symmetries."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import AffineTransform
from skimage.transform import warp as skimage_warp
from zoo_augmenter_kornia.affine import POINTS_AT_ONCE, Affine
from zoo_augmenter_kornia.parameters import unperturbed
from zoo_augmenter_kornia.resample import resample

from . import reference
from .test_matrices import CASES, angles, of_case, parameters, shifts, sizes, zooms

PIXELS = {torch.float32: 1e-5, torch.float64: 1e-6}


def random_image(*shape, seed=0, dtype=torch.float32):
    return torch.from_numpy(np.random.default_rng(seed).random(shape)).to(dtype)


def random_bytes(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def draws(n, seed=0):
    return random_image(n, 6, seed=seed)


@pytest.mark.parametrize("dtype", PIXELS)
@pytest.mark.parametrize("name", CASES)
def test_pixels_are_the_golden_ones(make, shared, name, dtype):
    golden = reference.golden(shared, "affine")
    case, image = golden["cases"][name], torch.from_numpy(reference.analytic_image())
    assert image.mean().item() == pytest.approx(golden["test_image_mean"], abs=1e-12)
    views = make(colour=0).views(image[None].to(dtype), of_case(case))[:, 0].double()
    column, row = np.array(golden["probe_points_col_row"]).T
    for view, name_of_view in zip(views, ("view0", "view45"), strict=True):
        if expected := case.get(name_of_view):
            found = view[:, row, column].T
            np.testing.assert_allclose(found, expected["probe_values"], atol=PIXELS[dtype])
            np.testing.assert_allclose(view.mean((1, 2)), expected["mean_per_channel"], atol=PIXELS[dtype])
            assert view.std(correction=0).item() == pytest.approx(expected["std_all"], abs=PIXELS[dtype])


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_resampling_is_the_plain_inverse_map(dtype, tolerance):
    image = random_image(2, 9, 12, dtype=torch.float64)
    for rotation, zoom, shift, flip in [
        (0, 1, (0, 0), False),
        (37, 0.4, (2.5, -1.25), True),
        (-130, 0.2, (9, 4), False),
    ]:
        matrix = reference.full(rotation, zoom, shift, flip, 45, 1.5, 11, 9, 12)
        found = resample(image[None].to(dtype), torch.from_numpy(matrix)[None, None], 11)[0, 0]
        np.testing.assert_allclose(found, reference.warp(image.numpy(), matrix, 11), atol=tolerance)


@settings(deadline=None, max_examples=50)
@given(
    angles, zooms, shifts, st.booleans(), sizes, sizes, st.sampled_from([(torch.float32, 1e-6), (torch.float64, 1e-10)])
)
def test_x02_resampling_is_that_of_scikit_image(rotation, zoom, shift, flip, height, width, kind):
    dtype, tolerance = kind
    image = random_image(height, width, seed=height, dtype=dtype)
    matrix = reference.full(rotation, zoom, shift, flip, 45, 1.5, 16, height, width)
    found = resample(image[None, None], torch.from_numpy(matrix)[None, None], 16)[0, 0, 0].numpy()
    expected = skimage_warp(
        image.double().numpy(), AffineTransform(matrix), output_shape=(16, 16), order=1, mode="reflect", clip=False
    )
    np.testing.assert_allclose(found, expected, atol=tolerance)


def test_x01_one_warp_is_not_two_resamplings(make):
    image = random_image(1, 1, 64, 64)
    once = make(view_size=64, factor=1, angles=[0])
    turned = once.views(image, parameters(20.0))[0]
    twice = once.views(turned, parameters(25.0))[0]
    at_once = once.views(image, parameters(45.0))[0]
    inner = (..., slice(20, 44), slice(20, 44))
    assert twice[inner].std() < 0.9 * at_once[inner].std(), "interpolating twice must blur more than once"


@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("quarter", range(5))
@pytest.mark.parametrize("flip", [False, True])
def test_x03_quarter_turns_and_flips_move_whole_pixels(make, size, quarter, flip):
    image = random_bytes(2, 3, size, size)
    views = make(view_size=size, factor=1, angles=[0]).views(image, parameters(90.0 * quarter, flip=flip))
    turned = torch.rot90(image, quarter, (-2, -1))
    assert torch.equal(views[0], (turned.flip(-1) if flip else turned) / 255)


def test_a_positive_rotation_turns_the_galaxy_counter_clockwise_as_displayed(make):
    arrow = torch.zeros(1, 1, 9, 9)
    arrow[..., 4, 8] = 1
    turned = make(view_size=9, factor=1, angles=[0]).views(arrow, parameters(90.0))[0, 0, 0]
    assert turned[0, 4] == 1


def test_a_view_at_an_angle_is_a_rotation(make):
    image = random_bytes(1, 3, 40, 40)
    at_angle = make(view_size=20, factor=1.5, angles=[36]).views(image, parameters(10.0))
    torch.testing.assert_close(at_angle, make(view_size=20, factor=1.5, angles=[0]).views(image, parameters(46.0)))


@pytest.mark.parametrize("bands", [1, 2, 3, 5])
@pytest.mark.parametrize("height, width", [(424, 424), (423, 423), (64, 60), (2, 3)])
def test_images_of_any_size_and_number_of_bands_are_seen(make, bands, height, width):
    augmenter = make()
    views = augmenter.views(random_bytes(3, bands, height, width), augmenter.sample(draws(3)))
    assert views.shape == (2, 3, bands, 69, 69)
    assert views.dtype == torch.float32 and views.is_contiguous()
    assert views.min() >= 0 and views.max() <= 1


def test_a_constant_image_stays_constant_beyond_its_border(make):
    augmenter = make(colour=0)
    views = augmenter.views(torch.full((4, 3, 50, 70), 0.25), augmenter.sample(draws(4)))
    torch.testing.assert_close(views, torch.full_like(views, 0.25))


def test_uint8_counts_from_0_to_255(make):
    augmenter, image = make(), random_bytes(3, 3, 424, 424)
    chosen = augmenter.sample(draws(3))
    torch.testing.assert_close(augmenter.views(image, chosen), augmenter.views(image / 255, chosen), atol=1e-6, rtol=0)


def test_memory_order_does_not_matter(make):
    augmenter, image = make(), random_bytes(3, 3, 100, 90)
    chosen = augmenter.sample(draws(3))
    for other in (image.to(memory_format=torch.channels_last), random_bytes(3, 3, 120, 110)[..., 5:105, 7:97]):
        assert torch.equal(augmenter.views(other, chosen), augmenter.views(other.contiguous(), chosen))


def test_a_batch_is_its_galaxies_one_by_one(make):
    n, augmenter = POINTS_AT_ONCE // 69**2 + 3, make()
    images, chosen = random_bytes(n, 3, 100, 100), augmenter.sample(draws(n))
    together = augmenter.views(images, chosen)
    for k in range(n):
        one = type(chosen)(**{name: v if v is None else v[k : k + 1] for name, v in vars(chosen).items()})
        assert torch.equal(augmenter.views(images[k : k + 1], one), together[:, k : k + 1])


@pytest.mark.parametrize(("views", "galaxies"), [(2 * POINTS_AT_ONCE // 45**2 + 1, 2), (3, POINTS_AT_ONCE // 45**2)])
def test_many_views_are_those_of_one_resampling_however_they_are_divided(make, views, galaxies):
    images, turns = random_bytes(galaxies, 3, 60, 60), torch.eye(3, dtype=torch.float64).repeat(views, galaxies, 1, 1)
    turns[..., :2, 2] = torch.rand(views, galaxies, 2, generator=torch.manual_seed(0)) * 10
    assert torch.equal(make().warp(images, turns, 45), resample(images, turns, 45) / 255)


def test_no_galaxies_give_no_views(make):
    assert make().views(random_bytes(0, 3, 50, 50), make().canonical(0)).shape == (2, 0, 3, 69, 69)


def test_parameters_of_one_galaxy_serve_the_batch(make):
    augmenter, images = make(), random_bytes(11, 3, 100, 100)
    one = augmenter.sample(draws(1))
    each = type(one)(**{name: v if v is None else v.repeat(11) for name, v in vars(one).items()})
    assert torch.equal(augmenter.views(images, one), augmenter.views(images, each))


def test_half_precision_around_the_augmenter_does_not_reach_it(make):
    """Where a network trains in bf16, positions in the image must stay exact."""
    augmenter, images = make(), random_bytes(3, 3, 424, 424)
    exact = augmenter.views(images, augmenter.sample(draws(3)))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(augmenter.views(images, augmenter.sample(draws(3))), exact)


def test_views_leave_the_images_alone(make):
    image = random_image(2, 3, 50, 50)
    before = image.clone()
    make().views(image, make().sample(draws(2)))
    assert torch.equal(image, before)


def test_unperturbed_views_average_two_by_two_pixels(make):
    """With the offset 109.5 of B2 each pixel of the plain view lies between four of the image (B8)."""
    image = random_image(1, 3, 424, 424)
    view = make().views(image, make().canonical(1))[0, 0]
    corner = image[0, :, 109:111, 109:111].mean((1, 2))
    torch.testing.assert_close(view[:, 0, 0], corner)
    torch.testing.assert_close(view[:, 68, 34], image[0, :, 313:315, 211:213].mean((1, 2)))


def test_no_published_perturbation_looks_beyond_the_frame(make, shared):
    golden = reference.golden(shared, "affine")
    corners = torch.tensor([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]], dtype=torch.float64).T
    for augmenter in (make(), make(view_size=128, factor=1.75, angles=[0])):
        extreme = [
            augmenter.matrices(parameters(rotation, 1 / 1.3, (x, y)), 424, 424)
            for rotation in range(0, 360, 5)
            for x, y in ((4, 4), (-4, 4), (4, -4), (-4, -4))
        ]
        scaled = corners * torch.tensor([augmenter.view_size - 1, augmenter.view_size - 1, 1])[:, None]
        reach = (torch.cat(extreme) @ scaled)[..., :2, :].sub(reference.CENTRE).abs().max().item()
        assert reach < reference.CENTRE
        if augmenter.view_size == 69:
            assert reach == pytest.approx(golden["max_abs_offset_from_center_training_px"], abs=1e-9)


def test_the_colour_offset_is_the_golden_one(make, shared):
    golden = reference.golden(shared, "affine")["brightness"]
    chosen = parameters()
    object.__setattr__(chosen, "colour", torch.tensor([golden["example_alpha_z"] * golden["alpha_std"]]).double())
    images = torch.full((1, 3, 60, 60), 0.5)
    found = make().views(images, chosen) - make().views(images, parameters())
    expected = torch.tensor(golden["example_offset_rgb"]).view(1, 1, 3, 1, 1).expand_as(found)
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=0)


def test_colour_is_the_same_in_all_views_and_clipped(make):
    chosen = unperturbed(torch.zeros(2).double())
    object.__setattr__(chosen, "colour", torch.tensor([3.0, -100.0]).double())
    views = make().views(torch.full((2, 3, 60, 60), 0.02), chosen)
    assert torch.equal(views[0], views[1])
    assert (views[:, 1] == 1).all() and (views[:, 0, 0] == 0).all()


def test_images_without_three_bands_keep_their_colour(make):
    images = random_bytes(3, 4, 60, 60)
    strong, none = make(colour=5), make(colour=0)
    assert torch.equal(strong.views(images, strong.sample(draws(3))), none.views(images, none.sample(draws(3))))


def test_gradients_reach_the_image(make):
    image = random_image(1, 1, 6, 6, dtype=torch.float64).requires_grad_()
    matrix = torch.from_numpy(reference.full(30, 1.1, (0.3, 0.2), True, 45, 1.5, 4, 6, 6))[None, None]
    assert torch.autograd.gradcheck(lambda x: resample(x, matrix, 4), image)
    small = Affine(4, 1.0, [0.0], 180, 0.3, 1, 0.5, 0.5, ())
    small.views(image.float(), small.sample(draws(1))).sum().backward()
    assert image.grad.sum() > 0


def test_float32_coordinates_stay_within_the_tolerance():
    """Apple's devices have no float64: there the matrices are rounded to float32."""
    image = random_bytes(1, 3, 424, 424)
    matrix = torch.from_numpy(reference.full(37, 1.15, (2.5, -1.25), False, 0, 3, 69, 424, 424))[None, None]
    exact, rounded = (resample(image, matrix.to(dtype), 69) / 255 for dtype in (torch.float64, torch.float32))
    assert (exact - rounded).abs().max() < 1e-4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_and_cpu_give_the_same_views(make):
    augmenter, images = make(), random_bytes(20, 3, 424, 424)
    chosen = augmenter.sample(draws(20))
    torch.testing.assert_close(augmenter.views(images.cuda(), chosen).cpu(), augmenter.views(images, chosen))
