"""What probabilities of classes say of a galaxy: the likeliest class, how likely it is, and by how much it leads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap

import numpy as np
from jaxtyping import Float

from zoo.catalogue import (
    CLASS_UCD,
    MARGIN,
    MEDIAN,
    MEMBER_UCD,
    MORPH_CLASS,
    PROBABILITY,
    SPREAD,
    Column,
    member_column,
    refuse_twice,
)

SMALLEST = float(np.finfo(np.float32).tiny)
"""What a probability of zero counts as in a margin: the smallest number that float32 has to all its digits."""


def classes_of(columns: Sequence[Column]) -> list[str]:
    """The columns of a catalogue that are probabilities of classes."""
    return [column.name for column in columns if column.ucd == CLASS_UCD]


def classified(
    probabilities: Float[np.ndarray, "galaxy class"], names: Sequence[str]
) -> dict[str, list[str] | Float[np.ndarray, " galaxy"]]:
    """The columns `morph_class`, `probability` and `margin`; blank and NaN for a galaxy without prediction.

    The margin is ln(p₁/p₂) of the two likeliest classes, which is the difference of their logits, by which Khan et al.
    (2019) ranked (G23); of equal probabilities the first class wins.
    """
    good = np.isfinite(probabilities).all(axis=1)
    first = np.where(good, np.nan_to_num(probabilities).argmax(axis=1), 0)
    ranked = np.log(np.maximum(np.sort(probabilities, axis=1), SMALLEST))
    lead = ranked[:, -1] - ranked[:, -2] if probabilities.shape[1] > 1 else np.full(len(first), np.inf)
    winner = np.take_along_axis(probabilities, first[:, None], axis=1)[:, 0]
    return {
        MORPH_CLASS.name: [names[k] if ok else "" for k, ok in zip(first, good, strict=True)],
        PROBABILITY.name: np.where(good, winner, np.nan).astype(np.float32),
        MARGIN.name: np.where(good, lead, np.nan).astype(np.float32),
    }


def spread(
    probabilities: Float[np.ndarray, "catalogue galaxy class"], winners: Sequence[str], names: Sequence[str]
) -> Float[np.ndarray, " galaxy"]:
    """The column `spread`: between catalogues, the standard deviation of the probability of each galaxy's class."""
    deviations = probabilities.std(axis=0, ddof=1) if len(probabilities) > 1 else np.zeros_like(probabilities[0])
    numbers = {name: k for k, name in enumerate(names)}
    chosen = [deviations[row, numbers[name]] if name else np.nan for row, name in enumerate(winners)]
    return np.array(chosen, np.float32)


def each(
    probabilities: Float[np.ndarray, "catalogue galaxy class"], winners: Sequence[str], names: Sequence[str]
) -> dict[str, Float[np.ndarray, " galaxy"]]:
    """The columns `p1`, `p2`, … and their median: what each catalogue says of each galaxy's class."""
    numbers = {name: k for k, name in enumerate(names)}
    chosen = np.array([numbers.get(name, 0) for name in winners], int)
    found = np.take_along_axis(probabilities, chosen[None, :, None], axis=2)[..., 0]
    found = np.where(np.array([bool(name) for name in winners]), found, np.nan).astype(np.float32)
    return {f"p{number}": row for number, row in enumerate(found, 1)} | {MEDIAN.name: np.median(found, axis=0)}


def of_blend(columns: Sequence[Column], fingerprints: Sequence[str] = ()) -> list[Column]:
    """The columns of a blend: those of its catalogues, and behind the margin of classes how far these agree.

    fingerprints: of the catalogues. Raises ZooError where a class is called as such a column is.
    """
    own = [SPREAD, MEDIAN, *starmap(member_column, enumerate(fingerprints, 1))] if fingerprints else [SPREAD]
    kept = [column for column in columns if column == MARGIN or column not in own and column.ucd != MEMBER_UCD]
    found = [one for column in kept for one in ([column, *own] if column == MARGIN else [column])]
    refuse_twice([column.name for column in found])
    return found
