"""The whole way from (seed, index) to a picture, one galaxy at a time."""

import numpy as np
from jaxtyping import UInt8

from zoo_dataset_simulated.artefacts import add_flaws
from zoo_dataset_simulated.body import paint
from zoo_dataset_simulated.canvas import SIZE, Canvas
from zoo_dataset_simulated.draws import stream
from zoo_dataset_simulated.field import add_field, flux_of
from zoo_dataset_simulated.galaxy import Galaxy
from zoo_dataset_simulated.picture import asinh_stretch, develop
from zoo_dataset_simulated.population import draw_galaxy
from zoo_dataset_simulated.telescope import CAMERA_PIXEL, Seeing, add_noise, observe
from zoo_dataset_simulated.tides import add_arc, add_tails

HALF_LIGHT = 26.0  # half-light radius, image pixels, of a galaxy whose R90 is 50


def render(seed: int, index: int) -> UInt8[np.ndarray, "height width band"]:
    """Galaxy number `index` of survey `seed` as a 424 × 424 RGB picture."""
    galaxy = draw_galaxy(stream(seed, index, "galaxy"))
    canvas = Canvas()
    add_scene(canvas, galaxy, stream(seed, index, "texture"))
    add_field(canvas, galaxy.pixel, stream(seed, index, "field"))
    noise = stream(seed, index, "noise")
    size = camera_size(galaxy)
    flux = add_noise(observe(canvas.light, exposure(galaxy, noise), size), noise, float(noise.lognormal(0, 0.22)))
    return develop(asinh_stretch(add_flaws(flux, noise)))


def total_flux(galaxy: Galaxy) -> float:
    """r flux of the galaxy in nanomaggies per camera pixel, summed over canvas pixels: brightness is given for half of it."""
    per_pixel = float(flux_of(galaxy.brightness)) * CAMERA_PIXEL**2
    return 2 * np.pi * HALF_LIGHT**2 * per_pixel


def add_scene(canvas: Canvas, galaxy: Galaxy, draws: np.random.Generator) -> None:
    """The galaxy with its companion, tails and arcs."""
    flux = total_flux(galaxy)
    paint(canvas, galaxy.main, flux * (1 - galaxy.tail), (0, 0), draws)
    if galaxy.companion is not None:
        paint(canvas, galaxy.companion, flux * galaxy.companion.flux, galaxy.companion_at, draws)
    if galaxy.tail > 0:
        add_tails(canvas, galaxy.main, flux * galaxy.tail, galaxy.companion_at, draws)
    if galaxy.arc > 0:
        add_arc(canvas, galaxy.main, flux * galaxy.arc, draws)


def camera_size(galaxy: Galaxy) -> int:
    """Camera pixels across the canvas, even."""
    return min(2 * round(SIZE * galaxy.pixel / CAMERA_PIXEL / 2), SIZE)


def exposure(galaxy: Galaxy, draws: np.random.Generator) -> Seeing:
    """Seeing of each band, and how well they are registered."""
    widths = galaxy.blur * np.array([1.03, 1.0, 0.98]) * draws.lognormal(0, 0.04, 3)
    shifts = draws.normal(0, 0.22, (3, 2)) * CAMERA_PIXEL / galaxy.pixel
    return Seeing(tuple(widths), tuple(map(tuple, shifts)))
