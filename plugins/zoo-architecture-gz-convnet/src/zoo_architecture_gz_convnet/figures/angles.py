"""What the views of a galaxy are called."""

from __future__ import annotations

ANGLES = ("0°", "45°")
"""Of the two views that the published augmenter makes."""


def angle(view: int, number: int) -> str:
    """What a view is called: its angle where there are the published two."""
    return ANGLES[view] if number == len(ANGLES) else f"view {view + 1}"
