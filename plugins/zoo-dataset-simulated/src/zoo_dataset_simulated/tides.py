"""What gravity does: tidal tails of galaxies that meet, and arcs of lensed galaxies behind."""

import math

import numpy as np

from zoo_dataset_simulated.canvas import Canvas, colours
from zoo_dataset_simulated.galaxy import Body

POINTS = 4000


def add_tails(
    canvas: Canvas, body: Body, flux: float, companion_at: tuple[float, float], draws: np.random.Generator
) -> None:
    """One tail towards the companion, or two on opposite sides that share the flux (Toomre & Toomre 1972)."""
    towards = math.atan2(companion_at[1], companion_at[0]) if any(companion_at) else draws.uniform(0, 2 * math.pi)
    sense, sides = draws.choice([-1, 1]), draws.integers(1, 3)
    tint = np.outer(colours(body.g_r - 0.15, body.r_i - 0.05), np.full(POINTS, flux / sides / POINTS))
    for side in range(sides):
        along = draws.beta(1.2, 2.0, POINTS)
        radius = 14 + draws.uniform(45, 95) * along
        angle = towards + math.pi * side + sense * draws.uniform(0.8, 2.4) * along
        angle = angle + draws.normal(0, 0.16, POINTS) * (1 - 0.5 * along)
        x, y = draws.normal(0, 2.5 + 3 * along, (2, POINTS))
        canvas.add_points(x + radius * np.cos(angle), y + radius * np.sin(angle), tint)


def add_arc(canvas: Canvas, body: Body, flux: float, draws: np.random.Generator) -> None:
    """A blue arc on the Einstein radius, and a fainter image opposite."""
    start, span = draws.uniform(0, 2 * math.pi), draws.uniform(0.25, 0.7)
    main = draws.random(POINTS) < 0.8
    angle = start + np.where(main, draws.normal(0, span, POINTS), draws.normal(math.pi, 0.12, POINTS))
    radius = draws.uniform(18, 30) + draws.normal(0, 1.2, POINTS)
    tint = np.outer(colours(body.g_r - 0.7, body.r_i - 0.3), np.full(POINTS, flux / POINTS))
    canvas.add_points(radius * np.cos(angle), radius * np.sin(angle), tint)
