"""Draws galaxies as a survey finds them: how often each kind occurs, how large and bright it is, in which seeing."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from zoo_dataset_simulated.bodies import BODIES, scaled, within
from zoo_dataset_simulated.galaxy import Galaxy

SHARES = {"elliptical": 0.30, "lenticular": 0.07, "spiral": 0.55, "irregular": 0.03, "merger": 0.04, "star": 0.01}
"""Chosen so that the mean vote fractions come near those of the 252 public rows of the Kaggle challenge."""


def draw_galaxy(draws: np.random.Generator) -> Galaxy:
    """One galaxy of the survey: sizes and brightnesses as in Galaxy Zoo 2 (r < 17), seeing as of SDSS (1.32″)."""
    family = str(draws.choice(list(SHARES), p=list(SHARES.values())))
    night = {
        "radius": within(3.2, draws.lognormal(math.log(7.0), 0.45), 19.0),
        "brightness": within(18.6, draws.normal(20.3, 0.6), 22.2),
        "seeing": within(1.0, draws.normal(1.32, 0.12), 1.8),
    }
    main = scaled(BODIES[family](draws), unblurred(night["radius"], night["seeing"]))
    return Galaxy(main=main, **night, **oddities(family, draws))


def unblurred(radius: float, seeing: float) -> float:
    """How much smaller a galaxy is without the blur: 90 % of a Gaussian's light lie within 0.91 full widths."""
    return math.sqrt(max(1 - (0.91 * seeing / radius) ** 2, 0.4))


def oddities(family: str, draws: np.random.Generator) -> dict[str, Any]:
    """A companion and tails for a merger; rarely a tail or a lensed arc for others."""
    if family == "merger":
        return companion(draws) | {"tail": draws.uniform(0, 0.3)}
    tail = draws.uniform(0.08, 0.25) if draws.random() < 0.025 else 0.0
    arc = draws.uniform(0.05, 0.12) if draws.random() < 0.012 and family == "elliptical" else 0.0
    return {"tail": tail, "arc": arc}


def companion(draws: np.random.Generator) -> dict[str, Any]:
    """A second galaxy at a projected distance at which the two still look like two."""
    body = BODIES[str(draws.choice(["elliptical", "lenticular", "spiral"]))](draws)
    flux, distance, direction = draws.uniform(0.2, 0.9), draws.uniform(14, 46), draws.uniform(0, 2 * math.pi)
    at = (distance * math.cos(direction), distance * math.sin(direction))
    return {"companion": scaled(replace(body, flux=flux), math.sqrt(flux)), "companion_at": at}
