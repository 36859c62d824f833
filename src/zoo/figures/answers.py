"""Columns of a schema for people: their words, and their means over all galaxies."""

from __future__ import annotations

from textwrap import shorten

import numpy as np
from jaxtyping import Float

from zoo.schema import Question, Schema, VoteCounts, VoteFractions


def words(schema: Schema) -> dict[str, str]:
    """What each column is called: `8.1 ring` for an answer, else its own name."""
    if not isinstance(schema, VoteFractions | VoteCounts):
        return {column: column for column in schema.columns}
    return {answer: name for question in schema.questions for answer, name in of_question(question).items()}


def of_question(question: Question) -> dict[str, str]:
    """The answers of a question in words, without what all of them begin with."""
    labels = question.labels or ("",) * len(question.answers)
    names = [answer.removeprefix("Class") for answer in question.answers]
    pairs = zip(question.answers, names, labels, strict=True)
    return {answer: shorten(f"{name} {label}".strip(), 24, placeholder="…") for answer, name, label in pairs}


def cumulative(schema: VoteFractions | VoteCounts, means: Float[np.ndarray, " answer"]) -> Float[np.ndarray, " answer"]:
    """Mean fractions of all galaxies: those of fractions as they are, shares of votes times that of their parent."""
    if isinstance(schema, VoteFractions):
        return means
    found = means.copy()
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        found[where] *= 1 if parent is None else found[parent]
    return found
