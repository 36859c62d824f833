"""From the parameters of a galaxy to its light in g, r and i, before the telescope."""

import numpy as np
from jaxtyping import Float

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.arms import Spiral, knots, patches, wobble
from zoo_dataset_simulated.canvas import Canvas, colours
from zoo_dataset_simulated.galaxy import Body

BOX = 216  # a disc ends within 100 pixels of its middle
EXTINCTION = np.array([1.2, 0.87, 0.65], np.float32)  # of g, r, i relative to g-r's mean (Schlegel et al. 1998, table 6)
EDGE_ON = np.deg2rad(77)

Bands = Float[np.ndarray, "band height width"]
Plane = Float[np.ndarray, "height width"]


def paint(canvas: Canvas, body: Body, flux: float, at: tuple[float, float], draws: np.random.Generator) -> None:
    """Add a galaxy of the given r flux (nanomaggies)."""
    match body.family:
        case "star":
            canvas.add_points(np.array([at[0]]), np.array([at[1]]), flux * colours(body.g_r, body.r_i)[:, None])
        case "elliptical" | "merger":
            paint_smooth(canvas, body, flux, at)
        case _:
            paint_disc(canvas, body, flux, at, draws)


def paint_smooth(canvas: Canvas, body: Body, flux: float, at: tuple[float, float]) -> None:
    """A Sérsic profile with a slightly bluer outskirt."""
    size, tint = 448, colours(body.g_r, body.r_i)
    light = profiles.sersic_box(size, body.sersic, body.effective_radius, body.axis_ratio, body.angle, body.boxiness)
    canvas.add(light, flux * tint, at)


def paint_disc(canvas: Canvas, body: Body, flux: float, at: tuple[float, float], draws: np.random.Generator) -> None:
    """Bulge, bar, disc, ring, arms, dust and knots."""
    old, young = colours(body.g_r + 0.05, body.r_i), colours(body.g_r - body.youth, body.r_i - 0.4 * body.youth)
    if body.inclination > EDGE_ON:
        bands = edge_on_disc(body, old, young, draws)
    else:
        bands = open_disc(body, old, young, draws)
        paint_knots(canvas, body, flux, at, young, draws)
    canvas.add_bands(bands * np.float32(flux * (1 - body.bulge)), at)
    if body.bulge > 0:
        tilt = np.sin(body.inclination) ** 2
        ratio = 1 - (1 - body.bulge_flattening) * tilt
        boxiness = body.bulge_boxiness if body.inclination > EDGE_ON else 2.0
        light = profiles.sersic_box(BOX, body.bulge_sersic, body.bulge_radius, ratio, body.angle, boxiness)
        canvas.add(light, flux * body.bulge * colours(body.g_r + 0.12, body.r_i + 0.04), at)


def normal(light: Plane) -> Plane:
    """The same light with a sum of 1."""
    return light / max(float(light.sum()), 1e-12)


def open_disc(body: Body, old: np.ndarray, young: np.ndarray, draws: np.random.Generator) -> Bands:
    """A disc whose pattern can be seen: old stars, bar and ring, and young stars on arms behind lanes of dust."""
    x, y = profiles.grid(BOX)
    ratio = profiles.flattening(body.inclination, body.thickness)
    radius, azimuth = profiles.disc_plane(x, y, body.angle, ratio)
    smooth = profiles.exponential(radius, body.scale)
    light = normal(smooth) * np.float32(1 - body.arm_contrast)
    bands = light * old[:, None, None]
    if body.arms:
        crests, lanes = pattern(body, radius, azimuth, draws)
        crowd = normal(profiles.exponential(radius, 1.15 * body.scale) * crests)
        bands = bands + (crowd * np.float32(body.arm_contrast * (1 - body.knots))) * young[:, None, None]
        bands *= np.exp(-np.float32(body.dust) * lanes * EXTINCTION[:, None, None])
    else:
        bands = bands / np.float32(1 - body.arm_contrast)
    if body.ring > 0:
        annulus = normal(profiles.ring(radius, body.ring_radius, 0.12 * body.ring_radius))
        bands = bands * np.float32(1 - body.ring) + np.float32(body.ring) * annulus * young[:, None, None]
    if body.bar > 0:
        light = normal(profiles.bar(radius, azimuth, body.bar_length, body.bar_ratio, body.bar_angle))
        bands = bands * np.float32(1 - body.bar) + np.float32(body.bar) * light * old[:, None, None]
    if body.lopsided > 0:
        side = 1 + np.float32(body.lopsided) * np.tanh(radius / np.float32(2 * body.scale)) * np.cos(azimuth - 1)
        bands = bands * side
    return bands.astype(np.float32)


def spiral_of(body: Body) -> Spiral:
    """The pattern of a galaxy: its arms start at the ends of its bar, if there is one."""
    start = body.bar_angle - body.sense * np.log(max(body.bar_length, 0.5)) / np.tan(body.pitch)
    return Spiral(body.arms, body.pitch, body.sense, start, body.arm_width)


def inner_edge(body: Body) -> float:
    """Where arms begin: at the end of the bar, or outside the bulge."""
    return body.bar_length * 0.9 if body.bar > 0 else max(0.35 * body.scale, 0.8 * body.bulge_radius)


def pattern(body: Body, radius: Plane, azimuth: Plane, draws: np.random.Generator) -> tuple[Plane, Plane]:
    """Where young stars are, and the lanes of dust on the inner side of the arms."""
    spiral = spiral_of(body)
    phase = spiral.phase(radius, azimuth) + wobble(radius, azimuth, draws, 0.25 + 0.4 * body.flocculence)
    begin = 1 / (1 + np.exp((np.float32(inner_edge(body)) - radius) / np.float32(0.12 * body.scale + 0.5)))
    fade = np.exp(-((radius / np.float32(4.2 * body.scale)) ** 4))
    ragged = np.clip(1 + np.float32(0.75 * body.flocculence) * patches(spiral, radius, azimuth, draws), 0, None)
    crests = (spiral.crests(phase) * np.float32(1 - 0.6 * body.flocculence) + np.float32(0.35 * body.flocculence)) * ragged
    lanes = spiral.crests(phase + np.float32(0.7 * body.sense)) * begin * fade
    return crests * begin * fade + np.float32(0.04), lanes


def paint_knots(
    canvas: Canvas, body: Body, flux: float, at: tuple[float, float], young: np.ndarray, draws: np.random.Generator
) -> None:
    """Star clusters and H II regions, some of them pink with Hα (in r)."""
    light = body.knots * body.arm_contrast * (1 - body.bulge) * (1 - body.bar)
    if light <= 0 or not body.arms:
        return
    number = int(draws.integers(25, 160))
    spread = 0.35 + 2.5 * body.flocculence
    radius, azimuth, share = knots(spiral_of(body), number, 0.75 * body.scale, inner_edge(body), spread, draws)
    along, across = radius * np.cos(azimuth), radius * np.sin(azimuth)
    across = across * profiles.flattening(body.inclination, body.thickness)
    c, s = np.cos(body.angle), np.sin(body.angle)
    pink = 1 + np.outer([0, 1, 0], draws.random(number) < 0.3) * draws.uniform(0.1, 0.5)
    canvas.add_points(
        at[0] + c * along - s * across, at[1] + s * along + c * across, flux * light * np.outer(young, share) * pink
    )


def edge_on_disc(body: Body, old: np.ndarray, young: np.ndarray, draws: np.random.Generator) -> Bands:
    """A disc seen from its side: thin young and thicker old stars, a lane of dust, sometimes a warp."""
    along, across = profiles.turned(*profiles.grid(BOX), body.angle)
    opening = body.scale * np.cos(body.inclination)
    height = float(np.hypot(body.thickness * body.scale, 0.9 * opening))
    across = across - np.float32(draws.normal(0, 0.02) * body.scale) * (along / np.float32(3 * body.scale)) ** 3
    bands = normal(profiles.edge_on(along, across, body.scale, height)) * old[:, None, None]
    if body.arms:
        lumps = 1 + np.float32(0.5 * body.flocculence) * np.sin(along / np.float32(draws.uniform(3, 8)) + draws.uniform(0, 6))
        thin = normal(profiles.edge_on(along, across, 1.1 * body.scale, 0.6 * height) * np.clip(lumps, 0, None))
        share = np.float32(0.6 * body.arm_contrast)
        bands = bands * (1 - share) + share * thin * young[:, None, None]
    depth = np.exp(-np.abs(along) / np.float32(2.5 * body.scale))
    depth /= np.cosh(np.clip((across - np.float32(0.5 * opening)) / np.float32(0.35 * height), -20, 20)) ** 2
    side = 1 + np.float32(body.lopsided) * np.tanh(along / np.float32(body.scale))
    return (bands * side * np.exp(-np.float32(1.5 * body.dust) * depth * EXTINCTION[:, None, None])).astype(np.float32)
