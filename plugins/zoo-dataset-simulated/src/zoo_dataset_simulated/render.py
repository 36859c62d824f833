"""The whole way from (seed, index) to a picture, one galaxy at a time."""

import math

import numpy as np

from zoo_dataset_simulated.artefacts import add_flaws
from zoo_dataset_simulated.body import paint
from zoo_dataset_simulated.canvas import SIZE, Canvas
from zoo_dataset_simulated.draws import stream
from zoo_dataset_simulated.field import add_field, nanomaggies
from zoo_dataset_simulated.galaxy import HALF_LIGHT, Galaxy
from zoo_dataset_simulated.picture import Picture, asinh_stretch, develop
from zoo_dataset_simulated.population import draw_galaxy
from zoo_dataset_simulated.telescope import CAMERA_PIXEL, Seeing, add_noise, observe
from zoo_dataset_simulated.tides import add_arc, add_tails


def render(seed: int, index: int) -> Picture:
    """Galaxy number `index` of survey `seed`, 424 × 424 pixels."""
    galaxy = draw_galaxy(stream(seed, index, "galaxy"))
    canvas = Canvas()
    add_scene(canvas, galaxy, stream(seed, index, "texture"))
    add_field(canvas, galaxy.pixel, stream(seed, index, "field"))
    noise = stream(seed, index, "noise")
    flux = observe(canvas.light, exposure(galaxy, noise), camera_size(galaxy))
    flux = add_noise(flux, noise, depth=noise.lognormal(0, 0.22))
    return develop(asinh_stretch(add_flaws(flux, noise)))


def total_flux(galaxy: Galaxy) -> float:
    """r flux of the galaxy: twice that of a circle of its half-light radius with its mean surface brightness."""
    return 2 * math.pi * HALF_LIGHT**2 * nanomaggies(galaxy.brightness) * CAMERA_PIXEL**2


def add_scene(canvas: Canvas, galaxy: Galaxy, draws: np.random.Generator) -> None:
    """The galaxy with its companion, tails and arc."""
    flux = total_flux(galaxy)
    paint(canvas, galaxy.main, flux * (1 - galaxy.tail), (0.0, 0.0), draws)
    if galaxy.companion is not None:
        paint(canvas, galaxy.companion, flux * galaxy.companion.flux, galaxy.companion_at, draws)
    if galaxy.tail > 0:
        add_tails(canvas, galaxy.main, flux * galaxy.tail, galaxy.companion_at, draws)
    if galaxy.arc > 0:
        add_arc(canvas, galaxy.main, flux * galaxy.arc, draws)


def camera_size(galaxy: Galaxy) -> int:
    """Camera pixels across the canvas, an even number."""
    return min(2 * round(SIZE * galaxy.pixel / CAMERA_PIXEL / 2), SIZE)


def exposure(galaxy: Galaxy, draws: np.random.Generator) -> Seeing:
    """The seeing of each band, and their registration to about a quarter of a camera pixel."""
    g, r, i = galaxy.blur * np.array([1.03, 1.0, 0.98]) * draws.lognormal(0, 0.04, 3)
    shifts = draws.normal(0, 0.22, (3, 2)) * CAMERA_PIXEL / galaxy.pixel
    return Seeing(widths=(float(g), float(r), float(i)), shifts=tuple((float(x), float(y)) for x, y in shifts))
