"""What of a galaxy can be seen: its structures, weakened by blur, inclination and noise. Everything lies between 0 and 1."""

from dataclasses import dataclass

import numpy as np

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.galaxy import Body, Galaxy


@dataclass(frozen=True)
class Seen:
    """The strength of each structure to the eye.

    arms, bar, ring, clumps, dust, tail, arc: amplitudes. order: how well arms can be followed and counted. axis_ratio:
    of the blurred outline. disc: 1 for a disc. bulge: its apparent share of the light. companion, disorder, star.
    """

    arms: float
    order: float
    bar: float
    ring: float
    clumps: float
    dust: float
    tail: float
    arc: float
    companion: float
    disorder: float
    axis_ratio: float
    disc: float
    bulge: float
    star: float


def sees(galaxy: Galaxy) -> Seen:
    """What volunteers can see of a galaxy."""
    body, blur = galaxy.main, galaxy.blur
    is_disc = body.family in ("spiral", "lenticular", "irregular")
    clear = clarity(galaxy)
    face = face_on(body) if is_disc else 0.0
    arms = body.arm_contrast * arms_after_blur(body, blur) * face * clear if body.family == "spiral" else 0.0
    return Seen(
        arms=arms,
        order=arms * (1 - 0.6 * body.flocculence),
        bar=min(body.bar / 0.15, 1) * kept(2.5 * body.bar_length * body.bar_ratio, blur) * face**0.5 * clear,
        ring=min(body.ring / 0.15, 1) * kept(body.ring_radius, blur) * face * clear,
        clumps=body.knots * kept(9, blur) * clear * face,
        dust=min(body.dust, 1.5) / 1.5 * kept(18, blur) * clear * (1 - face) if is_disc else 0.0,
        tail=min(galaxy.tail / 0.2, 1) * clear,
        arc=min(galaxy.arc / 0.08, 1) * kept(12, blur),
        companion=0.0 if galaxy.companion is None else kept(2 * np.hypot(*galaxy.companion_at), blur),
        disorder=float(body.lopsided) * clear * (1.0 if body.family == "irregular" else 0.6),
        axis_ratio=outline(body, blur),
        disc=float(is_disc),
        bulge=body.bulge if is_disc else 0.6,
        star=float(body.family == "star"),
    )


def kept(wavelength: float, blur: float) -> float:
    """The amplitude that a ripple of this wavelength keeps behind a Gaussian blur: exp(-2 π² σ² / λ²)."""
    return float(np.exp(-2 * (np.pi * blur / wavelength) ** 2))


def arms_after_blur(body: Body, blur: float) -> float:
    """The same for arms: at two scale lengths they are 2π R sin(pitch) / m apart."""
    distance = 2 * np.pi * 2 * body.scale * np.sin(body.pitch) / max(body.arms, 1)
    return kept(distance * max(np.cos(body.inclination), 0.1) ** 0.3, blur)


def face_on(body: Body) -> float:
    """How far the plane of a disc lies open: 1 face-on, 0 from its side."""
    return float(np.clip((np.cos(body.inclination) - 0.12) / 0.5, 0, 1))


def clarity(galaxy: Galaxy) -> float:
    """How far outer structure stands above the sky's noise: falls for faint surfaces."""
    return float(1 / (1 + np.exp((galaxy.brightness - 21.6) / 0.45)))


def outline(body: Body, blur: float) -> float:
    """Axis ratio of the outline after blurring, from second moments of a body with half-light radius 21."""
    if body.family == "star":
        return 1.0
    thin = body.axis_ratio
    if body.family in ("spiral", "lenticular", "irregular"):
        disc = profiles.flattening(body.inclination, body.thickness)
        thin = disc + body.bulge**2 * (body.bulge_flattening - disc) * 0.8
    long = 1.3 * 26.0
    return float(np.sqrt(((thin * long) ** 2 + blur**2) / (long**2 + blur**2)))
