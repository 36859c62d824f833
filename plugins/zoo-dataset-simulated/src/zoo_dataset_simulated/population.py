"""Draws galaxies: how often each kind occurs, and how its parameters scatter."""

from collections.abc import Callable

import numpy as np

from zoo_dataset_simulated.galaxy import Body, Galaxy

SHARES = {"elliptical": 0.30, "lenticular": 0.07, "spiral": 0.55, "irregular": 0.03, "merger": 0.04, "star": 0.01}


def draw_galaxy(draws: np.random.Generator) -> Galaxy:
    """One galaxy of the survey. Colours and sizes scatter widely within every family, so that they tell little."""
    family = str(draws.choice(list(SHARES), p=list(SHARES.values())))
    radius = float(np.clip(draws.lognormal(np.log(7.0), 0.45), 3.2, 19.0))
    brightness = float(np.clip(draws.normal(20.3, 0.6), 18.6, 22.2))
    seeing = float(np.clip(draws.normal(1.32, 0.12), 1.0, 1.8))
    main = shrunk(BODIES[family](draws), radius, seeing)
    night = dict(radius=radius, brightness=brightness, seeing=seeing)
    if family == "merger":
        return Galaxy(main=main, tail=float(draws.uniform(0, 0.3)), **night, **companion(draws))
    tail = float(draws.uniform(0.08, 0.25)) if draws.random() < 0.025 else 0.0
    arc = float(draws.uniform(0.05, 0.12)) if family == "elliptical" and draws.random() < 0.012 else 0.0
    return Galaxy(main=main, tail=tail, arc=arc, **night)


def shrunk(body: Body, radius: float, seeing: float) -> Body:
    """The body before the seeing widened it: the measured R90 contains the point spread function's own 1.1 widths."""
    from dataclasses import replace

    factor = float(np.sqrt(max(1 - (0.91 * seeing / radius) ** 2, 0.4)))
    lengths = ("effective_radius", "scale", "bulge_radius", "bar_length", "ring_radius")
    return replace(body, **{name: getattr(body, name) * factor for name in lengths})


def companion(draws: np.random.Generator) -> dict[str, object]:
    """A second galaxy at a projected distance at which the two still look like two."""
    family = draws.choice(["elliptical", "lenticular", "spiral"])
    distance, direction = draws.uniform(14, 46), draws.uniform(0, 2 * np.pi)
    from dataclasses import replace

    body = replace(BODIES[family](draws), flux=float(draws.uniform(0.2, 0.9)))
    size = body.flux**0.5
    body = replace(body, scale=body.scale * size, effective_radius=body.effective_radius * size)
    return {"companion": body, "companion_at": (distance * np.cos(direction), distance * np.sin(direction))}


def stars(draws: np.random.Generator, g_r: float, scatter: float) -> dict[str, float]:
    """Colours along the galaxies' sequence, r-i = 0.1 + 0.4 (g-r) with scatter, and a random position angle."""
    colour = float(np.clip(draws.normal(g_r, scatter), 0.15, 1.1))
    return {"g_r": colour, "r_i": 0.09 + 0.4 * colour + float(draws.normal(0, 0.03)), "angle": draws.uniform(0, np.pi)}


def elliptical(draws: np.random.Generator) -> Body:
    """A smooth galaxy; axis ratios as of triaxial bodies, rarely below 0.35."""
    return Body(
        family="elliptical",
        axis_ratio=float(np.clip(1 - abs(draws.normal(0.02, 0.3)), 0.28, 1.0)),
        sersic=float(np.clip(draws.lognormal(np.log(2.7), 0.35), 1.2, 6.0)),
        effective_radius=28.0 * float(draws.lognormal(0, 0.08)),
        boxiness=float(np.clip(draws.normal(2.0, 0.12), 1.7, 2.5)),
        **stars(draws, 0.76, 0.12),
    )


def disc(draws: np.random.Generator) -> dict[str, float]:
    """A disc seen from a random direction (cos i uniform) with its bulge; inclined discs look longer in round apertures."""
    inclination = float(np.arccos(draws.random()))
    bulge = float(np.clip(draws.beta(1.3, 4.5), 0.0, 0.65))
    return {
        "inclination": inclination,
        "thickness": float(draws.uniform(0.12, 0.25)),
        "scale": 16.8 * (1 + 0.3 * (1 - np.cos(inclination)) ** 2) * float(draws.lognormal(0, 0.08)),
        "bulge": bulge,
        "bulge_sersic": float(np.clip(draws.normal(1.3 + 3 * bulge, 0.5), 0.8, 4.5)),
        "bulge_radius": 2.5 + 14 * bulge * float(draws.lognormal(0, 0.2)),
        "bulge_flattening": float(draws.uniform(0.65, 0.95)),
        "bulge_boxiness": float(draws.uniform(3.0, 4.0)) if draws.random() < 0.15 else 2.0,
    }


def barred(draws: np.random.Generator, scale: float, chance: float) -> dict[str, float]:
    """A bar in some of the discs; strengths are continuous, so many are too weak to be called one."""
    return {
        "bar": float(draws.uniform(0.03, 0.22)) if draws.random() < chance else 0.0,
        "bar_length": scale * float(draws.uniform(0.8, 1.6)),
        "bar_ratio": float(draws.uniform(0.2, 0.45)),
        "bar_angle": float(draws.uniform(0, np.pi)),
    }


def lenticular(draws: np.random.Generator) -> Body:
    """A disc without arms: a large bulge, sometimes a bar or a ring."""
    shape = disc(draws)
    shape["bulge"] = float(np.clip(shape["bulge"] + 0.25, 0, 0.75))
    return Body(
        family="lenticular",
        ring=float(draws.uniform(0.05, 0.2)) if draws.random() < 0.15 else 0.0,
        ring_radius=shape["scale"] * float(draws.uniform(1.5, 2.8)),
        dust=float(draws.uniform(0, 0.5)),
        youth=0.1,
        **shape,
        **barred(draws, shape["scale"], 0.25),
        **stars(draws, 0.7, 0.12),
    )


def spiral(draws: np.random.Generator) -> Body:
    """A disc with arms, from grand design to flocculent; open arms go with small bulges, loosely (Hubble's sequence)."""
    shape = disc(draws)
    pitch = float(np.clip(draws.normal(22 - 14 * shape["bulge"], 7), 7, 45))
    return Body(
        family="spiral",
        arms=int(draws.choice([1, 2, 3, 4, 5, 6], p=[0.05, 0.56, 0.16, 0.1, 0.07, 0.06])),
        pitch=np.deg2rad(pitch),
        sense=int(draws.choice([-1, 1])),
        arm_contrast=float(np.clip(draws.beta(2.6, 3.2), 0.06, 0.85)),
        arm_width=float(draws.lognormal(np.log(0.35), 0.4)),
        flocculence=float(draws.beta(1.6, 2.5)),
        knots=float(draws.beta(1.5, 6)),
        ring=float(draws.uniform(0.05, 0.25)) if draws.random() < 0.12 else 0.0,
        ring_radius=shape["scale"] * float(draws.uniform(1.3, 2.6)),
        dust=float(draws.gamma(2.0, 0.3)),
        lopsided=float(abs(draws.normal(0, 0.12))),
        youth=float(draws.uniform(0.25, 0.6)),
        **shape,
        **barred(draws, shape["scale"], 0.42),
        **stars(draws, 0.62, 0.13),
    )


def irregular(draws: np.random.Generator) -> Body:
    """Clumps on a lopsided disc, without an order."""
    shape = disc(draws) | {"bulge": 0.0, "thickness": 0.35}
    return Body(
        family="irregular",
        arms=1,
        arm_contrast=float(draws.uniform(0.4, 0.8)),
        flocculence=1.0,
        knots=float(draws.uniform(0.3, 0.6)),
        lopsided=float(draws.uniform(0.3, 0.8)),
        youth=float(draws.uniform(0.15, 0.4)),
        **shape,
        **barred(draws, shape["scale"], 0.3),
        **stars(draws, 0.5, 0.13),
    )


def merger(draws: np.random.Generator) -> Body:
    """The larger partner: disturbed spirals and smooth galaxies in equal parts."""
    from dataclasses import replace

    body = spiral(draws) if draws.random() < 0.5 else elliptical(draws)
    return replace(body, lopsided=float(draws.uniform(0.1, 0.5)))


def star(draws: np.random.Generator) -> Body:
    """A star that the survey took for a galaxy."""
    return Body(family="star", **stars(draws, 0.6, 0.3))


BODIES: dict[str, Callable[[np.random.Generator], Body]] = {
    "elliptical": elliptical,
    "lenticular": lenticular,
    "spiral": spiral,
    "irregular": irregular,
    "merger": merger,
    "star": star,
}
