"""Spiral arms: logarithmic spirals, the patches between them, and the bright knots along them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Plane = Float[np.ndarray, "height width"]


@dataclass(frozen=True)
class Spiral:
    """A logarithmic pattern of `number` arms whose tangent makes the angle `pitch` (radians) with a circle.

    sense: +1 or -1, the way it winds. start: azimuth of the first arm at radius 1. width: 1/κ of the arms' azimuthal
    profile exp(κ (cos ψ - 1)), so small is narrow.
    """

    number: int
    pitch: float
    sense: int
    start: float
    width: float

    def phase(self, radius: Plane, azimuth: Plane) -> Plane:
        """ψ = m (θ - θ0 - s ln R / tan p): a multiple of 2π on the crest of an arm (Binney & Tremaine 2008, sec. 6.1.2)."""
        wound = np.float32(self.sense / np.tan(self.pitch)) * np.log(np.maximum(radius, np.float32(0.5)))
        return np.float32(self.number) * (azimuth - np.float32(self.start) - wound)

    def crests(self, phase: Plane) -> Plane:
        """Between 0 and 1: one on a crest, nearly zero between arms."""
        return np.exp((np.cos(phase) - 1) / np.float32(self.width))

    def azimuth(self, radius: np.ndarray, arm: np.ndarray) -> np.ndarray:
        """Where arm number `arm` (not necessarily whole: 0.5 is half-way to the next) crosses `radius`."""
        return self.start + self.sense * np.log(np.maximum(radius, 0.5)) / np.tan(self.pitch) + 2 * np.pi * arm / self.number


def patches(spiral: Spiral, radius: Plane, azimuth: Plane, draws: np.random.Generator, modes: int = 4) -> Plane:
    """Flocculence: a sum of short-lived spiral modes (Elmegreen & Elmegreen 1984), of mean 0 and deviation near 1."""
    log_radius = np.log(np.maximum(radius, np.float32(0.5)))
    total = np.zeros_like(radius)
    for _ in range(modes):
        number, pitch, phase = draws.integers(3, 10), spiral.pitch * draws.uniform(0.7, 1.8), draws.uniform(0, 2 * np.pi)
        wound = np.float32(number * spiral.sense / np.tan(min(pitch, 1.2)))
        total += np.cos(np.float32(number) * azimuth - wound * log_radius + np.float32(phase))
    return total * np.float32(np.sqrt(2 / modes))


def wobble(radius: Plane, azimuth: Plane, draws: np.random.Generator, strength: float) -> Plane:
    """Slow phase errors (radians) that keep arms from being perfect curves."""
    a, b, c = draws.uniform(0, 2 * np.pi, 3).astype(np.float32)
    scale = np.float32(draws.uniform(9, 16))
    wave = np.sin(radius / scale + a) + np.sin(azimuth + b) * np.float32(0.7) + np.sin(2 * azimuth + radius / scale + c)
    return wave * np.float32(strength)


def knots(
    spiral: Spiral, number: int, scale: float, inner: float, spread: float, draws: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radius, azimuth and relative flux of star-forming regions along the arms; fluxes are log-normal, sum 1.

    spread: scatter across the arm in radians of its phase; at π and above they are everywhere.
    """
    radius = inner + draws.gamma(2.0, scale, number)
    arm = draws.integers(0, spiral.number, number) + draws.normal(0, spread, number) / (2 * np.pi)
    flux = draws.lognormal(0, 0.9, number)
    return radius, spiral.azimuth(radius, arm), flux / flux.sum()
