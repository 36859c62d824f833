"""Everything around the galaxy: stars, other galaxies, and what the telescope adds."""

import numpy as np

from zoo_dataset_simulated import profiles
from zoo_dataset_simulated.canvas import SIZE, Canvas, colours

STARS_PER_ARCMIN2 = 3.5  # to r = 22 away from the Milky Way
GALAXIES_PER_ARCMIN2 = 9.0  # to r = 22 (Yasuda et al. 2001, extrapolated)


def flux_of(magnitude: np.ndarray | float) -> np.ndarray:
    """Nanomaggies of an AB magnitude."""
    return 10 ** (0.4 * (22.5 - np.asarray(magnitude)))


def magnitudes(slope: float, bright: float, number: int, draws: np.random.Generator) -> np.ndarray:
    """Magnitudes between `bright` and 22 whose counts grow as 10^(slope m)."""
    low, high = 10 ** (slope * bright), 10 ** (slope * 22.0)
    return np.log10(low + (high - low) * draws.random(number)) / slope


def add_field(canvas: Canvas, pixel: float, draws: np.random.Generator) -> None:
    """Stars and galaxies at random; pixel: arcsec per canvas pixel."""
    area = (SIZE * pixel / 60) ** 2
    crowd = draws.lognormal(-0.1, 0.5)
    add_stars(canvas, pixel, draws.poisson(STARS_PER_ARCMIN2 * area * crowd), draws)
    for _ in range(draws.poisson(GALAXIES_PER_ARCMIN2 * area * draws.lognormal(-0.1, 0.5))):
        add_galaxy(canvas, pixel, draws)


def star_colours(number: int, draws: np.random.Generator) -> np.ndarray:
    """Colours along the stellar locus (Covey et al. 2007): blue halo stars, and red dwarfs whose r-i grows alone."""
    red = draws.random(number) < 0.5
    g_r = np.where(red, draws.normal(1.4, 0.08, number), draws.normal(0.38, 0.2, number))
    r_i = np.where(red, np.minimum(draws.gamma(3.0, 0.16, number) + 0.45, 1.35), 0.37 * g_r - 0.02)
    return np.stack([10 ** (-0.4 * g_r), np.ones(number), 10 ** (0.4 * r_i)])


def add_stars(canvas: Canvas, pixel: float, number: int, draws: np.random.Generator) -> None:
    """Points; the brightest get diffraction spikes."""
    x, y = draws.uniform(-SIZE / 2, SIZE / 2, (2, number))
    near = np.hypot(x, y) < 22  # a star on top of the galaxy would have kept it out of the sample
    x, y = np.where(near, x + 40, x), np.where(near, y + 40, y)
    flux = flux_of(magnitudes(0.17, 13.5, number, draws)) / (pixel / 0.396) ** 2
    bands = star_colours(number, draws) * flux
    canvas.add_points(x, y, bands)
    for k in np.flatnonzero(flux > 250):
        add_spikes(canvas, x[k], y[k], bands[:, k], pixel, draws)


def add_spikes(canvas: Canvas, x: float, y: float, flux: np.ndarray, pixel: float, draws: np.random.Generator) -> None:
    """Four spikes of the secondary mirror's vanes and a wide halo around a bright star."""
    angle, length = draws.uniform(0, np.pi / 2), draws.uniform(8, 22) / pixel
    distance = draws.exponential(length, 1500)
    direction = angle + draws.integers(0, 4, 1500) * np.pi / 2
    across = draws.normal(0, 0.25 / pixel, 1500)
    points = x + distance * np.cos(direction) - across * np.sin(direction), y + distance * np.sin(direction) + across * np.cos(direction)
    canvas.add_points(*points, np.outer(flux, np.full(1500, 0.03 / 1500)))
    box = profiles.grid(SIZE)
    halo = (1 + ((box[0] - np.float32(x)) ** 2 + (box[1] - np.float32(y)) ** 2) / np.float32(3 / pixel) ** 2) ** np.float32(-1.5)
    canvas.light += (0.04 * flux / (2 * np.pi * (3 / pixel) ** 2)).astype(np.float32)[:, None, None] * halo


def add_galaxy(canvas: Canvas, pixel: float, draws: np.random.Generator) -> None:
    """A distant galaxy: a small Sérsic profile, red or blue."""
    magnitude = float(magnitudes(0.4, 16.5, 1, draws)[0])
    size = 1.1 * 10 ** (0.12 * (21 - magnitude)) * draws.lognormal(0, 0.3) / pixel
    x, y = draws.uniform(-SIZE / 2, SIZE / 2, 2)
    if np.hypot(x, y) < 30:
        x, y = x + 55, y - 55
    red = draws.random() < 0.5
    tint = colours(draws.normal(1.1, 0.25) if red else draws.normal(0.5, 0.2), draws.normal(0.45 if red else 0.2, 0.08))
    box = min(int(10 * size) // 2 * 2 + 16, SIZE)
    light = profiles.sersic_box(
        box, draws.choice([1.0, 2.5]), max(size, 0.6), draws.uniform(0.25, 1), draws.uniform(0, np.pi)
    )
    canvas.add(light, float(flux_of(magnitude)) / (pixel / 0.396) ** 2 * tint, (x, y))
