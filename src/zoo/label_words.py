"""The label of a galaxy in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Shaped

from zoo.schema import Classes, Schema, VoteCounts, VoteFractions


def of(schema: Schema, target: Shaped[np.ndarray, "..."]) -> str:
    """A label in a few words: the class, the most frequent answers along the tree, or the first quantity."""
    if isinstance(schema, Classes):
        return schema.names[int(target)] if target >= 0 else "no label"
    if np.isnan(target).any():
        return "no label"
    if isinstance(schema, VoteFractions | VoteCounts):
        return ", ".join(walk(schema, target))
    return f"{schema.columns[0]} {float(target.flat[0]):.3g}"


def columns(schema: Schema) -> list[str]:
    """The columns of a schema in words: the answers of a tree as people read them, else the columns' names."""
    if not isinstance(schema, VoteFractions | VoteCounts):
        return list(schema.columns)
    return [word for question in schema.questions for word in question.labels or question.answers]


def walk(schema: VoteFractions | VoteCounts, target: Shaped[np.ndarray, "..."]) -> list[str]:
    """The answers that volunteers gave most often, from the first question down the tree."""
    given: list[str] = []
    reached: Any = None
    for question, where in zip(schema.questions, schema.slices, strict=True):
        if question.parent == reached and (reached is not None or not given):
            best = int(np.argmax(target[where]))
            given.append(question.labels[best] if question.labels else question.answers[best])
            reached = question.answers[best]
    return given


def in_short(schema: Schema, target: Shaped[np.ndarray, "..."]) -> str:
    """A label in a word that galaxies can be sorted by: the class, or the commonest first answer; else empty."""
    if isinstance(schema, Classes):
        return schema.names[int(target)] if target >= 0 else ""
    if not isinstance(schema, VoteFractions | VoteCounts) or np.isnan(target).any():
        return ""
    return walk(schema, target)[0]
