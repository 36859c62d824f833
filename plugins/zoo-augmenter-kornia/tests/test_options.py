"""What the winner had and did not use (spec B16, H): off by default, and each a function of the galaxy's own draws."""

import numpy as np
import pytest
import torch
from scipy import stats
from skimage.transform import AffineTransform
from zoo_augmenter_kornia import tone
from zoo_augmenter_kornia.matrices import perturbation

from zoo.errors import ZooError

from .test_matrices import about_centre, column, parameters
from .test_views import random_bytes, random_image

STILL = {"rotation": 0, "zoom": 0, "shift": 0, "flip": 0, "colour": 0}
ON = {"shear": 10, "gamma": 0.3, "noise": 0.02}


def with_shear(shear, **others):
    chosen = parameters(**others)
    object.__setattr__(chosen, "shear", column(shear))
    return chosen


def test_what_the_published_perturbations_draw_does_not_depend_on_the_options(make):
    plain, all_on = make(), make(**ON)
    assert (plain.num_draws, all_on.num_draws, make(noise=0.1).num_draws) == (6, 9, 7)
    draws = random_image(50, 9)
    published, chosen = plain.sample(draws[:, :6]), all_on.sample(draws)
    for name, value in vars(published).items():
        if name in ("shear", "exponent", "noise", "recentring"):
            assert value is None
        else:
            assert torch.equal(value, getattr(chosen, name)), name


def test_options_follow_their_distributions(make):
    draws = torch.from_numpy(np.random.default_rng(0).random((20_000, 9), dtype=np.float32))
    chosen = make(**ON).sample(draws)
    assert stats.kstest(chosen.shear.numpy(), stats.uniform(-10, 20).cdf).pvalue > 1e-4
    assert stats.kstest(chosen.exponent.numpy(), stats.loguniform(1 / 1.3, 1.3).cdf).pvalue > 1e-4
    assert torch.equal(chosen.noise, draws[:, 8].double())


@pytest.mark.parametrize("rotation, zoom, shear", [(0, 1, 20), (37, 1.15, -10), (-130, 0.8, 45)])
def test_a_shear_is_that_of_scikit_image(rotation, zoom, shear):
    found = perturbation(with_shear(shear, rotation=rotation, zoom=zoom))[0]
    turned = AffineTransform(scale=(1 / zoom, 1 / zoom), rotation=np.deg2rad(rotation)).params
    angle = np.deg2rad(shear)
    slant = [[1, -np.sin(angle), 0], [0, np.cos(angle), 0], [0, 0, 1]]  # scikit-image 0.9.3, which was used in 2014
    np.testing.assert_allclose(found, turned @ slant, atol=1e-12)


def test_a_flip_comes_before_the_shear():
    """As the published rotation + 180° with shear + 180° (B7): R(r + 180°) K(s + 180°) = R(r) K(s) F."""
    found = perturbation(with_shear(20.0, rotation=37.0, flip=True))[0]
    opposite = with_shear(200.0, rotation=217.0)
    np.testing.assert_allclose(found, perturbation(opposite)[0], atol=1e-12)
    np.testing.assert_allclose(about_centre(found), about_centre(perturbation(opposite)[0]), atol=1e-9)


def test_a_shear_makes_a_round_galaxy_long(make):
    """Why question 7, how round it is, is altered: both axes keep their direction and their lengths no longer agree."""
    across = perturbation(with_shear(30.0))[0, :2, :2]
    long, short = torch.linalg.svdvals(across)
    assert long / short == pytest.approx(np.sqrt(1.5 / 0.5)), "(1 + sin 30°) to (1 − sin 30°)"


def test_gamma_is_a_power_and_keeps_black_and_white(make):
    augmenter, images = make(**STILL, gamma=0.5), random_bytes(5, 3, 60, 60)
    images[0], images[1] = 0, 255
    chosen = augmenter.sample(random_image(5, 7))
    found, plain = augmenter.views(images, chosen), augmenter.views(images, augmenter.canonical(5))
    exponents = chosen.exponent.float().view(1, 5, 1, 1, 1)
    torch.testing.assert_close(found, plain**exponents)
    assert (found[:, 0] == 0).all() and (found[:, 1] == 1).all()


@pytest.mark.parametrize("per_view", [False, True])
def test_noise_is_gaussian_of_the_strength_given_and_shared_unless_each_view_has_its_own(make, per_view):
    augmenter = make(**STILL, noise=0.05, noise_per_view=per_view)
    grey = torch.full((3, 3, 300, 300), 0.5)
    grain = (augmenter.views(grey, augmenter.sample(random_image(3, 7))) - 0.5) / 0.05
    assert stats.kstest(grain[0].flatten().numpy(), "norm").pvalue > 1e-4
    assert torch.equal(grain[0], grain[1]) != per_view
    for several in (grain[0], grain[0, 0]):
        apart = np.corrcoef(several.flatten(1).numpy())
        assert np.abs(apart - np.eye(3)).max() < 0.1, "galaxies and bands have noise of their own"


def test_noise_is_a_function_of_the_galaxys_own_draw():
    seeds = random_image(4, dtype=torch.float64)
    together = tone.noise(seeds, 2, 3, 8)
    torch.manual_seed(3)
    for k, seed in enumerate(seeds):
        assert torch.equal(tone.noise(seed[None], 2, 3, 8)[:, 0], together[:, k])
    assert tone.noise(seeds[:0], 2, 3, 8).shape == (2, 0, 3, 8, 8)


def test_an_image_divided_by_its_maximum_does_not_know_its_brightness(make):
    augmenter = make(colour=0, normalise="maximum")
    images = random_image(2, 3, 60, 60)
    chosen = augmenter.sample(random_image(2, 6))
    found = augmenter.views(images, chosen)
    torch.testing.assert_close(augmenter.views(images * 0.3, chosen), found)
    assert (augmenter.views(torch.zeros_like(images), chosen) == 0).all()


def test_views_of_several_scales_are_views_of_each_scale(make):
    images, chosen = random_bytes(3, 3, 100, 90), make().sample(random_image(3, 6))
    several = make(factor=[3, 1.5, 0.5], angles=[0, 45, 0]).views(images, chosen)
    for k, (factor, angle) in enumerate([(3, 0), (1.5, 45), (0.5, 0)]):
        assert torch.equal(several[k], make(factor=factor, angles=[angle]).views(images, chosen)[0])


@pytest.mark.parametrize(
    "value, sentence",
    [
        ({"factor": [3, 1.5, 1]}, "The augmenter has 3 factors for 2 angles: give one of each for every view."),
        ({"factor": [3, 0]}, "The augmenter's factor is 0: give it a value from 0.01 to inf."),
        ({"shear": 90}, "The augmenter's shear is 90: give it a value from 0 to 45."),
        ({"noise": -1}, "The augmenter's noise is -1: give it a value from 0 to inf."),
        ({"normalise": "mean"}, "augmenter.normalise=mean is unknown: choose none or maximum."),
    ],
)
def test_impossible_options_are_refused(make, value, sentence):
    with pytest.raises(ZooError) as refused:
        make(**value)
    assert str(refused.value) == sentence
