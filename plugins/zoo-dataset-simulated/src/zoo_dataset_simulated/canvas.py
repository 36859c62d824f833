"""The sky before the telescope: surface brightness in g, r and i on a square grid, wider than the finished image."""

import numpy as np
from jaxtyping import Float

SIZE = 448  # 424 and a margin of 12 on each side, for sources beyond the edge and for the wrap of Fourier transforms
MIDDLE = (SIZE - 1) / 2

Bands = Float[np.ndarray, "band height width"]
Points = Float[np.ndarray, " point"]
Colours = Float[np.ndarray, " band"]


def colours(g_r: float, r_i: float) -> Colours:
    """Flux in g, r and i relative to r of a source with these colours (mag)."""
    return np.array([10 ** (-0.4 * g_r), 1, 10 ** (0.4 * r_i)], np.float32)


class Canvas:
    """Collects light. `light` is in nanomaggies (22.5 mag each) per area of a camera pixel."""

    def __init__(self) -> None:
        self.light: Bands = np.zeros((3, SIZE, SIZE), np.float32)

    def add(self, box: Bands, at: tuple[float, float] = (0.0, 0.0)) -> None:
        """Add a box with its middle at `at` = (x, y) from the middle of the canvas, to the nearest pixel.

        What lies outside the canvas is lost.
        """
        height, width = box.shape[1:]
        left, top = round(at[0] + (SIZE - width) / 2), round(at[1] + (SIZE - height) / 2)
        rows, columns = slice(max(top, 0), min(top + height, SIZE)), slice(max(left, 0), min(left + width, SIZE))
        if rows.start < rows.stop and columns.start < columns.stop:
            part = box[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            self.light[:, rows, columns] += part

    def add_points(self, x: Points, y: Points, flux: Float[np.ndarray, "band point"]) -> None:
        """Add points at (x, y) from the middle of the canvas, each shared among its four nearest pixels."""
        x, y = x + MIDDLE, y + MIDDLE
        inside = (x >= 0) & (x < SIZE - 1) & (y >= 0) & (y < SIZE - 1)
        x, y, flux = x[inside], y[inside], flux[:, inside]
        column, row = x.astype(int), y.astype(int)
        right, down = x - column, y - row
        for step, across in ((0, 1 - down), (1, down)):
            for side, along in ((0, 1 - right), (1, right)):
                part = (flux * across * along).astype(np.float32)
                for band in range(3):
                    np.add.at(self.light[band], (row + step, column + side), part[band])
