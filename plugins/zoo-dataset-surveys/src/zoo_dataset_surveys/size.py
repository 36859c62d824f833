"""How large a cutout is: fixed, or in units of the galaxy's own size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zoo.errors import DataError

LARGEST = 4096
"""Pixels of a side above which a size is taken for a mistake."""


@dataclass(frozen=True)
class CutoutSize:
    """The side of a cutout: `factor` in `unit`, times the values of `columns` in the galaxy's row of the catalogue.

    pixel_scale: arcsec that a pixel is taken to have, None for what it has in the frame.
    """

    factor: float
    unit: Literal["pixels", "arcsec"]
    columns: tuple[str, ...] = ()
    pixel_scale: float | None = None

    def pixels(self, row: Mapping[str, float], pixel_scale: float) -> float:
        """The side in pixels of this scale (arcsec), not rounded. Raises DataError for a size that is none."""
        side = self.factor * math.prod(self._value(row, column) for column in self.columns)
        side /= 1 if self.unit == "pixels" else self.pixel_scale or pixel_scale
        if not 0 < side <= LARGEST:
            raise DataError(
                f"its cutout would have a side of {side:.6g} pixels, expected more than 0 and at most {LARGEST}: mend "
                f"{' and '.join(self.columns) or 'the size'}, or leave the galaxy out.",
                "E-CUTOUT-SIZE",
            )
        return side

    @staticmethod
    def _value(row: Mapping[str, float], column: str) -> float:
        value = float(row.get(column, math.nan))
        if not (math.isfinite(value) and value > 0):
            raise DataError(
                f"its {column} is {value:g}, which is no size: leave the galaxy out, or choose a fixed size.",
                "E-CUTOUT-SIZE",
            )
        return value


SIZES: Mapping[str, CutoutSize] = {
    "khan2019_sdss": CutoutSize(4, "arcsec", ("petroRad_r",), pixel_scale=0.396),
    "khan2019_des": CutoutSize(24, "pixels", ("KRON_RADIUS",)),
    "petrosian": CutoutSize(4, "arcsec", ("petroRad_r",)),
    "kron": CutoutSize(2 * 0.263, "arcsec", ("KRON_RADIUS", "A_IMAGE")),
}
"""Sizes by name. As coded, those of Khan et al. (2019): four Petrosian radii (spec G10), and 24 KRON_RADIUS in pixels,
which is no size of a galaxy but 84 pixels for 98 % of them (spec G13). `kron` is twice the Kron semi-axis,
KRON_RADIUS × A_IMAGE pixels of 0.263 arcsec."""
