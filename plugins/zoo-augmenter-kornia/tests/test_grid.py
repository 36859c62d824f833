"""Test-time grids."""

import numpy as np
import pytest
import torch
from zoo_augmenter_kornia.affine import GRIDS
from zoo_augmenter_kornia.matrices import perturbation

from zoo.errors import ZooError

from . import reference
from .test_matrices import about_centre


def test_published60_is_the_golden_list(make, shared):
    golden = reference.golden(shared, "tta60")["transforms"]
    grid = make().grid("published60")
    assert len(grid) == len(golden) == 60
    for found, expected in zip(grid, golden, strict=True):
        assert found.rotation.item() == pytest.approx(expected["rotation_deg"], abs=1e-9)
        assert found.zoom.item() == pytest.approx(expected["zoom"], abs=1e-9)
        assert found.flip.item() == expected["flip"]
        np.testing.assert_allclose(about_centre(perturbation(found)[0]), expected["augment_matrix"], atol=1e-9)


@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_holds_parameters_of_one_galaxy_without_shift_or_colour(make, name):
    for parameters in make().grid(name):
        assert all(len(value) == 1 for value in vars(parameters).values() if value is not None)
        assert not parameters.shift_x and not parameters.shift_y and not parameters.colour


def test_the_mean_over_dihedral8_does_not_see_quarter_turns_and_flips(make):
    """Law X05: averaging over a group is invariant under it."""
    augmenter = make(view_size=20, factor=1.5, angles=[0])
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 3, 40, 40), dtype=np.uint8))
    weights = torch.linspace(-1, 1, 400).view(20, 20)

    def mean_score(image):
        return sum((augmenter.views(image, p)[0] * weights).sum() ** 2 for p in augmenter.grid("dihedral8")) / 8

    expected = mean_score(image)
    for quarter in range(4):
        turned = torch.rot90(image, quarter, (-2, -1))
        torch.testing.assert_close(mean_score(turned), expected)
        torch.testing.assert_close(mean_score(turned.flip(-1)), expected)


def test_an_unknown_grid_is_refused_with_the_known_ones(make):
    with pytest.raises(ZooError) as refused:
        make().grid("published6")
    sentence = "Test-time averaging knows no grid 'published6': choose one of none, published60, dihedral8."
    assert str(refused.value) == sentence
