"""From the sky to the pixels of the camera: blurred, shifted between bands, sampled at 0.396 arcsec, noisy."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import fft

from zoo_dataset_simulated.canvas import SIZE

CAMERA_PIXEL = 0.396  # arcsec (Gunn et al. 1998)
SKY_NOISE = np.array([0.016, 0.025, 0.038], np.float32)  # nanomaggies per camera pixel in g, r, i: 5 sigma at r = 22.2
GAIN = np.array([90.0, 100.0, 75.0], np.float32)  # photoelectrons per 0.02 nanomaggies, roughly, for the sources' own noise

Bands = Float[np.ndarray, "band height width"]


@dataclass(frozen=True)
class Seeing:
    """One exposure's point spread function and registration.

    widths: standard deviation of the core in g, r, i, canvas pixels. halo: share of the light in a wing three times as
    wide (Stoughton et al. 2002, the two Gaussians of the SDSS pipeline). shifts: (x, y) of each band, canvas pixels.
    """

    widths: tuple[float, float, float]
    shifts: tuple[tuple[float, float], ...]
    halo: float = 0.1


@lru_cache(maxsize=2)
def frequencies(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Cycles per canvas of the modes that a camera with `size` pixels across keeps: rows (signed) and columns."""
    return np.fft.fftfreq(size, 1 / size).astype(np.float32), np.arange(size // 2 + 1, dtype=np.float32)


def core(frequency: np.ndarray, width: float) -> np.ndarray:
    """Fourier transform of a Gaussian of unit flux, one axis; frequencies in cycles per canvas."""
    return np.exp(-2 * (np.pi * width * frequency / SIZE) ** 2)


def observe(light: Bands, seeing: Seeing, size: int) -> Bands:
    """Blur, shift and sample a canvas with size × size camera pixels; the flux per unit area is kept.

    All in Fourier space, where the blur is a product, a shift a phase, and coarser sampling drops modes that the blur
    has already removed.
    """
    rows, columns = frequencies(size)
    spectrum = fft.rfft2(light)
    half = size // 2
    kept = np.concatenate([spectrum[:, :half, : half + 1], spectrum[:, half - size :, : half + 1]], axis=1)
    for band, (width, (dx, dy)) in enumerate(zip(seeing.widths, seeing.shifts, strict=True)):
        blur = (1 - seeing.halo) * np.outer(core(rows, width), core(columns, width))
        blur += seeing.halo * np.outer(core(rows, 3 * width), core(columns, 3 * width))
        kept[band] *= blur * np.outer(phase(rows, dy, size), phase(columns, dx, size))
    return fft.irfft2(kept, s=(size, size)).astype(np.float32) * np.float32((size / SIZE) ** 2)


def phase(frequency: np.ndarray, shift: float, size: int) -> np.ndarray:
    """Moves an image by `shift` canvas pixels, and from the canvas' pixel centres to the camera's."""
    return np.exp(1j * np.pi * frequency * (1 / size - 1 / SIZE - 2 * shift / SIZE)).astype(np.complex64)


def add_noise(flux: Bands, draws: np.random.Generator, depth: float = 1.0) -> Bands:
    """Noise of the sky and of the sources' own photons (Gaussian), in nanomaggies per camera pixel."""
    photons = np.clip(flux, 0, None) * (SKY_NOISE / GAIN)[:, None, None]
    sigma = np.float32(depth) * np.sqrt(SKY_NOISE[:, None, None] ** 2 + photons)
    return flux + sigma * draws.standard_normal(flux.shape, dtype=np.float32)
