"""Flaws of frames: scattered light, trails of satellites, borders without data, resampled bad columns."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from zoo_dataset_simulated.canvas import Bands

Plane = Float[np.ndarray, "height width"]


def add_flaws(flux: Bands, draws: np.random.Generator) -> Bands:
    """The frame with its flaws; most frames have none."""
    for flaw, chance in CHANCES.items():
        if draws.random() < chance:
            flux = flaw(flux, draws)
    return flux


def beyond_line(size: int, draws: np.random.Generator, nearest: float) -> Plane:
    """Signed distance of each pixel from a random line that passes the middle at `nearest` or more; frame widths."""
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    angle, offset = draws.uniform(0, 2 * math.pi), draws.uniform(nearest, 0.5)
    return math.cos(angle) * axis + math.sin(angle) * axis[:, None] - offset


def glow(flux: Bands, draws: np.random.Generator) -> Bands:
    """Light of a bright star outside the frame, with a gradient."""
    slope = np.clip(0.6 + beyond_line(flux.shape[1], draws, 0.0), 0, None)
    tint = draws.dirichlet([2, 2, 3]).astype(np.float32) * draws.uniform(0.05, 0.5)
    return flux + tint[:, None, None] * slope


def trail(flux: Bands, draws: np.random.Generator) -> Bands:
    """A satellite, seen in one band, because the bands are exposed one after another."""
    pixels = beyond_line(flux.shape[1], draws, 0.15) * flux.shape[1]
    light = np.zeros_like(flux)
    light[draws.integers(0, 3)] = 10 ** draws.uniform(-1, 0.8) * np.exp(-((pixels / 2) ** 2) / 2)
    return flux + light


def border(flux: Bands, draws: np.random.Generator) -> Bands:
    """The end of the survey: darkness beyond a line, or a saturated g band."""
    beyond = beyond_line(flux.shape[1], draws, 0.28) > 0
    saturated = np.array([40, 0, 0], np.float32) * draws.integers(0, 2)
    return np.where(beyond, saturated[:, None, None], flux)


def scratch(flux: Bands, draws: np.random.Generator) -> Bands:
    """A thin dark line, such as a bad column that was not interpolated."""
    return flux * (np.abs(beyond_line(flux.shape[1], draws, 0.02)) * flux.shape[1] > 0.5)


CHANCES: dict[Callable[[Bands, np.random.Generator], Bands], float] = {
    glow: 0.02,
    trail: 0.012,
    border: 0.012,
    scratch: 0.03,
}
"""How often each flaw occurs, counted by eye on the public images of the Kaggle challenge."""
