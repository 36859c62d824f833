"""Draws the parameters of galaxies of each family. Colours and sizes overlap widely, so that they tell little."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from zoo_dataset_simulated.galaxy import Body

Draws = np.random.Generator


def within(low: float, value: float, high: float) -> float:
    """The value, or the limit that it exceeds."""
    return min(max(value, low), high)


def stars(draws: Draws, g_r: float, scatter: float) -> dict[str, Any]:
    """Colours along the galaxies' sequence (r-i grows 0.4 times as fast as g-r), and a random position angle."""
    colour = within(0.15, draws.normal(g_r, scatter), 1.1)
    return {"g_r": colour, "r_i": 0.09 + 0.4 * colour + draws.normal(0, 0.03), "angle": draws.uniform(0, math.pi)}


def elliptical(draws: Draws) -> Body:
    """A smooth galaxy; axis ratios as of triaxial bodies, rarely below 0.35."""
    return Body(
        family="elliptical",
        axis_ratio=within(0.28, 1 - abs(draws.normal(0.02, 0.3)), 1.0),
        sersic=within(1.2, draws.lognormal(math.log(2.7), 0.35), 6.0),
        effective_radius=28.0 * draws.lognormal(0, 0.08),
        boxiness=within(1.7, draws.normal(2.0, 0.12), 2.5),
        **stars(draws, 0.76, 0.12),
    )


def disc(draws: Draws, more_bulge: float = 0.0) -> dict[str, Any]:
    """A disc seen from a random direction (cos i is uniform), and its bulge.

    Discs are longer the more they are inclined, because R90 is measured in round apertures.
    """
    inclination = math.acos(draws.random())
    bulge = within(0.0, draws.beta(1.3, 4.5) + more_bulge, 0.75)
    return {
        "inclination": inclination,
        "thickness": draws.uniform(0.15, 0.3),
        "scale": 16.8 * (1 + 0.3 * (1 - math.cos(inclination)) ** 2) * draws.lognormal(0, 0.08),
        "bulge": bulge,
        "bulge_sersic": within(0.8, draws.normal(1.3 + 3 * bulge, 0.5), 4.5),
        "bulge_radius": 2.5 + 14 * bulge * draws.lognormal(0, 0.2),
        "bulge_flattening": draws.uniform(0.65, 0.95),
        "bulge_boxiness": draws.uniform(3.0, 4.0) if draws.random() < 0.12 else 2.0,
    }


def barred(draws: Draws, scale: float, chance: float) -> dict[str, Any]:
    """A bar in some of the discs, from hardly visible to strong."""
    return {
        "bar": draws.uniform(0.03, 0.22) if draws.random() < chance else 0.0,
        "bar_length": scale * draws.uniform(0.8, 1.6),
        "bar_ratio": draws.uniform(0.2, 0.45),
        "bar_angle": draws.uniform(0, math.pi),
    }


def ringed(draws: Draws, scale: float, chance: float) -> dict[str, Any]:
    """A ring in some of the discs."""
    return {
        "ring": draws.uniform(0.05, 0.25) if draws.random() < chance else 0.0,
        "ring_radius": scale * draws.uniform(1.3, 2.7),
    }


def lenticular(draws: Draws) -> Body:
    """A disc without arms, with a large bulge."""
    shape = disc(draws, more_bulge=0.25)
    return Body(
        family="lenticular",
        dust=draws.uniform(0, 0.5),
        youth=0.1,
        **shape,
        **ringed(draws, shape["scale"], 0.15),
        **barred(draws, shape["scale"], 0.25),
        **stars(draws, 0.7, 0.12),
    )


def spiral(draws: Draws) -> Body:
    """A disc with arms, from grand design to flocculent; open arms go with small bulges, loosely (Hubble 1926)."""
    shape = disc(draws)
    return Body(
        family="spiral",
        arms=int(draws.choice([1, 2, 3, 4, 5, 6], p=[0.05, 0.58, 0.16, 0.09, 0.06, 0.06])),
        pitch=math.radians(within(7.0, draws.normal(20 - 12 * shape["bulge"], 7), 45.0)),
        sense=int(draws.choice([-1, 1])),
        arm_width=draws.lognormal(math.log(0.3), 0.4),
        arm_contrast=within(0.06, draws.beta(3.0, 2.4), 0.85),
        flocculence=draws.beta(1.6, 2.5),
        knots=draws.beta(1.3, 8),
        youth=draws.uniform(0.25, 0.65),
        dust=draws.gamma(2.0, 0.3),
        lopsided=abs(draws.normal(0, 0.12)),
        **shape,
        **ringed(draws, shape["scale"], 0.12),
        **barred(draws, shape["scale"], 0.42),
        **stars(draws, 0.62, 0.13),
    )


def irregular(draws: Draws) -> Body:
    """Patches on a thick and lopsided disc, without an order."""
    shape = disc(draws) | {"bulge": 0.0, "thickness": 0.35}
    return Body(
        family="irregular",
        arms=1,
        arm_contrast=draws.uniform(0.4, 0.8),
        flocculence=1.0,
        knots=draws.uniform(0.2, 0.5),
        youth=draws.uniform(0.15, 0.4),
        lopsided=draws.uniform(0.3, 0.8),
        **shape,
        **barred(draws, shape["scale"], 0.3),
        **stars(draws, 0.5, 0.13),
    )


def merging(draws: Draws) -> Body:
    """The larger partner of a merger, disturbed where it is a disc."""
    body = spiral(draws) if draws.random() < 0.5 else elliptical(draws)
    return replace(body, lopsided=draws.uniform(0.1, 0.5))


def star(draws: Draws) -> Body:
    """A star that the survey took for a galaxy."""
    return Body(family="star", **stars(draws, 0.6, 0.3))


BODIES: dict[str, Callable[[Draws], Body]] = {
    "elliptical": elliptical,
    "lenticular": lenticular,
    "spiral": spiral,
    "irregular": irregular,
    "merger": merging,
    "star": star,
}


def scaled(body: Body, factor: float) -> Body:
    """The same galaxy, larger or smaller."""
    lengths = ("effective_radius", "scale", "bulge_radius", "bar_length", "ring_radius")
    return replace(body, **{name: getattr(body, name) * factor for name in lengths})
