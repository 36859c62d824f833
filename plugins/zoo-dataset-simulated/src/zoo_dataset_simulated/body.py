"""Paints a galaxy, from its parameters to its light in g, r and i."""

import math

import numpy as np

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.canvas import SIZE, Canvas, colours
from zoo_dataset_simulated.disc import BOX, EDGE_ON, add_knots, open_disc, side_disc
from zoo_dataset_simulated.galaxy import Body


def paint(canvas: Canvas, body: Body, flux: float, at: tuple[float, float], draws: np.random.Generator) -> None:
    """Add a galaxy of this r flux with its middle at (x, y)."""
    if body.family == "star":
        canvas.add_points(np.array([at[0]]), np.array([at[1]]), flux * colours(body.g_r, body.r_i)[:, None])
    elif body.is_disc:
        paint_disc(canvas, body, flux * (1 - body.bulge), at, draws)
        paint_bulge(canvas, body, flux * body.bulge, at)
    else:
        light = profiles.sersic_box(
            SIZE, body.sersic, body.effective_radius, body.axis_ratio, body.angle, body.boxiness
        )
        canvas.add(light * (flux * colours(body.g_r, body.r_i))[:, None, None], at)


def paint_disc(canvas: Canvas, body: Body, flux: float, at: tuple[float, float], draws: np.random.Generator) -> None:
    """The disc, with its pattern where its plane can be seen."""
    if body.inclination > EDGE_ON:
        canvas.add(side_disc(body, draws) * flux, at)
        return
    canvas.add(open_disc(body, draws) * flux, at)
    if body.arms and body.knots > 0:
        add_knots(canvas, body, flux, at, draws)


def paint_bulge(canvas: Canvas, body: Body, flux: float, at: tuple[float, float]) -> None:
    """A Sérsic profile, redder than the disc, flattened towards the disc's plane; boxes show from the side only."""
    ratio = 1 - (1 - body.bulge_flattening) * math.sin(body.inclination) ** 2
    boxiness = body.bulge_boxiness if body.inclination > EDGE_ON else 2.0
    light = profiles.sersic_box(BOX, body.bulge_sersic, body.bulge_radius, ratio, body.angle, boxiness)
    canvas.add(light * (flux * colours(body.g_r + 0.12, body.r_i + 0.04))[:, None, None], at)
