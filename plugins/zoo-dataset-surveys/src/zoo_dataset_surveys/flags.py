"""What is to be said of a galaxy's image, as a bit mask: the column `flag` of a catalogue (surveys.md 5.4)."""

from enum import IntFlag


class Flag(IntFlag):
    """The published bits. An image without any of them is as good as its frame."""

    GOOD = 0
    MISSING_BAND = 1
    MASKED = 2
    EDGE = 4
    OUTSIDE_RANGE = 8
    DUPLICATE = 16
    UNREADABLE = 32
    OUT_OF_DISTRIBUTION = 64


UNSET = Flag.OUTSIDE_RANGE | Flag.OUT_OF_DISTRIBUTION
"""Published bits that no image gets here: they are about a model's training."""
