"""Flaws of frames: satellite trails, bleeding columns, scattered light, borders without data."""

import numpy as np
from jaxtyping import Float

Bands = Float[np.ndarray, "band height width"]

TRAIL, BORDER, GLOW, SCRATCH = 0.02, 0.012, 0.02, 0.03
"""How often each occurs."""


def add_flaws(flux: Bands, draws: np.random.Generator) -> Bands:
    """The frame with its flaws; most frames have none."""
    chances = draws.random(4)
    if chances[0] < GLOW:
        flux = glow(flux, draws)
    if chances[1] < TRAIL:
        flux = trail(flux, draws)
    if chances[2] < BORDER:
        flux = border(flux, draws)
    if chances[3] < SCRATCH:
        flux = scratch(flux, draws)
    return flux


def line_distance(size: int, draws: np.random.Generator, nearest: float) -> np.ndarray:
    """Distance (frame widths) of each pixel from a random line that passes the middle at `nearest` or more."""
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    angle, offset = draws.uniform(0, 2 * np.pi), draws.uniform(nearest, 0.5)
    return np.cos(angle) * axis[None] + np.sin(angle) * axis[:, None] - np.float32(offset)


def trail(flux: Bands, draws: np.random.Generator) -> Bands:
    """A satellite, seen in one band because the bands are exposed one after another."""
    distance = line_distance(flux.shape[1], draws, 0.15)
    flux = flux.copy()
    flux[draws.integers(0, 3)] += np.float32(draws.uniform(0.3, 8)) * np.exp(-((distance * flux.shape[1] / 2) ** 2) / 2)
    return flux


def border(flux: Bands, draws: np.random.Generator) -> Bands:
    """The end of the survey, or a saturated band beyond a line."""
    beyond = line_distance(flux.shape[1], draws, 0.28) > 0
    flux = flux.copy()
    if draws.random() < 0.5:
        flux[:, beyond] = 0
    else:
        flux[0, beyond], flux[1:, beyond] = 40, 0
    return flux


def glow(flux: Bands, draws: np.random.Generator) -> Bands:
    """Light of a bright star outside the frame, with a gradient."""
    slope = np.clip(0.6 + line_distance(flux.shape[1], draws, 0.0), 0, None)
    tint = draws.dirichlet([2, 2, 3]).astype(np.float32) * np.float32(draws.uniform(0.1, 0.9))
    return flux + tint[:, None, None] * slope


def scratch(flux: Bands, draws: np.random.Generator) -> Bands:
    """A thin dark line, such as a resampled bad column."""
    distance = line_distance(flux.shape[1], draws, 0.02)
    return flux * (np.abs(distance) * flux.shape[1] > 0.5)
