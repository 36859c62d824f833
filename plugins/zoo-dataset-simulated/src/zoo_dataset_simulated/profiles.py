"""Light profiles on a grid of pixels: Sérsic, exponential disc, disc from its side, bar, ring.

Planes are float32, and scalars Python floats, so that nothing is widened by accident. Lengths are pixels of the
finished image, angles radians.
"""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.special import gamma, gammaincinv, k1

Plane = Float[np.ndarray, "height width"]
Field = Float[np.ndarray, "*shape"]


@lru_cache(maxsize=16)
def grid(size: int) -> tuple[Plane, Plane]:
    """x and y of the pixel centres of a square box, counted from its middle (read-only)."""
    axis = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = np.meshgrid(axis, axis)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


def turned(x: Field, y: Field, angle: float) -> tuple[Field, Field]:
    """Coordinates along and across an axis at `angle`, counted from x towards y."""
    c, s = math.cos(angle), math.sin(angle)
    return c * x + s * y, c * y - s * x


def unit(light: Plane) -> Plane:
    """The same light with a sum of 1; darkness stays dark."""
    return light / max(float(light.sum(dtype=np.float64)), 1e-12)


def sersic_b(n: float) -> float:
    """The constant b_n that puts half of the light within the effective radius (Ciotti & Bertin 1999, eq. 1)."""
    return float(gammaincinv(2 * n, 0.5))


def sersic(
    x: Plane, y: Plane, n: float, effective_radius: float, axis_ratio: float = 1.0, boxiness: float = 2.0
) -> Plane:
    """A Sérsic (1968) profile of index n with its long axis along x.

    effective_radius: semi-major axis of the isophote with half of the light. boxiness: exponent of the isophotes, 2 for
    ellipses, more for boxes (Athanassoula et al. 1990, eq. 3). The flux of ellipses over the whole plane is 1.
    """
    b = sersic_b(n)
    if boxiness == 2:
        radius = np.sqrt(x**2 + (y / axis_ratio) ** 2)
    else:
        radius = (np.abs(x) ** boxiness + np.abs(y / axis_ratio) ** boxiness) ** (1 / boxiness)
    central = b ** (2 * n) / float(2 * math.pi * n * gamma(2 * n) * effective_radius**2 * axis_ratio)
    return central * np.exp(-b * (radius / effective_radius) ** (1 / n))


def sersic_box(
    size: int,
    n: float,
    effective_radius: float,
    axis_ratio: float,
    angle: float,
    boxiness: float = 2.0,
    points: int = 9,
) -> Plane:
    """A Sérsic profile in a square box; the 14 pixels in its middle are means over points × points, for the cusp."""
    light = sersic(*turned(*grid(size), angle), n, effective_radius, axis_ratio, boxiness)
    core = 14 + size % 2
    x, y = grid(core * points)
    cusp = sersic(*turned(x / points, y / points, angle), n, effective_radius, axis_ratio, boxiness)
    middle = slice((size - core) // 2, (size + core) // 2)
    light[middle, middle] = cusp.reshape(core, points, core, points).mean((1, 3))
    return light


def flattening(inclination: float, thickness: float) -> float:
    """The apparent axis ratio of a disc, q² = cos² i + q0² sin² i (Hubble 1926)."""
    return math.hypot(math.cos(inclination), thickness * math.sin(inclination))


def disc_plane(x: Plane, y: Plane, angle: float, axis_ratio: float) -> tuple[Plane, Plane]:
    """Radius and azimuth in the plane of a disc seen with this axis ratio, whose line of nodes is at `angle`."""
    along, across = turned(x, y, angle)
    across = across / axis_ratio
    return np.sqrt(along**2 + across**2), np.arctan2(across, along)


def exponential(radius: Plane, scale: float) -> Plane:
    """An exponential disc (Freeman 1970) that ends softly near five scale lengths (van der Kruit & Searle 1981)."""
    end = np.clip((radius - 5 * scale) / (0.45 * scale), -30, 30)
    return np.exp(-radius / scale) / (1 + np.exp(end))


def edge_on(along: Plane, across: Plane, scale: float, height: float) -> Plane:
    """A self-gravitating disc from its side, (x/h) K1(x/h) sech²(z/z0) (van der Kruit & Searle 1981, eq. 5).

    It ends softly near five scale lengths, as `exponential` does.
    """
    distance = np.linspace(1e-3, 12, 1200)
    table = distance * k1(distance) / (1 + np.exp(np.clip((distance - 5) / 0.45, -30, 30)))
    sides = np.interp(np.abs(along) / scale, distance, table).astype(np.float32)
    return sides / np.cosh(np.clip(across / height, -20, 20)) ** 2


def bar(radius: Plane, azimuth: Plane, length: float, axis_ratio: float, angle: float) -> Plane:
    """A Ferrers bar of index 2 (Binney & Tremaine 2008, sec. 2.5.3) of half-length `length`, with boxy ends."""
    x, y = radius * np.cos(azimuth - angle), radius * np.sin(azimuth - angle)
    m2 = (np.abs(x / length) ** 3 + np.abs(y / (length * axis_ratio)) ** 3) ** (2 / 3)
    return np.clip(1 - m2, 0, None) ** 2


def ring(radius: Plane, at: float, width: float) -> Plane:
    """An annulus with a Gaussian profile."""
    return np.exp(-(((radius - at) / width) ** 2) / 2)
