"""What galaxies do to each other, and gravity to light: tidal tails, and arcs of lensed galaxies behind."""

import numpy as np

from zoo_dataset_simulated.canvas import Canvas, colours
from zoo_dataset_simulated.galaxy import Body


def add_tails(canvas: Canvas, body: Body, flux: float, toward: tuple[float, float], draws: np.random.Generator) -> None:
    """One or two curved tails (Toomre & Toomre 1972) of the given r flux, leaving on opposite sides and fading outwards."""
    direction = np.arctan2(toward[1], toward[0]) if toward != (0.0, 0.0) else draws.uniform(0, 2 * np.pi)
    sense = draws.choice([-1, 1])
    for side in range(draws.integers(1, 3)):
        along = draws.beta(1.2, 2.0, 4000)
        bend, reach = draws.uniform(0.8, 2.4) * sense, draws.uniform(45, 95)
        radius = 14 + reach * along
        angle = direction + np.pi * side + bend * along + draws.normal(0, 0.16, 4000) * (1 - 0.5 * along)
        width = draws.normal(0, 2.5 + 3 * along, (2, 4000))
        points = radius * np.cos(angle) + width[0], radius * np.sin(angle) + width[1]
        tint = colours(body.g_r - 0.15, body.r_i - 0.05)
        canvas.add_points(*points, np.outer(flux * tint, np.full(4000, 1 / 4000)) / (1 + side))


def add_arc(canvas: Canvas, body: Body, flux: float, draws: np.random.Generator) -> None:
    """A blue arc on the Einstein radius, and its fainter counter-image."""
    radius, start, span = draws.uniform(18, 30), draws.uniform(0, 2 * np.pi), draws.uniform(0.5, 1.4)
    angle = np.where(draws.random(1500) < 0.8, start + draws.normal(0, span / 2, 1500), start + np.pi + draws.normal(0, 0.12, 1500))
    distance = radius + draws.normal(0, 1.2, 1500)
    tint = colours(body.g_r - 0.7, body.r_i - 0.3)
    canvas.add_points(distance * np.cos(angle), distance * np.sin(angle), np.outer(flux * tint, np.full(1500, 1 / 1500)))
