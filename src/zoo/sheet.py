"""A sheet: small pictures side by side, each below its caption, in groups below their headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Shaped, UInt8

from zoo import style
from zoo.errors import ZooError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = 7.0, 4.5
"""Points of a caption's letters: as a rule, and where long lines leave no room for these."""

LINE, HEADING, TITLE, GAP = 0.125, 0.28, 0.3, 0.06
"""Inches: a line of a caption, a heading, the title, and what stays free between pictures."""

WIDE = 0.62
"""The width of a letter in its height."""

FINE = 2
"""Pixels of a picture for each one of its print: more only make the files larger."""


@dataclass(frozen=True)
class Group:
    """Pictures of any sizes with a caption each, of one or several lines, and what stands above all of them."""

    pictures: Sequence[Shaped[np.ndarray, "height width rgb"]]
    captions: Sequence[str]
    heading: str = ""


def drawn(groups: Sequence[Group], columns: int, title: str = "", width: float = style.WIDTH) -> Figure:
    """The groups one below the other; the page is `width` inches wide, and has room for `columns` pictures in a row.

    A group begins a new row. Pictures are 8 bits, or floats in [0, 1].
    """
    from matplotlib.figure import Figure

    page = _Page(width / columns, columns, _points(groups, width / columns - GAP))
    height = sum(page.height(group) for group in groups) + (TITLE if title else 0)
    picture = Figure(figsize=(width, height))
    axes = picture.add_axes((0, 0, 1, 1))
    axes.axis("off")
    if title:
        axes.text(width / 2, TITLE / 2, title, fontsize=9.5, ha="center", va="center")
    top = TITLE if title else 0.0
    for group in groups:
        page.draw(axes, group, top)
        top += page.height(group)
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    return picture


def refuse_nothing(**numbers: int) -> None:
    """Raise ZooError for a number of galaxies, or of pictures side by side, below 1."""
    for key, number in numbers.items():
        if number < 1:
            raise ZooError(f"{key}={number}: give 1 or more.")


def shrunk(picture: Shaped[np.ndarray, "height width rgb"], side: int) -> UInt8[np.ndarray, "low narrow rgb"]:
    """A picture as 8 bits a band, and no side of it longer than so many pixels."""
    from PIL import Image

    whole = picture if picture.dtype == np.uint8 else (255 * np.clip(picture, 0, 1)).round().astype(np.uint8)
    factor = side / max(whole.shape[:2])
    if factor >= 1:
        return whole
    size = [max(1, round(factor * length)) for length in whole.shape[1::-1]]
    return np.asarray(Image.fromarray(np.ascontiguousarray(whole)).resize(size, Image.Resampling.LANCZOS))


def _points(groups: Sequence[Group], width: float) -> float:
    """The size of letters with which the longest line of all captions is no wider than so many inches."""
    longest = max((len(line) for group in groups for text in group.captions for line in text.split("\n")), default=0)
    return float(np.clip(72 * width / (WIDE * max(longest, 1)), *sorted(LETTERS)))


@dataclass(frozen=True)
class _Page:
    """Where things stand on a page whose cells are `cell` inches wide and whose captions have letters of `points`."""

    cell: float
    columns: int
    points: float

    def above(self, group: Group) -> float:
        """Room for the captions of a group, inches."""
        return LINE * max((text.count("\n") + 1 if text else 0 for text in group.captions), default=0)

    def height(self, group: Group) -> float:
        rows = -(-len(group.pictures) // self.columns)
        return rows * (self.above(group) + self.cell) + (HEADING if group.heading else 0)

    def draw(self, axes: Any, group: Group, top: float) -> None:
        if group.heading:
            axes.text(GAP / 2, top + HEADING / 2, group.heading, fontsize=8.5, weight="bold", va="center")
            top += HEADING
        row, look = self.above(group) + self.cell, {"ha": "center", "va": "baseline", "linespacing": 1.1}
        for place, (picture, caption) in enumerate(zip(group.pictures, group.captions, strict=True)):
            middle = (place % self.columns + 0.5) * self.cell
            edge = top + place // self.columns * row + self.above(group)
            axes.text(middle, edge - GAP / 2, caption, fontsize=self.points, **look)
            _put(axes, picture, middle, edge, self.cell - GAP)


def _put(axes: Any, picture: Shaped[np.ndarray, "height width rgb"], middle: float, top: float, side: float) -> None:
    """Draw a picture into a square of this side, pixel by pixel where it is small."""
    pixels = side * style.DPI
    small = shrunk(picture, round(FINE * pixels))
    wide, high = np.array(small.shape[1::-1]) / max(small.shape[:2]) * side
    left, above = middle - wide / 2, top + (side - high) / 2
    extent = (left, left + wide, above + high, above)
    axes.imshow(small, extent=extent, interpolation="nearest" if max(small.shape) < pixels else "antialiased")
