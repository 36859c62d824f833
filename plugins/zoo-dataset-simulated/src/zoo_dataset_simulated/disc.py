"""Light of a disc: its old stars, its arms, bar and ring, its dust, and the knots on its arms."""

import math

import numpy as np
from jaxtyping import Float

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.arms import Spiral, knots, patches, wobble
from zoo_dataset_simulated.canvas import Bands, Canvas, Colours, colours
from zoo_dataset_simulated.galaxy import Body

BOX = 248  # a disc ends within 120 pixels of its middle
EXTINCTION = np.array([1.2, 0.87, 0.65], np.float32)[:, None, None]  # g, r, i (Schlegel et al. 1998, table 6, rescaled)
EDGE_ON = math.radians(77)  # from here on arms cannot be told apart, and the thickness of the disc is what one sees

Plane = Float[np.ndarray, "height width"]


def tints(body: Body) -> tuple[Colours, Colours]:
    """Colours of old and of young stars."""
    return colours(body.g_r + 0.05, body.r_i), colours(body.g_r - body.youth, body.r_i - 0.4 * body.youth)


def mixed(bands: Bands, share: float, light: Plane, tint: Colours) -> Bands:
    """Give a share of the flux to another component."""
    return bands * (1 - share) + profiles.unit(light) * (share * tint)[:, None, None]


def open_disc(body: Body, draws: np.random.Generator) -> Bands:
    """A disc of r flux near 1 whose plane can be seen, in a box."""
    radius, azimuth = profiles.disc_plane(
        *profiles.grid(BOX), body.angle, profiles.flattening(body.inclination, body.thickness)
    )
    old, young = tints(body)
    bands = profiles.unit(profiles.exponential(radius, body.scale)) * old[:, None, None]
    if body.arms:
        crests, lanes = pattern(body, radius, azimuth, draws)
        share = body.arm_contrast * (1 - body.knots)
        bands = mixed(bands, share, profiles.exponential(radius, 1.5 * body.scale) * crests, young)
        bands *= np.exp(-body.dust * lanes * EXTINCTION)
    if body.ring > 0:
        bands = mixed(bands, body.ring, profiles.ring(radius, body.ring_radius, 0.12 * body.ring_radius), young)
    if body.bar > 0:
        light = profiles.bar(radius, azimuth, body.bar_length, body.bar_ratio, body.bar_angle)
        bands = mixed(bands, body.bar, light, old)
    side = np.tanh(radius / (2 * body.scale)) * np.cos(azimuth - 1)
    return bands * (1 + body.lopsided * side)


def spiral_of(body: Body) -> Spiral:
    """The pattern of a galaxy: an arm starts at the end of the bar."""
    start = body.bar_angle - body.sense * math.log(body.bar_length) / math.tan(body.pitch)
    return Spiral(body.arms, body.pitch, body.sense, start, body.arm_width)


def inner_edge(body: Body) -> float:
    """Where arms begin: at the end of the bar, or outside the bulge."""
    return 0.9 * body.bar_length if body.bar > 0 else max(0.35 * body.scale, 0.8 * body.bulge_radius)


def pattern(body: Body, radius: Plane, azimuth: Plane, draws: np.random.Generator) -> tuple[Plane, Plane]:
    """Where young stars are, and the lanes of dust on one side of the arms."""
    spiral, patchy = spiral_of(body), body.flocculence
    phase = spiral.phase(radius, azimuth) + wobble(radius, azimuth, draws, 0.2 + 0.3 * patchy)
    begin = 1 / (1 + np.exp(np.clip((inner_edge(body) - radius) / (0.12 * body.scale + 0.5), -30, 30)))
    extent = begin * np.exp(-((radius / (3.8 * body.scale)) ** 4))
    ragged = np.clip(1 + 0.75 * patchy * patches(spiral, radius, azimuth, draws), 0, None)
    crests = (spiral.crests(phase) * (1 - 0.6 * patchy) + 0.35 * patchy) * ragged
    return crests * extent + 0.02, spiral.crests(phase + 0.7 * body.sense) * extent


def add_knots(canvas: Canvas, body: Body, flux: float, at: tuple[float, float], draws: np.random.Generator) -> None:
    """Star clusters and H II regions on the arms; Hα makes some of them brighter in r."""
    number = int(draws.integers(40, 240))
    share = flux * body.knots * body.arm_contrast * (1 - body.bar) * (1 - body.ring)
    radius, azimuth, light = knots(
        spiral_of(body), number, body.scale, inner_edge(body), 0.35 + 2.5 * body.flocculence, draws
    )
    along = radius * np.cos(azimuth)
    across = radius * np.sin(azimuth) * profiles.flattening(body.inclination, body.thickness)
    x, y = profiles.turned(along, across, -body.angle)
    bands = np.outer(share * tints(body)[1], light)
    bands[1] *= 1 + 0.3 * (draws.random(number) < 0.3)
    canvas.add_points(at[0] + x, at[1] + y, bands)


def side_disc(body: Body, draws: np.random.Generator) -> Bands:
    """A disc of r flux near 1 seen from its side: thick old and thin young stars, a lane of dust, a slight warp."""
    along, across = profiles.turned(*profiles.grid(BOX), body.angle)
    old, young = tints(body)
    opening = body.scale * math.cos(body.inclination)
    height = math.hypot(body.thickness * body.scale, 0.9 * opening)
    across = across - draws.normal(0, 0.02) * body.scale * (along / (3 * body.scale)) ** 3
    bands = profiles.unit(profiles.edge_on(along, across, body.scale, height)) * old[:, None, None]
    if body.arms:
        lumps = 1 + 0.5 * body.flocculence * np.sin(along / draws.uniform(3, 8) + draws.uniform(0, 6))
        thin = profiles.edge_on(along, across, 1.1 * body.scale, 0.6 * height) * lumps
        bands = mixed(bands, 0.6 * body.arm_contrast, thin, young)
    lane = np.exp(-np.abs(along) / (2.5 * body.scale))
    lane = lane / np.cosh(np.clip((across - 0.5 * opening) / (0.35 * height), -20, 20)) ** 2
    return bands * (1 + body.lopsided * np.tanh(along / body.scale)) * np.exp(-1.5 * body.dust * lane * EXTINCTION)
