"""Do vote fractions obey their tree? Each question's answers sum to the fraction of its parent answer, roots to 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from zoo.errors import DataError, ZooError
from zoo.label_table import some
from zoo.schema import VoteFractions

TOLERANCE = 1e-5
"""Largest deviation of a sum that counts as rounding in published tables."""

WAYS = ("refuse", "drop", "keep")


def deviation(schema: VoteFractions, fractions: Float[np.ndarray, "galaxy answer"]) -> Float[np.ndarray, " galaxy"]:
    """The largest difference between a question's sum and its parent's fraction, per galaxy; NaN without labels."""
    differences = [
        np.abs(fractions[:, answers].sum(axis=1) - (1 if parent is None else fractions[:, parent]))
        for answers, parent in zip(schema.slices, schema.parents, strict=True)
    ]
    return np.max(differences, axis=0)


def check_range(schema: VoteFractions, fractions: Float[np.ndarray, "galaxy answer"], ids: Sequence[str]) -> None:
    """Raise DataError for a galaxy with a fraction outside [0, 1], or with some of its fractions missing."""
    known = ~np.isnan(fractions).all(axis=1)
    with np.errstate(invalid="ignore"):
        bad = ~((fractions >= -TOLERANCE) & (fractions <= 1 + TOLERANCE)) & known[:, None]
    if bad.any():
        row, column = np.argwhere(bad)[0]
        rows = int(bad.any(axis=1).sum())
        raise DataError(
            f"{rows} galaxies have labels that are no fractions, the first {ids[row]}: {schema.columns[column]} is "
            f"{fractions[row, column]}, expected 0 to 1; mend these rows or remove them.",
            "E-LABELS-RANGE",
        )


def violations(
    schema: VoteFractions, fractions: Float[np.ndarray, "galaxy answer"], ids: Sequence[str], way: str
) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies break the sums of the tree by more than rounding.

    way: `refuse` raises DataError with their number and first ids; `drop` and `keep` leave the decision to the caller.
    """
    if way not in WAYS:
        raise ZooError(f"dataset.violations={way}: choose one of {', '.join(WAYS)}.")
    deviations = np.nan_to_num(deviation(schema, fractions))
    broken = deviations > TOLERANCE
    if broken.any() and way == "refuse":
        raise DataError(
            f"{broken.sum()} of {len(ids)} galaxies have vote fractions that do not sum to their parent's within "
            f"{TOLERANCE:g} (largest deviation {deviations.max():.2g}): {some(np.array(ids)[broken].tolist())}; "
            "dataset.violations=drop leaves them without labels, dataset.violations=keep takes them as they are.",
            "E-LABELS-SUM",
        )
    return broken
