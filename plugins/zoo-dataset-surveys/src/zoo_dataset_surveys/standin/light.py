"""The light of a galaxy: a smooth elliptical, or a disc with arms, in any band and on any grid of the sky."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from zoo_dataset_surveys import sky
from zoo_dataset_surveys.standin.galaxy import Galaxy

Plane = Float[np.ndarray, "height width"]

REDDER = {
    "spiral": {"u": 1.7, "g": 0.5, "r": 0.0, "i": -0.3, "z": -0.45, "Y": -0.5},
    "elliptical": {"u": 2.6, "g": 0.8, "r": 0.0, "i": -0.4, "z": -0.7, "Y": -0.8},
}
"""Magnitude in a band less that in r, as galaxies of the two kinds have it (Strateva et al. 2001)."""

ARMS = {"u": 2.6, "g": 2.2, "r": 1.6, "i": 1.3, "z": 1.1, "Y": 1.0}
"""How much brighter an arm is than the disc between arms: young stars are blue."""

REACH = 4.0
"""Petrosian radii beyond which a galaxy is dark."""


def magnitude(galaxy: Galaxy, band: str) -> float:
    """The magnitude of a galaxy in a band."""
    return galaxy.r + REDDER[galaxy.kind][band]


def profile(galaxy: Galaxy, east: Plane, north: Plane, band: str, seeing: float = 0.0) -> Plane:
    """Brightness at offsets in arcsec, in units of its own. seeing: arcsec below which nothing is sharp."""
    along = east * math.sin(galaxy.angle) + north * math.cos(galaxy.angle)
    across = (east * math.cos(galaxy.angle) - north * math.sin(galaxy.angle)) / galaxy.axis_ratio
    radius = np.sqrt(along**2 + across**2 + seeing**2)
    if galaxy.kind == "elliptical":
        return np.exp(-7.67 * (radius / (galaxy.radius / 3)) ** 0.25)  # de Vaucouleurs (1948)
    scale = galaxy.radius / 3.5
    winding = galaxy.sense * np.log(radius / scale) / math.tan(galaxy.pitch)
    crests = np.exp((np.cos(galaxy.arms * (np.arctan2(across, along) - winding)) - 1) / 0.35)
    begun = 1 / (1 + np.exp(np.clip((0.8 * scale - radius) / (0.15 * scale), -30, 30)))
    bulge = 1.5 * np.exp(-radius / (0.3 * scale))
    return np.exp(-radius / scale) * (0.3 + ARMS[band] * crests * begun) + bulge


@lru_cache(maxsize=4096)
def total(galaxy: Galaxy, band: str) -> float:
    """What the profile sums to over the sky, in its unit times square arcsec."""
    offsets = np.linspace(-REACH * galaxy.radius, REACH * galaxy.radius, 129)
    return float(profile(galaxy, *np.meshgrid(offsets, offsets), band, 0.5).sum() * (offsets[1] - offsets[0]) ** 2)


def image(galaxies: Iterable[Galaxy], wcs: Any, shape: tuple[int, int], band: str, seeing: float) -> Plane:
    """What a frame sees of these galaxies, without noise, in nanomaggies per pixel."""
    seen = np.zeros(shape)
    matrix = wcs.pixel_scale_matrix * 3600
    area = abs(np.linalg.det(matrix))
    some = list(galaxies)
    places = np.transpose(sky.to_pixels(wcs, np.array([g.ra for g in some]), np.array([g.dec for g in some])))
    for galaxy, (x, y) in zip(some, places, strict=True):
        if not np.isfinite([x, y]).all():
            continue
        reach = REACH * galaxy.radius / math.sqrt(area)
        rows, columns = (slice(max(int(c - reach), 0), max(int(c + reach) + 1, 0)) for c in (y, x))
        dy, dx = np.mgrid[: shape[0], : shape[1]][:, rows, columns] - np.array([y, x])[:, None, None]
        east, north = (row[0] * dx + row[1] * dy for row in matrix)
        flux = 10 ** (0.4 * (22.5 - magnitude(galaxy, band)))
        light = profile(galaxy, east, north, band, seeing)
        light[np.hypot(east, north) > REACH * galaxy.radius] = 0
        seen[rows, columns] += flux * area / total(galaxy, band) * light
    return seen
