"""Many small axes on one page, as every figure with a panel per answer needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure

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


def left(axes: Sequence[Any], columns: int) -> Iterator[Any]:
    """The panels at the left edge of a grid."""
    yield from axes[::columns]
