"""The matrices are those of the published solution (spec B), to 1e-9."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo_augmenter_kornia.matrices import perturbation, petrosian_scale, recentring, view_to_centre
from zoo_augmenter_kornia.parameters import Parameters

from zoo.errors import ZooError

from . import reference

CASES = ["identity", "fixed", "fixed_flip", "sextractor_plus_fixed", "reflecting_border"]
CENTRE = torch.tensor([reference.CENTRE] * 2, dtype=torch.float64)

angles = st.floats(-360, 360)
zooms = st.floats(1 / 1.3, 1.3)
shifts = st.tuples(st.floats(-10, 10), st.floats(-10, 10))
sizes = st.integers(8, 128)


def column(value, dtype=torch.float64):
    return torch.tensor([value], dtype=dtype)


def parameters(rotation=0.0, zoom=1.0, shift=(0.0, 0.0), flip=False, recentre=None):
    """Parameters of one galaxy without colour."""
    return Parameters(
        rotation=column(rotation),
        zoom=column(zoom),
        shift_x=column(shift[0]),
        shift_y=column(shift[1]),
        flip=column(flip, torch.bool),
        colour=column(0.0),
        recentring=None if recentre is None else column(recentre),
    )


def of_case(case):
    """The parameters of a golden case."""
    given, measured = case["params"], case["params"].get("sex")
    recentre = None
    if measured:
        scale = petrosian_scale(column(measured["a"]), column(measured["petro"])).item()
        recentre = (measured["x"], measured["y"], scale)
    return parameters(given["rotation"], given["zoom"], given["translation"], given["flip"], recentre)


def about_centre(matrix):
    """A centre-relative matrix as the golden files write it: about the centre of a 424-pixel image."""
    return reference.about(reference.CENTRE, reference.CENTRE, np.asarray(matrix))


def test_downsampling_and_the_45_degree_view_are_the_published_ones(make, shared):
    golden = reference.golden(shared, "affine")
    plain, turned = make().matrices(parameters(), 424, 424)[:, 0].numpy()
    np.testing.assert_allclose(plain, golden["ds_matrix"], atol=1e-9)
    np.testing.assert_allclose(turned, golden["ds45_matrix"], atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_matrices_of_both_views_are_the_golden_ones(make, shared, name):
    case = reference.golden(shared, "affine")["cases"][name]
    found = make().matrices(of_case(case), 424, 424)[:, 0].numpy()
    np.testing.assert_allclose(found[0], case["view0"]["matrix"], atol=1e-9)
    if "view45" in case:
        np.testing.assert_allclose(found[1], case["view45"]["matrix"], atol=1e-9)


@pytest.mark.parametrize("name", ["identity", "fixed", "fixed_flip"])
def test_perturbations_are_the_golden_ones(shared, name):
    case = reference.golden(shared, "affine")["cases"][name]
    found = about_centre(perturbation(of_case(case))[0])
    np.testing.assert_allclose(found, case["augment_matrix"], atol=1e-9)


def test_recentring_is_the_golden_one(shared):
    case = reference.golden(shared, "affine")["cases"]["sextractor_plus_fixed"]
    found = about_centre(recentring(of_case(case).recentring, CENTRE)[0])
    np.testing.assert_allclose(found, case["sex_matrix"], atol=1e-9)


def test_the_recentring_scale_is_clamped(shared):
    case = reference.golden(shared, "affine")["cases"]["reflecting_border"]
    assert of_case(case).recentring[0, 2].item() == pytest.approx(case["scale_clipped"], abs=1e-12)
    assert case["scale_raw"] < case["scale_clipped"]


@pytest.mark.parametrize("table", ["gen1_train", "gen1_test", "gen2_train", "gen2_test"])
def test_scales_of_the_published_tables_are_the_golden_ones(shared, table):
    golden = reference.golden(shared, "sextractor_stats")[table]
    rows = torch.tensor(golden["first_rows_x_y_a_petro"], dtype=torch.float64)
    np.testing.assert_allclose(petrosian_scale(rows[:, 2], rows[:, 3]), golden["first_scale"], atol=1e-9)


def test_a_galaxy_that_was_not_detected_is_not_recentred(make):
    scale = petrosian_scale(column(float("nan")), column(5.0)).item()
    plain = make().matrices(parameters(20.0), 424, 424)
    assert scale == 1
    for lost in [(reference.CENTRE, reference.CENTRE, scale), (float("nan"),) * 3]:
        assert torch.equal(make().matrices(parameters(20.0, recentre=lost), 424, 424), plain)


def test_recentring_puts_the_measured_position_in_the_middle(make):
    measured = (230.0, 190.0, 1.2)
    x, y, _ = make().matrices(parameters(33.0, 1.1, recentre=measured), 424, 424)[0, 0] @ column([34.0, 34.0, 1.0])[0]
    assert (x.item(), y.item()) == pytest.approx(measured[:2], abs=1e-9)


def test_parameters_of_one_galaxy_meet_the_recentring_of_each(make):
    one, many = parameters(20.0), torch.tensor([[211.5, 211.5, 1.0], [220.0, 200.0, 1.1]], dtype=torch.float64)
    together = make().matrices(Parameters(**{**vars(one), "recentring": many}), 424, 424)
    for k, row in enumerate(many.tolist()):
        assert torch.equal(together[:, k], make().matrices(parameters(20.0, recentre=row), 424, 424)[:, 0])


@settings(deadline=None, max_examples=50)
@given(angles, zooms, shifts, st.booleans(), angles, st.floats(0.5, 4), st.integers(5, 90), sizes, sizes)
def test_composed_matrix_is_the_product_of_its_factors(rotation, zoom, shift, flip, angle, factor, size, height, width):
    from zoo_augmenter_kornia.affine import Affine

    augmenter = Affine(size, factor, [angle], 180, 0.3, 4, 0.5, 0.0, ())
    found = augmenter.matrices(parameters(rotation, zoom, shift, flip), height, width)[0, 0]
    expected = reference.full(rotation, zoom, shift, flip, angle, factor, size, height, width)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@settings(deadline=None, max_examples=50)
@given(angles, zooms, shifts, st.booleans())
def test_x01_a_perturbation_times_its_inverse_is_nothing(rotation, zoom, shift, flip):
    matrix = perturbation(parameters(rotation, zoom, shift, flip))[0]
    torch.testing.assert_close(matrix @ matrix.inverse(), torch.eye(3, dtype=torch.float64), atol=1e-10, rtol=0)


@settings(deadline=None, max_examples=50)
@given(angles, angles, zooms, zooms)
def test_x01_turns_and_zooms_compose(first, second, zoom_1, zoom_2):
    one_by_one = perturbation(parameters(first, zoom_1)) @ perturbation(parameters(second, zoom_2))
    at_once = perturbation(parameters(first + second, zoom_1 * zoom_2))
    torch.testing.assert_close(one_by_one, at_once, atol=1e-10, rtol=0)


@settings(deadline=None, max_examples=50)
@given(st.floats(1, 359), zooms)
def test_the_flip_comes_before_the_turn(angle, zoom):
    """The trap of B7: turning first would turn flipped galaxies the other way."""
    matrix = perturbation(parameters(angle, zoom, flip=True))[0].numpy()
    turn_of_flip = reference.turn(angle) @ reference.linear(-1 / zoom, 0, 0, 1 / zoom)
    np.testing.assert_allclose(matrix, turn_of_flip, atol=1e-12)
    assert np.linalg.det(matrix) < 0


def test_the_view_is_centred_on_the_image_whatever_their_sizes():
    centre = view_to_centre([0.0, 45.0], [1.75, 1.75], 128) @ torch.tensor([63.5, 63.5, 1.0], dtype=torch.float64)
    np.testing.assert_allclose(centre, [[0, 0, 1]] * 2, atol=1e-12)


@pytest.mark.parametrize("row", range(3))
def test_sextractor_scale(make, shared, row: int):
    """The first rows of the published table give the published scales, and their positions stay one pixel off."""
    golden = json.loads((shared / "spec/golden/sextractor_stats.json").read_text())["gen2_train"]
    x, y, a, petro = golden["first_rows_x_y_a_petro"][row]
    measured = column([x, y, a, a, 0.0, petro])
    augmenter = make(recentre="gen2")
    found = augmenter.at(augmenter.canonical(1), measured).recentring[0]
    torch.testing.assert_close(found, column([x, y, golden["first_scale"][row]])[0], rtol=0, atol=1e-9)
    corrected = make(recentre="gen2", recentre_bias=0.0).at(augmenter.canonical(1), measured).recentring[0]
    torch.testing.assert_close(found[:2] - corrected[:2], torch.ones(2, dtype=torch.float64))


def test_recentring_without_measurements_is_refused(make):
    augmenter = make(recentre="gen1")
    with pytest.raises(ZooError, match="was told no measurement"):
        augmenter.at(augmenter.canonical(1), None)
    with pytest.raises(ZooError, match="recentre=gen3 is unknown: choose none, gen1, gen2"):
        make(recentre="gen3")
