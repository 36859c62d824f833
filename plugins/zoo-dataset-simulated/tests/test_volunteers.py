"""Laws of votes: the tree's sums, honest noise, and answers that follow what can be seen."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_dataset_simulated.draws import stream
from zoo_dataset_simulated.galaxy import Body, Galaxy
from zoo_dataset_simulated.population import draw_galaxy
from zoo_dataset_simulated.simulated import Simulated
from zoo_dataset_simulated.visibility import see
from zoo_dataset_simulated.volunteers import chances, expected, vote

from zoo.schema import read_tree

SPIRAL = Galaxy(
    main=Body("spiral", 0.0, 0.5, 0.3, arms=2, arm_contrast=0.6, bulge=0.15, scale=17.0),
    radius=9.0,
    brightness=20.3,
    seeing=1.3,
)
ELLIPTICAL = replace(SPIRAL, main=Body("elliptical", 0.0, 0.75, 0.4, axis_ratio=0.9))


def turned(galaxy: Galaxy, **changes: float) -> Galaxy:
    """The galaxy with other values of its main body."""
    return replace(galaxy, main=replace(galaxy.main, **changes))


@given(index=st.integers(0, 10**9), seed=st.integers(0, 2**63))
def test_every_answer_has_a_probability(index, seed, tree):
    schema = read_tree(tree["questions"])
    found = chances(draw_galaxy(stream(seed, index, "galaxy")))
    assert list(found) == [question.name for question in schema.questions]
    for question in schema.questions:
        assert len(found[question.name]) == len(question.answers)
        assert sum(found[question.name]) == pytest.approx(1, abs=1e-12)
        assert min(found[question.name]) >= -1e-12


@given(index=st.integers(0, 10**6), volunteers=st.integers(1, 100))
def test_votes_obey_the_sums_of_the_tree(index, volunteers, tree):
    schema = read_tree(tree["questions"])
    found = vote(schema, chances(draw_galaxy(stream(0, index, "galaxy"))), volunteers, stream(0, index, "votes"))
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        assert found[where].sum() == pytest.approx(1 if parent is None else found[parent], abs=1e-12)
    np.testing.assert_allclose(found * volunteers, np.rint(found * volunteers), atol=1e-9)


def test_many_volunteers_vote_as_their_chances_say(tree):
    schema = read_tree(tree["questions"])
    expected = chances(SPIRAL)
    found = vote(schema, expected, 10**9, np.random.default_rng(0))
    for question, where, parent in zip(schema.questions, schema.slices, schema.parents, strict=True):
        asked = 1 if parent is None else found[parent]
        np.testing.assert_allclose(found[where] / asked, expected[question.name], atol=5e-3)


def test_the_scatter_of_votes_is_binomial(tree):
    schema = read_tree(tree["questions"])
    faint = chances(replace(SPIRAL, brightness=21.5))
    p = faint["Class1"][0]
    found = [vote(schema, faint, 40, np.random.default_rng(k))[0] for k in range(1000)]
    assert np.std(found) == pytest.approx(math.sqrt(p * (1 - p) / 40), rel=0.08)


def test_arms_are_seen_less_the_more_they_are_blurred_inclined_or_faint():
    for name, galaxies in {
        "contrast": [turned(SPIRAL, arm_contrast=c) for c in (0.6, 0.4, 0.2, 0.0)],
        "blur": [replace(SPIRAL, seeing=s) for s in (1.0, 1.5, 2.5, 5.0)],
        "inclination": [turned(SPIRAL, inclination=i) for i in (0.0, 1.0, 1.2, 1.4)],
        "brightness": [replace(SPIRAL, brightness=b) for b in (20.0, 21.0, 22.0, 23.0)],
    }.items():
        arms = [chances(galaxy)["Class4"][0] for galaxy in galaxies]
        assert arms == sorted(arms, reverse=True) and arms[0] > arms[-1] + 0.2, f"{name}: {arms}"


def test_faint_discs_are_called_smooth():
    assert chances(SPIRAL)["Class1"][1] > 0.9
    assert chances(replace(SPIRAL, brightness=23.0))["Class1"][0] > 0.7


def test_ellipticals_are_smooth_and_as_round_as_they_look():
    assert chances(ELLIPTICAL)["Class1"][0] > 0.8
    answers = [int(np.argmax(chances(turned(ELLIPTICAL, axis_ratio=q))["Class7"])) for q in (1.0, 0.6, 0.28)]
    assert answers == [0, 1, 2]


def test_blur_makes_every_outline_rounder():
    thin = turned(SPIRAL, inclination=1.5)
    ratios = [see(replace(thin, seeing=seeing)).axis_ratio for seeing in (0.5, 1.5, 3.0, 6.0)]
    assert ratios == sorted(ratios)


@pytest.mark.parametrize("arms", [1, 2, 3, 4, 5])
def test_clear_arms_are_counted_rightly(arms):
    clear = replace(turned(SPIRAL, arms=arms, arm_contrast=0.8, arm_width=0.2, pitch=0.5), radius=18.0)
    assert int(np.argmax(chances(clear)["Class11"])) == arms - 1


def test_winding_follows_the_pitch_angle():
    answers = [int(np.argmax(chances(turned(SPIRAL, pitch=math.radians(p)))["Class10"])) for p in (9, 20, 35)]
    assert answers == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"main": replace(SPIRAL.main, ring=0.25)}, 0),
        ({"arc": 0.1}, 1),
        ({"tail": 0.3}, 2),
        ({"main": Body("irregular", 0.0, 0.4, 0.2, lopsided=0.8)}, 3),
        ({"companion": ELLIPTICAL.main, "companion_at": (30.0, 5.0)}, 5),
    ],
)
def test_odd_things_are_called_odd_by_their_names(change, answer):
    strange = replace(SPIRAL, **change)
    assert chances(strange)["Class6"][0] > chances(SPIRAL)["Class6"][0] + 0.3
    assert int(np.argmax(chances(strange)["Class8"])) == answer


def test_the_variance_of_a_label_is_that_of_many_repeated_votes(tree):
    """p (1 − p) / N for each cumulative fraction, whatever the questions on the way to it."""
    survey = Simulated(tree, size=3, volunteers=40)
    probabilities = chances(draw_galaxy(stream(0, 1, "galaxy")))
    repeated = np.array([vote(survey.questions, probabilities, 40, np.random.default_rng(k)) for k in range(4000)])
    np.testing.assert_allclose(repeated.mean(0), expected(survey.questions, probabilities), atol=0.01)
    np.testing.assert_allclose(repeated.var(0), survey.label_variance[1], rtol=0.15, atol=1e-5)
