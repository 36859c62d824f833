"""Which galaxies are certain, and what they are: thresholds and classes from debiased fractions (G2, G8)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Shaped

from zoo.errors import DataError

SPIRAL, ELLIPTICAL, TIE = "spiral", "elliptical", "tie"
SPIRAL_FROM, ELLIPTICAL_FROM = 0.985, 0.926
"""The published thresholds, inclusive."""

RANK = 20_000
"""Thresholds are the fractions of the galaxies of this rank, counted from the largest."""


def threshold(fractions: Float[np.ndarray, " galaxy"], rank: int = RANK) -> float:
    """The fraction of the galaxy of a rank; equal ones make the selection larger than the rank.

    Raises DataError where there are fewer galaxies.
    """
    if not 1 <= rank <= len(fractions):
        raise DataError(
            f"The threshold is the {rank:,}th largest of {len(fractions):,} debiased fractions: take the whole table "
            "of Galaxy Zoo 1."
        )
    return float(np.sort(fractions)[-rank])


def certain(
    elliptical: Float[np.ndarray, " galaxy"],
    spiral: Float[np.ndarray, " galaxy"],
    elliptical_from: float = ELLIPTICAL_FROM,
    spiral_from: float = SPIRAL_FROM,
) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies reach one of the thresholds."""
    return (elliptical >= elliptical_from) | (spiral >= spiral_from)


def classes(
    elliptical: Float[np.ndarray, " galaxy"], spiral: Float[np.ndarray, " galaxy"]
) -> Shaped[np.ndarray, " galaxy"]:
    """The class with the larger debiased fraction, `tie` where both are equal, blank where they are unknown."""
    label = np.select([spiral > elliptical, elliptical > spiral], [SPIRAL, ELLIPTICAL], TIE)
    return np.where(np.isnan(elliptical) | np.isnan(spiral), "", label)
