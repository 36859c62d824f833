"""Laws of the population: reproducible, ordered by nothing, and near what volunteers said of real galaxies."""

import math

import numpy as np
import pytest
from zoo_dataset_simulated import classes
from zoo_dataset_simulated.bodies import scaled
from zoo_dataset_simulated.draws import PURPOSES, stream
from zoo_dataset_simulated.population import SHARES, draw_galaxy
from zoo_dataset_simulated.simulated import Simulated, position

from . import reference


@pytest.fixture(scope="module")
def votes(tree, tmp_path_factory):
    """The votes of 1500 galaxies, none of which is rendered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        return Simulated(tree, size=1500).votes


def test_a_galaxy_follows_from_seed_and_number_alone():
    drawn = {(s, i): draw_galaxy(stream(s, i, "galaxy")) for s in (0, 1) for i in (0, 1, 2)}
    assert all(draw_galaxy(stream(s, i, "galaxy")) == galaxy for (s, i), galaxy in reversed(drawn.items()))
    assert len({repr(galaxy) for galaxy in drawn.values()}) == 6


def test_streams_of_different_purposes_differ():
    assert len({stream(0, 0, purpose).random() for purpose in PURPOSES}) == len(PURPOSES)


def test_shares_of_the_families_sum_to_one():
    assert math.isclose(sum(SHARES.values()), 1)


def test_discs_are_seen_from_random_directions():
    bodies = [draw_galaxy(stream(3, i, "galaxy")).main for i in range(1500)]
    cosines = [math.cos(body.inclination) for body in bodies if body.family == "spiral"]
    np.testing.assert_allclose(np.quantile(cosines, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.05)


def test_scaling_a_body_scales_its_lengths_only():
    body = draw_galaxy(stream(0, 1, "galaxy")).main
    twice = scaled(body, 2.0)
    assert (twice.scale, twice.bar_length) == (2 * body.scale, 2 * body.bar_length)
    assert (twice.bulge, twice.pitch, twice.flux) == (body.bulge, body.pitch, body.flux)


def test_positions_are_uniform_on_the_sphere():
    dec = np.array([position(0, index)[1] for index in range(2000)])
    low, middle, high = np.quantile(np.sin(np.deg2rad(dec)), [0.02, 0.5, 0.98]) / math.sin(math.radians(60))
    assert (low, middle, high) == pytest.approx((0.02, 0.5, 0.98), abs=0.03)


def test_mean_fractions_are_near_the_real_ones(votes, real):
    differences = votes.mean(0) - real.drop(columns="label").to_numpy().mean(0)
    assert np.abs(differences).max() < 0.08
    assert math.sqrt((differences**2).mean()) < 0.03


def test_fractions_scatter_as_the_real_ones_do(votes, real):
    truth = real.drop(columns="label").to_numpy()
    assert math.sqrt(votes.var(0).mean()) == pytest.approx(math.sqrt(truth.var(0).mean()), rel=0.08)
    assert math.sqrt(((truth - votes.mean(0)) ** 2).mean()) < 0.19


def test_classes_are_those_of_the_thresholds_on_real_rows(real, tree):
    rows = real.drop(columns="label")
    found = classes.classify(rows.to_numpy(), tuple(rows.columns))
    for number, label, (_, row) in zip(found, real["label"], rows.iterrows(), strict=True):
        name = classes.NAMES[number] if number >= 0 else None
        assert name == reference.classified(row.to_dict())
        assert name == (label if isinstance(label, str) else None)


def test_every_class_occurs(votes, tree):
    columns = tuple(answer for question in tree["questions"] for answer in question["answers"])
    assert set(classes.classify(votes, columns)) == {-1, 0, 1, 2, 3, 4}
