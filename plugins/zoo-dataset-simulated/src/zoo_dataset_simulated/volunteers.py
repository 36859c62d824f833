"""Simulated volunteers: what they are likely to answer, and the votes of a finite number of them."""

import math

import numpy as np
from jaxtyping import Float

from zoo.schema import VoteFractions
from zoo_dataset_simulated.galaxy import Galaxy
from zoo_dataset_simulated.visibility import Seen, see

Chances = dict[str, list[float]]


def sigmoid(score: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-score))


def yes(score: float) -> list[float]:
    """The chances of yes and no."""
    return [sigmoid(score), 1 - sigmoid(score)]


def in_proportion(scores: list[float]) -> list[float]:
    """Chances in proportion to exp(score)."""
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def chances(galaxy: Galaxy) -> Chances:
    """For each question the probabilities of its answers, given that it is asked, in the order of the tree.

    The numbers of this file are set so that means and scatter of the fractions come near those of the public rows of
    the Kaggle challenge.
    """
    seen = see(galaxy)
    return {
        "Class1": first(seen),
        "Class2": yes(18 * (0.37 - seen.axis_ratio) + 3 * (seen.disc - 0.5) - 4 * seen.arms),
        "Class3": yes(-1.7 + 5.5 * seen.bar),
        "Class4": yes(-0.9 + 19 * seen.arms),
        "Class5": bulge(seen),
        "Class6": yes(odd(seen)),
        "Class7": roundness(seen),
        "Class8": oddity(seen),
        "Class9": side_bulge(galaxy, seen),
        "Class10": winding(galaxy),
        "Class11": number(galaxy, seen),
    }


def first(seen: Seen) -> list[float]:
    """Smooth, features or disk, star or artefact: any structure speaks for features, and so does a thin disc."""
    structure = 24 * seen.arms + 2 * seen.bar + 2.5 * seen.ring + 3 * seen.clumps + 3.5 * seen.disorder
    structure += seen.companion + 1.5 * seen.tail + seen.dust
    structure += 4.5 * seen.disc * sigmoid((0.39 - seen.axis_ratio) / 0.04)
    features, star = sigmoid(structure - 2.2), 0.9 if seen.star else 0.02
    return [(1 - features) * (1 - star), features * (1 - star), star]


def bulge(seen: Seen) -> list[float]:
    """None, just noticeable, obvious, dominant: thresholds on the bulge's share of the light."""
    less = [0.0] + [sigmoid((edge - seen.bulge) / 0.07) for edge in (0.0, 0.24, 0.68)] + [1.0]
    return [high - low for low, high in zip(less, less[1:], strict=False)]


def odd(seen: Seen) -> float:
    """Is anything odd? Rings, companions, tails, arcs, disorder, dust lanes and stars are."""
    strange = 2.6 * seen.ring + 2.6 * seen.companion + 2.8 * seen.tail + 3 * seen.arc + 3.5 * seen.disorder
    return strange + 1.5 * seen.dust + 2.5 * seen.star - 2.1


def roundness(seen: Seen) -> list[float]:
    """Completely round, in between, cigar-shaped: thresholds on the apparent axis ratio."""
    round_, cigar = sigmoid((seen.axis_ratio - 0.78) / 0.05), sigmoid((0.44 - seen.axis_ratio) / 0.045)
    return [round_, 1 - round_ - cigar, cigar]


def oddity(seen: Seen) -> list[float]:
    """Ring, lens or arc, disturbed, irregular, other, merger, dust lane."""
    return in_proportion(
        [
            4.5 * seen.ring - 0.5,
            5 * seen.arc - 1.2,
            3 * seen.tail + 2 * seen.disorder - 0.2,
            4.5 * seen.disorder,
            0.9,
            4.5 * seen.companion + seen.tail - 1,
            4 * seen.dust - 2,
        ]
    )


def side_bulge(galaxy: Galaxy, seen: Seen) -> list[float]:
    """The bulge of a disc seen from its side: rounded, boxy, none."""
    boxy = sigmoid(2.5 if galaxy.main.bulge_boxiness > 2 else -1.8)
    present = sigmoid((seen.bulge - 0.1) / 0.04)
    return [present * (1 - boxy), present * boxy, 1 - present]


def winding(galaxy: Galaxy) -> list[float]:
    """Tight, medium, loose: thresholds on the pitch angle."""
    pitch = math.degrees(galaxy.main.pitch)
    tight, loose = sigmoid((15 - pitch) / 3), sigmoid((pitch - 26) / 3)
    return [tight, 1 - tight - loose, loose]


def number(galaxy: Galaxy, seen: Seen) -> list[float]:
    """One to four arms, more, cannot tell: the right number where arms can be followed, else a guess near two."""
    certainty = 1.2 + 14 * seen.order
    arms = min(max(galaxy.main.arms, 1), 5)
    guesses = [-0.9 * abs(arms - count) - (0.0 if count in (2, 3) else 0.6) for count in (1, 2, 3, 4, 5)]
    return in_proportion([certainty * guess for guess in guesses] + [0.6 - 14 * seen.order])


def vote(
    schema: VoteFractions, probabilities: Chances, volunteers: int, draws: np.random.Generator
) -> Float[np.ndarray, " answer"]:
    """Cumulative vote fractions: each volunteer walks down the tree, so every fraction is a count over all volunteers.

    A question's answers therefore sum to its parent's fraction, and those of a question without parent to 1
    (spec/galaxy-zoo.md A1 to A3; Class6 is such a question there).
    """
    votes = np.zeros(len(schema.columns))
    for question, where, parent in zip(schema.questions, schema.slices, schema.parents, strict=True):
        asked = volunteers if parent is None else int(votes[parent])
        votes[where] = draws.multinomial(asked, probabilities[question.name])
    return votes / volunteers


def expected(schema: VoteFractions, probabilities: Chances) -> Float[np.ndarray, " answer"]:
    """The cumulative fractions that infinitely many volunteers would give."""
    fractions = np.zeros(len(schema.columns))
    for question, where, parent in zip(schema.questions, schema.slices, schema.parents, strict=True):
        fractions[where] = (1 if parent is None else fractions[parent]) * np.asarray(probabilities[question.name])
    return fractions
