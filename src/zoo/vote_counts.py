"""Do numbers of votes obey their tree? They are whole, and no question has more than the answer that leads to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from zoo.errors import DataError, ZooError
from zoo.label_table import some
from zoo.schema import VoteCounts
from zoo.vote_fractions import WAYS

ROUNDING = 1e-3
"""How far from a whole number a count may be that a program wrote with a point; weighted votes are further."""


def whole(
    schema: VoteCounts, votes: Float[np.ndarray, "galaxy answer"], ids: Sequence[str]
) -> Float[np.ndarray, "galaxy answer"]:
    """The votes as whole numbers: a question left blank was not asked (zeros), a galaxy without any vote is NaN.

    Raises DataError, with the first galaxy, its answer and the number, for votes that are negative or fractional, and
    for a question of which some answers are blank.
    """
    asked = np.concatenate([np.repeat(known(votes[:, k])[:, None], k.stop - k.start, 1) for k in schema.slices], axis=1)
    found = np.where(asked, votes, 0)
    with np.errstate(invalid="ignore"):
        refuse(schema, votes, ids, np.isnan(found), "write 0 where nobody gave an answer, or leave its question blank")
        refuse(schema, votes, ids, found < -ROUNDING, "numbers of votes are 0 or more")
        fractional = np.abs(found - np.round(found)) > ROUNDING
    refuse(schema, votes, ids, fractional, "votes are whole numbers, fractions are read with dataset.schema=fractions")
    found = np.round(found) + 0.0  # no negative zero
    found[found.sum(axis=1) == 0] = np.nan
    return found


def violations(
    schema: VoteCounts, votes: Float[np.ndarray, "galaxy answer"], ids: Sequence[str], way: str
) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies have a question with more votes than the answer that leads to it; fewer may have gone on.

    way: `refuse` raises DataError with the first of them; `drop` and `keep` leave the decision to the caller.
    """
    if way not in WAYS:
        raise ZooError(f"dataset.violations={way}: choose one of {', '.join(WAYS)}.")
    numbers = np.nan_to_num(votes)
    following = [(k, parent) for k, parent in enumerate(schema.parents) if parent is not None]
    surplus = [numbers[:, schema.slices[k]].sum(axis=1) - numbers[:, parent] for k, parent in following]
    broken = np.any(np.array(surplus).reshape(-1, len(votes)) > 0, axis=0)
    if broken.any() and way == "refuse":
        row = int(np.argmax(broken))
        k, parent = next(pair for pair, more in zip(following, surplus, strict=True) if more[row] > 0)
        raise DataError(
            f"{broken.sum()} of {len(ids)} galaxies have more votes on a question than on the answer that leads to it, "
            f"the first {ids[row]}: {schema.questions[k].name} has {numbers[row, schema.slices[k]].sum():g} and its "
            f"parent {schema.columns[parent]} has {numbers[row, parent]:g} ({some(np.array(ids)[broken].tolist())}); "
            "dataset.violations=drop leaves them without labels, dataset.violations=keep takes them as they are.",
            "E-LABELS-VOTES",
        )
    return broken


def known(votes: Float[np.ndarray, "galaxy answer"]) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies have anything but blanks among these answers."""
    return ~np.isnan(votes).all(axis=1)


def refuse(
    schema: VoteCounts,
    votes: Float[np.ndarray, "galaxy answer"],
    ids: Sequence[str],
    bad: Bool[np.ndarray, "galaxy answer"],
    remedy: str,
) -> None:
    """Raise DataError for the first of these numbers."""
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{int(bad.any(axis=1).sum())} galaxies have labels that are no numbers of votes, the first {ids[row]}: "
            f"{schema.columns[column]} is {votes[row, column]:.10g}; {remedy}.",
            "E-LABELS-VOTES",
        )
