"""Simulated volunteers: what each is likely to answer, the votes of a finite number of them, and the vote fractions."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from zoo.schema import VoteFractions
from zoo_dataset_simulated.galaxy import Galaxy
from zoo_dataset_simulated.visibility import Seen, sees

Chances = Mapping[str, list[float]]


def sigmoid(x: float) -> float:
    """The logistic function."""
    return float(1 / (1 + np.exp(-x)))


def softmax(*scores: float) -> list[float]:
    """Chances in proportion to exp(score)."""
    powers = np.exp(np.array(scores) - max(scores))
    return list(powers / powers.sum())


def yes(score: float) -> list[float]:
    """The chances of yes and no."""
    return [sigmoid(score), sigmoid(-score)]


def chances(galaxy: Galaxy) -> Chances:
    """For each question the probabilities of its answers, given that it is asked, in the order of the tree."""
    seen = sees(galaxy)
    side = seen.disc * sigmoid((0.36 - seen.axis_ratio) / 0.045)
    return {
        "Class1": first(seen, side),
        "Class2": yes(16 * (0.36 - seen.axis_ratio) + 3 * (seen.disc - 0.5) - 4 * seen.arms),
        "Class3": yes(-1.7 + 5.5 * seen.bar),
        "Class4": yes(-1.0 + 13.0 * seen.arms),
        "Class5": bulge(seen),
        "Class6": yes(odd(seen)),
        "Class7": roundness(seen),
        "Class8": oddity(seen),
        "Class9": side_bulge(galaxy, seen),
        "Class10": winding(galaxy),
        "Class11": number(galaxy, seen),
    }


def first(seen: Seen, side: float) -> list[float]:
    """Smooth, features or disk, star or artefact: any structure speaks for features, and so does a thin disc."""
    structure = 16 * seen.arms + 2.0 * seen.bar + 2.5 * seen.ring + 3 * seen.clumps + 4.5 * side
    structure += 3.5 * seen.disorder + 1.0 * seen.companion + 1.5 * seen.tail + 1.0 * seen.dust
    features = sigmoid(-2.2 + structure)
    star = 0.9 if seen.star else 0.02
    return [(1 - features) * (1 - star), features * (1 - star), star]


def bulge(seen: Seen) -> list[float]:
    """None, just noticeable, obvious, dominant: thresholds on the bulge's share of the light."""
    cumulative = [sigmoid((edge - seen.bulge) / 0.07) for edge in (0.02, 0.2, 0.7)]
    return list(np.diff([0.0, *cumulative, 1.0]))


def odd(seen: Seen) -> float:
    """Is anything odd? Rings, companions, tails, arcs, disorder and dust lanes are."""
    strange = 2.6 * seen.ring + 2.6 * seen.companion + 2.8 * seen.tail + 3 * seen.arc + 3.5 * seen.disorder
    return -2.1 + strange + 1.5 * seen.dust + 2.5 * seen.star


def roundness(seen: Seen) -> list[float]:
    """Completely round, in between, cigar-shaped: thresholds on the apparent axis ratio."""
    round_, cigar = sigmoid((seen.axis_ratio - 0.78) / 0.05), sigmoid((0.42 - seen.axis_ratio) / 0.05)
    return [round_, 1 - round_ - cigar, cigar]


def oddity(seen: Seen) -> list[float]:
    """Ring, lens or arc, disturbed, irregular, other, merger, dust lane."""
    disturbed = 3.0 * seen.tail + 2.0 * seen.disorder
    return softmax(
        4.5 * seen.ring - 0.5,
        5.0 * seen.arc - 1.2,
        disturbed - 0.2,
        4.5 * seen.disorder,
        0.9,
        4.5 * seen.companion + 1.0 * seen.tail - 1.0,
        4.0 * seen.dust - 2.0,
    )


def side_bulge(galaxy: Galaxy, seen: Seen) -> list[float]:
    """The bulge of a disc seen from its side: rounded, boxy, none."""
    boxy = 2.5 if galaxy.main.bulge_boxiness > 2 else -0.8
    present = sigmoid((seen.bulge - 0.1) / 0.04)
    return [present * sigmoid(-boxy), present * sigmoid(boxy), 1 - present]


def winding(galaxy: Galaxy) -> list[float]:
    """Tight, medium, loose: thresholds on the pitch angle."""
    pitch = np.rad2deg(galaxy.main.pitch)
    tight, loose = sigmoid((15 - pitch) / 3.5), sigmoid((pitch - 25) / 3.5)
    return [tight, max(1 - tight - loose, 0.0), loose]


def number(galaxy: Galaxy, seen: Seen) -> list[float]:
    """One to four arms, more, cannot tell: the right number where arms can be followed, else a guess near it."""
    arms = max(galaxy.main.arms, 1)
    near = [-0.9 * abs(min(arms, 5) - k) - (0.6 if k in (1, 4, 5) else 0.0) for k in (1, 2, 3, 4, 5)]
    sure = 1.3 + 9.0 * seen.order
    return softmax(*[sure * score for score in near], 0.5 - 9.0 * seen.order)


def vote(schema: VoteFractions, probabilities: Chances, volunteers: int, draws: np.random.Generator) -> Float[np.ndarray, " answer"]:
    """Cumulative vote fractions: every volunteer walks down the tree, so each answer's share is a count over all volunteers.

    A question's answers therefore sum to its parent's fraction exactly, and a question with parent null to 1
    (spec/galaxy-zoo.md A1-A3: Class6 has the weight 1).
    """
    votes = np.zeros(len(schema.columns))
    for question, where, parent in zip(schema.questions, schema.slices, schema.parents, strict=True):
        asked = volunteers if parent is None else int(votes[parent])
        votes[where] = draws.multinomial(asked, np.asarray(probabilities[question.name]))
    return votes / volunteers
