"""From the sky to the pixels of the camera: blurred, shifted between bands, sampled at 0.396 arcsec, noisy."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Complex, Float
from scipy import fft

from zoo_dataset_simulated.canvas import SIZE, Bands

CAMERA_PIXEL = 0.396  # arcsec (Gunn et al. 1998)
SKY_NOISE = np.array([0.016, 0.025, 0.038], np.float32)  # nanomaggies per pixel in g, r, i: in r, 5 sigma at 22.2 mag
PHOTON_NOISE = SKY_NOISE / np.array([90, 100, 75], np.float32)  # variance per nanomaggy: about 5000 electrons each

Frequencies = Float[np.ndarray, " mode"]


@dataclass(frozen=True)
class Seeing:
    """The point spread function of an exposure, and the registration of its bands.

    widths: standard deviation of the core in g, r and i, canvas pixels. halo: share of the light in a Gaussian three
    times as wide (two Gaussians as in Stoughton et al. 2002, sec. 4.3). shifts: (x, y) of each band, canvas pixels.
    """

    widths: tuple[float, float, float]
    shifts: tuple[tuple[float, float], ...] = ((0.0, 0.0),) * 3
    halo: float = 0.1


@lru_cache(maxsize=2)
def modes(size: int) -> tuple[Float[np.ndarray, " row"], Float[np.ndarray, " column"]]:
    """Cycles per canvas that a camera of size × size pixels resolves: of rows (signed) and of columns."""
    return np.fft.fftfreq(size, 1 / size).astype(np.float32), np.arange(size // 2 + 1, dtype=np.float32)


def gaussian(frequency: Frequencies, width: float) -> Frequencies:
    """Fourier transform, along one axis, of a Gaussian of unit flux; width in canvas pixels."""
    return np.exp(-2 * (np.pi * width / SIZE * frequency) ** 2)


def shifted(frequency: Frequencies, shift: float, size: int) -> Complex[np.ndarray, " mode"]:
    """The phases that move an image by `shift`, and from the canvas' pixel centres to the camera's."""
    return np.exp(1j * np.pi * frequency * (1 / size - 1 / SIZE - 2 * shift / SIZE)).astype(np.complex64)


def observe(light: Bands, seeing: Seeing, size: int) -> Float[np.ndarray, "band camera camera"]:
    """The canvas as size × size camera pixels (an even number, at most the canvas') see it; surface brightness is kept.

    All in Fourier space: there a blur is a product, a shift a phase, and a coarser sampling leaves out modes which the
    blur has removed already. Light wraps around at the edges.
    """
    rows, columns = modes(size)
    half = size // 2
    spectrum = fft.rfft2(light)[:, :, : half + 1]
    spectrum = np.concatenate([spectrum[:, :half], spectrum[:, half - size :]], axis=1)
    for band, (width, (dx, dy)) in enumerate(zip(seeing.widths, seeing.shifts, strict=True)):
        core = np.outer(gaussian(rows, width), gaussian(columns, width))
        wing = np.outer(gaussian(rows, 3 * width), gaussian(columns, 3 * width))
        blur = (1 - seeing.halo) * core + seeing.halo * wing
        spectrum[band] *= blur * np.outer(shifted(rows, dy, size), shifted(columns, dx, size))
    return fft.irfft2(spectrum, s=(size, size)) * (size / SIZE) ** 2


def add_noise(flux: Bands, draws: np.random.Generator, depth: float = 1.0) -> Bands:
    """Gaussian noise of the sky and of the sources' own photons, in nanomaggies; depth scales it."""
    variance = SKY_NOISE[:, None, None] ** 2 + PHOTON_NOISE[:, None, None] * np.clip(flux, 0, None)
    return flux + depth * np.sqrt(variance) * draws.standard_normal(flux.shape, dtype=np.float32)
