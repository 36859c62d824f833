"""The pixels of one band around a galaxy, cut by the published rule, by the corrected one, or north up.

Centres are column and row counted from 0, sides in pixels of the frame. Each function gives None where no pixel of the
frame is in the window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from zoo_dataset_surveys.frame import Frame


class Window(NamedTuple):
    """Pixels of one band, NaN where the frame has none; where they are bad: masked, without weight or not finite.

    cut_off: whether the window reaches over the edge of the frame, also where it was truncated.
    """

    pixels: Float[np.ndarray, "height width"]
    bad: Bool[np.ndarray, "height width"]
    cut_off: bool


def as_coded(frame: Frame, x: float, y: float, side: float) -> Window | None:
    """As the program of Khan et al. (2019) cuts (spec G10, G11, G13), which is one pixel off.

    Centres counted from 1 are used as if from 0, and the bounds are a plain slice: beyond the high edge the window is
    truncated, no longer square, and kept; before the low edge NumPy counts from the end, which mostly leaves nothing.
    """
    height, width = frame.image.shape
    rows, columns = _bounds(y, side), _bounds(x, side)
    pixels = frame.image[rows, columns]
    if not pixels.size:
        return None
    whole = rows.start >= 0 and columns.start >= 0 and rows.stop <= height and columns.stop <= width
    return Window(pixels.astype(floating(frame)), frame.bad(rows, columns), not whole)


def _bounds(centre: float, side: float) -> slice:
    """The published bounds along one axis; halves round to even."""
    start, stop = (int(np.rint(centre + 1 + sign * side / 2)) for sign in (-1, 1))
    return slice(start, stop)


def corrected(frame: Frame, x: float, y: float, side: float) -> Window | None:
    """The square of whole pixels whose centre is at most half a pixel from the galaxy; NaN beyond the frame."""
    length = max(int(np.rint(side)), 1)
    spans = [_span(centre, length, have) for centre, have in zip((y, x), frame.image.shape, strict=True)]
    (rows, to_rows), (columns, to_columns) = spans
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    pixels, bad = np.full((length, length), np.nan, floating(frame)), np.zeros((length, length), bool)
    pixels[to_rows, to_columns] = taken = frame.image[rows, columns]
    bad[to_rows, to_columns] = frame.bad(rows, columns)
    return Window(pixels, bad, taken.shape != pixels.shape)


def _span(centre: float, length: int, have: int) -> tuple[slice, slice]:
    """Which pixels of an axis are taken, and where they stand in the window."""
    first = int(np.floor(centre - (length - 1) / 2 + 0.5))
    start, stop = max(first, 0), min(first + length, have)
    return slice(start, stop), slice(start - first, stop - first)


def north_up(
    frame: Frame, x: float, y: float, steps: Float[np.ndarray, "2 2"], length: int, scale: float
) -> Window | None:
    """`length` pixels of `scale` arcsec a side with north up and east left, in one resampling; NaN beyond the frame.

    steps: columns and rows for one arcsec to the east and to the north. Row 0 is the southernmost. Each pixel is the
    mean of bilinear samples about as far apart as the frame's own pixels, so nothing aliases in what is made smaller.
    """
    from scipy.ndimage import map_coordinates

    fine = max(int(np.ceil(scale / frame.pixel_scale - 1e-6)), 1)
    along = (np.arange(length * fine) - (length * fine - 1) / 2) * scale / fine
    north, east = np.meshgrid(along, -along, indexing="ij")
    at = np.array([y, x])[:, None, None] + np.einsum("ab,bij->aij", steps[::-1], np.array([east, north]))
    low, high = np.floor(at.min((1, 2))).astype(int), np.ceil(at.max((1, 2))).astype(int) + 1
    rows, columns = (slice(max(a, 0), max(b, 0)) for a, b in zip(low, high, strict=True))
    if not (piece := frame.image[rows, columns]).size:
        return None
    at -= np.array([rows.start, columns.start])[:, None, None]

    def sampled(values: np.ndarray, beyond: float) -> Float[np.ndarray, "height width"]:
        made = map_coordinates(values.astype(np.float64), at, order=1, cval=beyond, prefilter=False)
        return made.reshape(length, fine, length, fine).mean((1, 3))

    finite, edge = np.isfinite(piece), sampled(np.zeros(piece.shape), 1.0) > 0
    lost = edge | (sampled(~finite, 0.0) > 0)
    pixels = np.where(lost, np.nan, sampled(np.where(finite, piece, 0), 0.0))
    return Window(pixels, sampled(frame.bad(rows, columns), 0.0) > 0, bool(edge.any()))


def floating(frame: Frame) -> np.dtype:
    """The numbers that hold a frame's pixels and NaN: float32, or float64 where that would lose digits."""
    return np.result_type(frame.image.dtype, np.float32)
