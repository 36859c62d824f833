"""What an augmenter's values may be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf

from zoo.errors import ZooError


def factors(factor: float | Sequence[float], views: int) -> list[float]:
    """One factor per view. Raises ZooError for one that is too small, and for a list of another length."""
    each = list(factor) if isinstance(factor, Sequence) else [factor] * views
    if len(each) != views:
        raise ZooError(f"The augmenter has {len(each)} factors for {views} angles: give one of each for every view.")
    for one in each:
        within("factor", one, 0.01)
    return each


def within(name: str, value: float, least: float, most: float = inf) -> None:
    """Raise ZooError for a value outside its limits."""
    if not least <= value <= most:
        raise ZooError(f"The augmenter's {name} is {value}: give it a value from {least} to {most}.")


def among(name: str, value: str, known: Collection[str]) -> None:
    """Raise ZooError for a value that is not among those known."""
    if value not in known:
        raise ZooError(f"augmenter.{name}={value} is unknown: choose {' or '.join(known)}.")
