"""The sky before the telescope: three bands of surface brightness on a square grid, wider than the finished image."""

import numpy as np
from jaxtyping import Float

SIZE = 448  # 424 and a margin of 12 on each side: sources beyond the edge reach in, and the Fourier frame may wrap there
MIDDLE = (SIZE - 1) / 2

Colours = Float[np.ndarray, " band"]


def colours(g_r: float, r_i: float) -> Colours:
    """Flux in g, r, i relative to r, of a source with these colours (mag)."""
    return np.array([10 ** (-0.4 * g_r), 1.0, 10 ** (0.4 * r_i)], np.float32)


class Canvas:
    """Adds light to `light`, in nanomaggies (Stoughton et al. 2002: 1 nanomaggy = 22.5 mag) per pixel of the grid."""

    def __init__(self) -> None:
        self.light = np.zeros((3, SIZE, SIZE), np.float32)

    def add(self, box: Float[np.ndarray, "height width"], flux: Colours, at: tuple[float, float] = (0, 0)) -> None:
        """Add a box of unit flux, its middle at `at` = (x, y) from the middle of the canvas, to the nearest pixel."""
        self.add_bands(box[None] * flux[:, None, None], at)

    def add_bands(self, box: Float[np.ndarray, "band height width"], at: tuple[float, float] = (0, 0)) -> None:
        """Add a box that holds its own fluxes in the three bands; what lies outside the canvas is lost."""
        height, width = box.shape[1:]
        left, top = round(at[0] + (SIZE - width) / 2), round(at[1] + (SIZE - height) / 2)
        rows, columns = slice(max(top, 0), min(top + height, SIZE)), slice(max(left, 0), min(left + width, SIZE))
        if rows.start < rows.stop and columns.start < columns.stop:
            inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
            self.light[:, rows, columns] += box[:, inside[0], inside[1]]

    def add_points(self, x: np.ndarray, y: np.ndarray, flux: Float[np.ndarray, "band point"]) -> None:
        """Add points at (x, y) from the middle, each shared between its four nearest pixels."""
        x, y = np.asarray(x) + MIDDLE, np.asarray(y) + MIDDLE
        inside = (x >= 0) & (x < SIZE - 1) & (y >= 0) & (y < SIZE - 1)
        x, y, flux = x[inside], y[inside], flux[:, inside]
        column, row = x.astype(int), y.astype(int)
        right, down = x - column, y - row
        for dy, dx, share in (
            (0, 0, (1 - down) * (1 - right)),
            (0, 1, (1 - down) * right),
            (1, 0, down * (1 - right)),
            (1, 1, down * right),
        ):
            for band in range(3):
                np.add.at(self.light[band], (row + dy, column + dx), (flux[band] * share).astype(np.float32))
