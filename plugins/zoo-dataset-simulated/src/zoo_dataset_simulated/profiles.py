"""Light profiles of unit flux: Sérsic, disc, edge-on disc, bar, ring. Lengths are pixels of the finished image."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.special import gamma, gammaincinv, kve

Plane = Float[np.ndarray, "height width"]


@lru_cache(maxsize=8)
def grid(size: int) -> tuple[Plane, Plane]:
    """x and y of the pixel centres of a square box, counted from its middle."""
    axis = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = np.broadcast_to(axis, (size, size)).copy(), np.broadcast_to(axis[:, None], (size, size)).copy()
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


def turned(x: Plane, y: Plane, angle: float) -> tuple[Plane, Plane]:
    """Coordinates along and across an axis at `angle` (radians, from x towards y)."""
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return c * x + s * y, c * y - s * x


def sersic_b(n: float) -> float:
    """The constant b_n that puts half of the light within the effective radius (Ciotti & Bertin 1999, eq. 1)."""
    return float(gammaincinv(2 * n, 0.5))


def sersic(x: Plane, y: Plane, n: float, effective_radius: float, axis_ratio: float = 1.0, boxiness: float = 2.0) -> Plane:
    """A Sérsic (1968) profile of unit flux with its long axis along x; isophotes are superellipses.

    effective_radius: half-light semi-major axis. boxiness: exponent of the isophotes, 2 ellipses, above 2 boxes. The
    flux is exactly 1 over the plane for ellipses.
    """
    b = sersic_b(n)
    if boxiness == 2:
        radius = np.sqrt(x * x + (y / np.float32(axis_ratio)) ** 2)
    else:
        radius = (np.abs(x) ** boxiness + np.abs(y / np.float32(axis_ratio)) ** boxiness) ** np.float32(1 / boxiness)
    central = b ** (2 * n) / (2 * np.pi * n * gamma(2 * n) * effective_radius**2 * axis_ratio)
    return np.float32(central) * np.exp(-np.float32(b) * (radius / np.float32(effective_radius)) ** np.float32(1 / n))


def sersic_box(
    size: int, n: float, effective_radius: float, axis_ratio: float, angle: float, boxiness: float = 2.0
) -> Plane:
    """The same on a box of pixels, with the cusp in the middle averaged over 9 × 9 points per pixel."""
    light = sersic(*turned(*grid(size), angle), n, effective_radius, axis_ratio, boxiness)
    core, fine = 14 + size % 2, 9
    x, y = grid(core * fine)
    cusp = sersic(*turned(x / fine, y / fine, angle), n, effective_radius, axis_ratio, boxiness)
    start = (size - core) // 2
    light[start : start + core, start : start + core] = cusp.reshape(core, fine, core, fine).mean((1, 3))
    return light


def flattening(inclination: float, thickness: float) -> float:
    """The apparent axis ratio of a disc: q² = cos² i + q0² sin² i (Hubble 1926), i in radians."""
    return float(np.sqrt(np.cos(inclination) ** 2 + (thickness * np.sin(inclination)) ** 2))


def disc_plane(x: Plane, y: Plane, angle: float, axis_ratio: float) -> tuple[Plane, Plane]:
    """Radius and azimuth in the plane of a disc that is seen with `axis_ratio`, its line of nodes at `angle`."""
    along, across = turned(x, y, angle)
    across = across / np.float32(axis_ratio)
    return np.sqrt(along * along + across * across), np.arctan2(across, along)


def exponential(radius: Plane, scale: float) -> Plane:
    """An exponential disc (Freeman 1970) that ends smoothly near five scale lengths (van der Kruit 1979)."""
    return np.exp(-radius / np.float32(scale)) / (1 + np.exp((radius - np.float32(5 * scale)) / np.float32(0.45 * scale)))


def edge_on(along: Plane, across: Plane, scale: float, height: float) -> Plane:
    """A self-gravitating disc seen from its side: (x/h) K1(x/h) sech²(z/z0) (van der Kruit & Searle 1981, eq. 5)."""
    distance = np.abs(along) / np.float32(scale) + np.float32(1e-3)
    sides = distance * kve(1, distance) * np.exp(-distance)
    end = 1 / (1 + np.exp((distance - 4.6) / 0.4))
    return (sides * end / np.cosh(np.clip(across / np.float32(height), -20, 20)) ** 2).astype(np.float32)


def bar(radius: Plane, azimuth: Plane, length: float, axis_ratio: float, angle: float) -> Plane:
    """A Ferrers (1877) bar of index 2 with boxy ends (Athanassoula et al. 1990), of half-length `length`."""
    x, y = radius * np.cos(azimuth - np.float32(angle)), radius * np.sin(azimuth - np.float32(angle))
    m = (np.abs(x / np.float32(length)) ** 3 + np.abs(y / np.float32(length * axis_ratio)) ** 3) ** np.float32(2 / 3)
    return np.clip(1 - m, 0, None) ** 2


def ring(radius: Plane, at: float, width: float) -> Plane:
    """A Gaussian annulus."""
    return np.exp(-(((radius - np.float32(at)) / np.float32(width)) ** 2) / 2)
