"""Keras' augmentation is that of Khan et al. (2019): its matrix to 1e-9, its pixels as Pillow and SciPy make them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo_augmenter_kornia.keras import Perturbation, nearest

from zoo import build, compose
from zoo.errors import ZooError

from . import reference

SWAP = np.eye(3)[[1, 0, 2]]
"""From (x, y) to (row, column) and back."""


def keras(**changes):
    return build.part("augmenter", "keras", compose.part_values("augmenter", "keras") | changes)


def one(theta=0.0, tx=0.0, ty=0.0, zx=1.0, zy=1.0, flip_rows=False, flip_columns=False):
    """Parameters of one galaxy in the words of Keras, where x is the row."""
    pairs = (torch.tensor([[second, first]], dtype=torch.float64) for first, second in ((tx, ty), (zx, zy)))
    rotation = torch.tensor([theta], dtype=torch.float64)
    return Perturbation(rotation, *pairs, torch.tensor([[flip_columns, flip_rows]]))


def galaxies(n, size, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (n, 3, size, size), dtype=np.uint8))


def uniforms(n, seed=0):
    return torch.rand(n, 7, generator=torch.Generator().manual_seed(seed))


def test_keras_affine(shared):
    golden = reference.golden(shared, "keras_affine")
    given = dict(golden["params"])
    augmenter = keras(view_size=given.pop("n"))
    found = SWAP @ augmenter.matrices(one(**given))[0].numpy() @ SWAP
    np.testing.assert_allclose(found, golden["matrix_rowcol"], atol=1e-9)
    assert augmenter.centre == golden["center"]


def test_the_published_ranges_are_the_golden_ones(shared):
    ranges = reference.golden(shared, "keras_affine")["ranges"]
    augmenter, n = keras(), 224
    low, high = augmenter.sample(torch.zeros(1, 7)), augmenter.sample(torch.full((1, 7), 1 - 2**-24))
    assert [low.rotation.item(), high.rotation.item()] == pytest.approx(ranges["rotation_deg"], abs=1e-4)
    for axis in range(2):
        found = [p.shift[0, axis].item() / n for p in (low, high)]
        assert found == pytest.approx(ranges["shift_frac"], abs=1e-6)
        assert [p.zoom[0, axis].item() for p in (low, high)] == pytest.approx(ranges["zoom_per_axis_independent"])
    assert low.flip.all() and not high.flip.any() and augmenter.flip == ranges["flip_h"] == ranges["flip_v"]


@settings(deadline=None, max_examples=12)
@given(
    st.floats(-45, 45),
    st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
    st.tuples(st.floats(0.7, 1.3), st.floats(0.7, 1.3)),
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from(["as_coded", "corrected"]),
)
def test_pixels_are_those_of_pillow_and_scipy(theta, shift, zoom, flip, centre):
    """The nearest resize is a choice of pixels, so that one interpolation gives what resizing and warping gives."""
    size, image = 56, galaxies(1, 50)
    augmenter = keras(view_size=size, centre=centre)
    found = augmenter.views(image, one(theta, *shift, *zoom, *flip))[0, 0].numpy()
    about = {"as_coded": size / 2 + 0.5, "corrected": size / 2 - 0.5}[centre]
    matrix = reference.keras_matrix(size, theta, *shift, *zoom, about)
    np.testing.assert_allclose(found, reference.keras_view(image[0].numpy(), matrix, *flip, size), atol=1e-6)


@pytest.mark.parametrize("size", [200, 224, 424])
def test_galaxies_as_they_are_are_pillow_s_nearest_pixels(size):
    image = galaxies(1, size)
    found = keras().views(image, keras().canonical(1))[0, 0].numpy()
    expected = reference.keras_view(image[0].numpy(), np.eye(3), False, False, 224)
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_turns_leave_the_pixel_they_turn_about_where_it_is():
    """As coded it is one pixel right of and below the centre of the view."""
    for centre, offset in (("as_coded", 1.0), ("corrected", 0.0)):
        point = torch.tensor([111.5 + offset] * 2 + [1], dtype=torch.float64)
        torch.testing.assert_close(keras(centre=centre).matrices(one(theta=33.0, zx=0.8))[0] @ point, point)


def test_axes_are_stretched_each_by_itself():
    zoom = keras().sample(uniforms(500)).zoom
    assert abs(np.corrcoef(zoom.T)[0, 1]) < 0.15 and zoom.std(0).min() > 0.15


def test_beyond_the_border_its_nearest_pixel_is_repeated():
    image = galaxies(1, 16)
    view = keras(view_size=16).views(image, one(tx=-40.0))[0, 0]
    assert torch.equal(view, (image[0, :, :1] / 255).expand_as(view))


def test_random_evaluation_perturbs_each_image_in_its_own_way_and_always_so():
    augmenter, images = keras(evaluation="random", view_size=32), galaxies(4, 32)
    together = augmenter.views(images, augmenter.canonical(4))
    backwards = augmenter.views(images.flip(0), augmenter.canonical(4)).flip(1)
    assert torch.equal(together, backwards), "views depend on the order of galaxies"
    assert not torch.equal(together, keras(view_size=32).views(images, keras().canonical(4)))
    other = keras(evaluation="random", view_size=32, evaluation_seed=1)
    assert not torch.equal(together, other.views(images, other.canonical(4)))


def test_grids_are_plain_where_evaluation_is_random():
    augmenter, images = keras(evaluation="random", view_size=32), galaxies(2, 32)
    plain = augmenter.views(images, augmenter.grid("flips4")[0])
    assert torch.equal(plain[0], nearest(images, 32) / 255)
    assert torch.equal(augmenter.views(images, augmenter.grid("flips4")[3]), plain.flip(-1, -2))


def test_no_galaxies_give_no_views():
    for evaluation in ("plain", "random"):
        augmenter = keras(evaluation=evaluation)
        assert augmenter.views(galaxies(0, 50), augmenter.canonical(0)).shape == (1, 0, 3, 224, 224)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"centre": "middle"}, "augmenter.centre=middle is unknown: choose as_coded or corrected"),
        ({"evaluation": "rnd"}, "augmenter.evaluation=rnd is unknown: choose plain or random"),
        ({"zoom": 1.0}, "zoom is 1.0: give it a value from 0 to 0.99"),
    ],
)
def test_impossible_values_are_refused(wrong, words):
    with pytest.raises(ZooError, match=words):
        keras(**wrong)
