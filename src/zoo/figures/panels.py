"""Many small axes on one page, as every figure with a panel per answer, part or filter needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from jaxtyping import Shaped
from matplotlib.figure import Figure
from numpy import ndarray

from zoo import style


def grid(number: int, columns: int, height: float, share: bool = False) -> tuple[Figure, list[Any]]:
    """A page-wide picture with this number of panels, each `height` times as high as wide."""
    columns = min(columns, number)
    rows = -(-number // columns)
    picture = Figure(figsize=(style.WIDTH, style.WIDTH / columns * height * rows + 0.5), layout="constrained")
    axes = list(picture.subplots(rows, columns, squeeze=False, sharex=share, sharey=share).flat)
    for one in axes[number:]:
        one.axis("off")
    for one in axes[max(0, number - columns) : number]:
        one.tick_params(labelbottom=True)  # also where no panel stands below
    return picture, axes[:number]


def images(pictures: Sequence[Shaped[ndarray, "height width rgb"]], captions: Sequence[str], columns: int) -> Figure:
    """Small pictures side by side, pixel by pixel, each below its caption."""
    lines = max(caption.count("\n") for caption in captions) + 1
    width = style.WIDTH / min(columns, len(pictures))
    drawn, axes = grid(len(pictures), columns, 1 + 0.17 * lines / width)
    for one, picture, caption in zip(axes, pictures, captions, strict=True):
        one.imshow(picture, interpolation="nearest")
        one.set_title(caption, fontsize=7, loc="center", pad=3)
        one.axis("off")
    return drawn


def left(axes: Sequence[Any], columns: int) -> Iterator[Any]:
    """The panels at the left edge of a grid."""
    yield from axes[::columns]
