"""The cross-match slowly: every pair of galaxies, by the haversine, one row at a time."""

import numpy as np


def separation(ra: float, dec: float, ras: np.ndarray, decs: np.ndarray) -> np.ndarray:
    """Arcsec between a position and many, all in degrees."""
    ra, dec, ras, decs = map(np.deg2rad, (ra, dec, ras, decs))
    half = np.sin((decs - dec) / 2) ** 2 + np.cos(dec) * np.cos(decs) * np.sin((ras - ra) / 2) ** 2
    return np.rad2deg(2 * np.arcsin(np.sqrt(half))) * 3600


def cross_match(left, right, radius: float) -> dict[int, tuple[int, float, bool]]:
    """Left row → right row, separation in arcsec, whether the pair is the closest of its right row."""
    pairs = {}
    for row, (ra, dec) in enumerate(zip(left.ra, left.dec, strict=True)):
        apart = separation(ra, dec, right.ra, right.dec)
        if apart.min() <= radius:
            pairs[row] = int(apart.argmin()), float(apart.min())
    best: dict[int, int] = {}
    for row, (neighbour, apart) in pairs.items():
        if neighbour not in best or apart < pairs[best[neighbour]][1]:
            best[neighbour] = row
    return {row: (neighbour, apart, best[neighbour] == row) for row, (neighbour, apart) in pairs.items()}
