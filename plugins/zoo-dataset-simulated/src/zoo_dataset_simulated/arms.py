"""Spiral arms: logarithmic spirals, the patches between them, and the bright knots along them."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Field = Float[np.ndarray, "*shape"]
Points = Float[np.ndarray, " point"]


@dataclass(frozen=True)
class Spiral:
    """A logarithmic pattern of `number` arms whose tangents make the angle `pitch` (radians) with circles.

    sense: +1 or -1, the way it winds. start: azimuth of the first arm at radius 1. width: of the arms' azimuthal
    profile exp((cos ψ - 1) / width), so small is narrow.
    """

    number: int
    pitch: float
    sense: int
    start: float
    width: float

    def winding(self, radius: Field) -> Field:
        """The azimuth through which an arm has turned between radius 1 and here, s ln R / tan p."""
        return (self.sense / math.tan(self.pitch)) * np.log(np.maximum(radius, 0.5))

    def phase(self, radius: Field, azimuth: Field) -> Field:
        """ψ = m (θ - θ0 - s ln R / tan p), a multiple of 2π on an arm's crest (Binney & Tremaine 2008, sec. 6.1)."""
        return self.number * (azimuth - self.start - self.winding(radius))

    def crests(self, phase: Field) -> Field:
        """Between 0 and 1: one on a crest, little between the arms."""
        return np.exp((np.cos(phase) - 1) / self.width)

    def azimuth(self, radius: Points, arm: Points) -> Points:
        """Where arm number `arm` crosses `radius`; a half arm is half-way to the next."""
        return self.start + self.winding(radius) + 2 * math.pi * arm / self.number


def patches(spiral: Spiral, radius: Field, azimuth: Field, draws: np.random.Generator, modes: int = 4) -> Field:
    """Flocculence: a sum of short spiral modes (Elmegreen & Elmegreen 1984), of mean 0 and deviation near 1."""
    total = np.zeros_like(radius)
    log_radius = np.log(np.maximum(radius, 0.5))
    for _ in range(modes):
        number, phase = int(draws.integers(3, 10)), draws.uniform(0, 2 * math.pi)
        pitch = min(spiral.pitch * draws.uniform(0.7, 1.8), 1.2)
        total += np.cos(number * azimuth - (number * spiral.sense / math.tan(pitch)) * log_radius + phase)
    return total * math.sqrt(2 / modes)


def wobble(radius: Field, azimuth: Field, draws: np.random.Generator, strength: float) -> Field:
    """Slow errors of the phase, in radians, that keep arms from being perfect curves."""
    a, b, c = (draws.uniform(0, 2 * math.pi) for _ in range(3))
    turns = radius / draws.uniform(9, 16)
    return strength * (np.sin(turns + a) + 0.7 * np.sin(azimuth + b) + np.sin(2 * azimuth + turns + c))


def knots(
    spiral: Spiral, number: int, scale: float, inner: float, spread: float, draws: np.random.Generator
) -> tuple[Points, Points, Points]:
    """Radius, azimuth and share of light of star-forming regions along the arms; shares are log-normal and sum to 1.

    spread: scatter across an arm in radians of its phase; from π on they are everywhere.
    """
    radius = inner + np.minimum(draws.gamma(2.0, 0.6 * scale, number), 2.8 * scale)
    arm = draws.integers(0, spiral.number, number) + draws.normal(0, spread, number) / (2 * math.pi)
    flux = draws.lognormal(0, 0.9, number)
    return radius, spiral.azimuth(radius, arm), flux / flux.sum()
