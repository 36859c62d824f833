"""Directions on the sky."""

import numpy as np
from jaxtyping import Float

ARCSEC = np.deg2rad(1 / 3600)
"""In radians."""


def unit_vectors(ra: Float[np.ndarray, " galaxy"], dec: Float[np.ndarray, " galaxy"]) -> Float[np.ndarray, "3 galaxy"]:
    """Directions of length 1 from degrees: x to (0°, 0°), y to (90°, 0°), z to the north pole."""
    ra, dec = np.deg2rad(ra), np.deg2rad(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def chord(radius: float) -> float:
    """The length between unit vectors that are `radius` arcsec apart.

    A little longer, so that a pair on the limit belongs to it: vectors have 16 digits, an angle of 1 arcsec then 10.
    """
    return 2 * np.sin(radius * ARCSEC / 2) * (1 + 1e-9)
