"""What of a galaxy can be seen: its structures, weakened by blur, inclination and noise."""

import math
from dataclasses import dataclass

from scipy.special import i0e, i1e

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.galaxy import HALF_LIGHT, Body, Galaxy


@dataclass(frozen=True)
class Seen:
    """How strongly each structure meets the eye, 0 not at all.

    arms, bar, ring, clumps, dust, tail, arc, companion, disorder: structures. order: how well arms can be followed and
    counted. axis_ratio: of the blurred outline. bulge: share of the light. disc, star: what it is, 0 or 1.
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
    bulge: float
    disc: float
    star: float


def see(galaxy: Galaxy) -> Seen:
    """What a volunteer can see of a galaxy."""
    body, blur, clear = galaxy.main, galaxy.blur, clarity(galaxy)
    open_ = face_on(body) * body.is_disc
    arms = arm_amplitude(body) * arms_kept(body, blur) * open_ * clear
    return Seen(
        arms=arms,
        order=arms * (1 - 0.5 * body.flocculence),
        bar=min(body.bar / 0.15, 1) * kept(2.5 * body.bar_length * body.bar_ratio, blur) * math.sqrt(open_) * clear,
        ring=min(body.ring / 0.15, 1) * kept(body.ring_radius, blur) * open_ * clear,
        clumps=body.knots * kept(9.0, blur) * open_ * clear,
        dust=min(body.dust / 1.5, 1) * kept(18.0, blur) * clear * (1 - open_) * body.is_disc,
        tail=min(galaxy.tail / 0.2, 1) * clear,
        arc=min(galaxy.arc / 0.08, 1) * kept(25.0, blur),
        companion=0.0 if galaxy.companion is None else kept(2 * math.hypot(*galaxy.companion_at), blur),
        disorder=body.lopsided * clear * (1.0 if body.family == "irregular" else 0.6),
        axis_ratio=outline(body, blur),
        bulge=body.bulge if body.is_disc else 0.6,
        disc=float(body.is_disc),
        star=float(body.family == "star"),
    )


def kept(wavelength: float, blur: float) -> float:
    """The amplitude that a ripple of this wavelength keeps behind a Gaussian blur, exp(-2 π² σ² / λ²)."""
    return math.exp(-2 * (math.pi * blur / wavelength) ** 2)


def arm_amplitude(body: Body) -> float:
    """Share of the disc's light in the first harmonic of its arms, I1(1/w) / I0(1/w) of it; patches hide arms."""
    if body.family != "spiral":
        return 0.0
    harmonic = float(i1e(1 / body.arm_width) / i0e(1 / body.arm_width))
    return body.arm_contrast * harmonic * (1 - 0.5 * body.flocculence)


def arms_kept(body: Body, blur: float) -> float:
    """The same for spiral arms: at two scale lengths they are 2π R sin(pitch) / m apart, less where foreshortened."""
    apart = 2 * math.pi * 2 * body.scale * math.sin(body.pitch) / max(body.arms, 1)
    return kept(apart * max(math.cos(body.inclination), 0.1) ** 0.3, blur)


def face_on(body: Body) -> float:
    """How far the plane of a disc lies open: 1 face-on, 0 from its side."""
    return min(max((math.cos(body.inclination) - 0.12) / 0.5, 0.0), 1.0)


def clarity(galaxy: Galaxy) -> float:
    """How far structure stands above the sky's noise: it drowns where the mean surface brightness passes 21.6."""
    return 1 / (1 + math.exp((galaxy.brightness - 21.6) / 0.45))


def outline(body: Body, blur: float) -> float:
    """Axis ratio of the blurred outline: variances add to those of a body of typical size."""
    if body.family == "star":
        return 1.0
    ratio = body.axis_ratio
    if body.is_disc:
        flat = profiles.flattening(body.inclination, body.thickness)
        ratio = flat + 0.8 * body.bulge**2 * (body.bulge_flattening - flat)
    long = 1.3 * HALF_LIGHT
    return math.sqrt(((ratio * long) ** 2 + blur**2) / (long**2 + blur**2))
