"""Models of a recursion round by round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def grouped(found: Mapping[str, T], rounds: Mapping[str, int] | None) -> dict[str, list[T]]:
    """What was found of each model, those of a round together; without rounds each by itself."""
    groups: dict[str, list[T]] = {}
    for name, one in found.items():
        groups.setdefault(name if rounds is None else f"round {rounds[name]}", []).append(one)
    return groups
