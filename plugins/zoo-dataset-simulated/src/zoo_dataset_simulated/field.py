"""Everything around the galaxy: the Milky Way's stars, and other galaxies."""

import math

import numpy as np
from jaxtyping import Float

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.canvas import SIZE, Canvas, Colours, colours
from zoo_dataset_simulated.telescope import CAMERA_PIXEL

STARS, GALAXIES = 3.5, 9.0  # per square arcmin to r = 22, away from the Milky Way's plane (Yasuda et al. 2001)
FAINTEST = 22.0
SPIKES_FROM = 15.5  # r magnitude of the faintest stars whose spikes rise above the sky's noise


def nanomaggies(magnitude: float | Float[np.ndarray, " source"]) -> float | Float[np.ndarray, " source"]:
    """Flux of an AB magnitude (Stoughton et al. 2002, sec. 4.4): 22.5 mag is 1."""
    return 10 ** (0.4 * (22.5 - magnitude))


def magnitudes(slope: float, brightest: float, number: int, draws: np.random.Generator) -> Float[np.ndarray, " source"]:
    """r magnitudes from `brightest` to 22 whose counts grow as 10^(slope m)."""
    low, high = 10 ** (slope * brightest), 10 ** (slope * FAINTEST)
    return np.log10(low + (high - low) * draws.random(number)) / slope


def add_field(canvas: Canvas, pixel: float, draws: np.random.Generator) -> None:
    """Stars and galaxies at random; pixel: arcsec per canvas pixel."""
    area = (SIZE * pixel / 60) ** 2
    add_stars(canvas, pixel, draws.poisson(STARS * area * draws.lognormal(-0.1, 0.5)), draws)
    for _ in range(draws.poisson(GALAXIES * area * draws.lognormal(-0.1, 0.5))):
        add_galaxy(canvas, pixel, draws)


def star_colours(number: int, draws: np.random.Generator) -> Float[np.ndarray, "band source"]:
    """Along the stellar locus (Covey et al. 2007): blue stars of the halo, and red dwarfs whose r-i grows alone."""
    red = draws.random(number) < 0.5
    g_r = np.where(red, draws.normal(1.4, 0.08, number), draws.normal(0.38, 0.2, number))
    r_i = np.where(red, np.minimum(draws.gamma(3.0, 0.16, number) + 0.45, 1.35), 0.37 * g_r - 0.02)
    return np.stack([10 ** (-0.4 * g_r), np.ones(number), 10 ** (0.4 * r_i)])


def add_stars(canvas: Canvas, pixel: float, number: int, draws: np.random.Generator) -> None:
    """Points; bright ones get spikes. None lies on the galaxy, which would then not be in the sample."""
    x, y = draws.uniform(-SIZE / 2, SIZE / 2, (2, number))
    aside = np.where(np.hypot(x, y) < 22, 40, 0)
    x, y = x + aside, y + aside
    brightness = magnitudes(0.17, 13.5, number, draws)
    light = star_colours(number, draws) * nanomaggies(brightness) * (CAMERA_PIXEL / pixel) ** 2
    canvas.add_points(x, y, light)
    for k in np.flatnonzero(brightness < SPIKES_FROM):
        add_spikes(canvas, (float(x[k]), float(y[k])), light[:, k].astype(np.float32), pixel, draws)


def add_spikes(
    canvas: Canvas, at: tuple[float, float], flux: Colours, pixel: float, draws: np.random.Generator
) -> None:
    """Diffraction by the vanes that hold the secondary mirror, and a halo of scattered light."""
    number, width = 1500, 0.25 / pixel
    along = draws.exponential(draws.uniform(8, 22) / pixel, number)
    direction = draws.uniform(0, math.pi / 2) + draws.integers(0, 4, number) * math.pi / 2
    x = along * np.cos(direction) + draws.normal(0, width, number)
    y = along * np.sin(direction) + draws.normal(0, width, number)
    canvas.add_points(at[0] + x, at[1] + y, np.outer(flux, np.full(number, 0.03 / number)))
    across, down = profiles.grid(SIZE)
    core = 3 / pixel
    halo = (1 + ((across - at[0]) ** 2 + (down - at[1]) ** 2) / core**2) ** -1.5 / (2 * math.pi * core**2)
    canvas.add(halo * (0.04 * flux)[:, None, None])


def add_galaxy(canvas: Canvas, pixel: float, draws: np.random.Generator) -> None:
    """A distant galaxy, small, red or blue; none lies on the galaxy in the middle."""
    magnitude = float(magnitudes(0.4, 16.5, 1, draws)[0])
    size = max(1.1 * 10 ** (0.12 * (21 - magnitude)) * draws.lognormal(0, 0.3) / pixel, 0.6)
    x, y = draws.uniform(-SIZE / 2, SIZE / 2, 2)
    if math.hypot(x, y) < 30:
        x, y = x + 55, y - 55
    tint = colours(draws.normal(1.1, 0.25), 0.45) if draws.random() < 0.5 else colours(draws.normal(0.5, 0.2), 0.2)
    shape = {
        "n": float(draws.choice([1.0, 2.5])),
        "axis_ratio": draws.uniform(0.25, 1),
        "angle": draws.uniform(0, math.pi),
    }
    light = profiles.sersic_box(min(16 + 2 * int(5 * size), SIZE), effective_radius=size, points=3, **shape)
    canvas.add(light * (nanomaggies(magnitude) * (CAMERA_PIXEL / pixel) ** 2 * tint)[:, None, None], (x, y))
