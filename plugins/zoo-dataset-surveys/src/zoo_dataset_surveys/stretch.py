"""Stretches: the numbers of a band, whatever their unit, to brightness from 0 (black) to 1 (white).

One law for all: a pixel that is not finite takes no part in the statistics of its band and becomes black, and a band
with nothing to tell apart (all zero, constant, or without a finite pixel) is black all over. No result has a NaN in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Num, UInt16

Plane = Num[np.ndarray, "height width"]
Limits = Callable[[Num[np.ndarray, " pixel"]], tuple[float, float]]

BELOW, ABOVE = 1.0, 5.0
"""Standard deviations from the mean down to black and up to white (spec G12)."""


def as_coded(image: Num[np.ndarray, "*band height width"]) -> Float[np.ndarray, "*band height width"]:
    """The stretch of Khan et al. (2019) as their program does it (spec G12): black is m - s, white is m + 5 s.

    m and s are mean and standard deviation of the whole band. They were meant to be those of its darkest half, but the
    sort acts on each row by itself and the slice keeps every row, so that the galaxy counts as sky.
    """
    return per_band(image, around_mean)


def as_coded_16_bits(image: Num[np.ndarray, "*band height width"]) -> Float[np.ndarray, "*band height width"]:
    """The same after the cast to 16 bits that the program makes of SDSS images (spec G10)."""
    return as_coded(to_16_bits(image))


def as_intended(image: Num[np.ndarray, "*band height width"]) -> Float[np.ndarray, "*band height width"]:
    """The stretch that Khan et al. (2019) describe (spec G12): m and s are those of the darkest half of the pixels."""
    return per_band(image, lambda values: around_mean(np.sort(values)[: max(len(values) // 2, 1)]))


def around_mean(values: Num[np.ndarray, " pixel"]) -> tuple[float, float]:
    """Black and white by the mean and the standard deviation of these pixels."""
    mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    return mean - BELOW * deviation, mean + ABOVE * deviation


def per_band(image: Num[np.ndarray, "*band height width"], limits: Limits) -> Float[np.ndarray, "*band height width"]:
    """Each band from its own black to its own white, linearly: what is beyond them is clipped."""
    planes = image.reshape(-1, *image.shape[-2:])
    made = [linear(plane, limits) for plane in planes]
    return np.array(made, np.float64).reshape(image.shape)


def linear(plane: Plane, limits: Limits) -> Float[np.ndarray, "height width"]:
    """One band from black to white, as float64."""
    values, there = plane.astype(np.float64), np.isfinite(plane)
    black, white = limits(values[there]) if there.any() else (0.0, 0.0)
    if not white > black:
        return np.zeros_like(values)
    return np.clip((np.where(there, values, black) - black) / (white - black), 0, 1)


def asinh(
    image: Num[np.ndarray, "*band height width"], softening: float, black: float, white: float
) -> Float[np.ndarray, "*band height width"]:
    """asinh(value / softening), so scaled that `black` becomes 0 and `white` 1, and clipped.

    All three are fluxes in the unit of the image. They do not depend on the image, so equal fluxes are equally bright
    in all images: linear for values well below `softening`, logarithmic well above (Lupton, Gunn & Szalay 1999).
    """
    values = np.where(np.isfinite(image), image, black).astype(np.float64)
    low, high = np.arcsinh(black / softening), np.arcsinh(white / softening)
    return np.clip((np.arcsinh(values / softening) - low) / (high - low), 0, 1)


def to_16_bits(plane: Num[np.ndarray, "*band height width"]) -> UInt16[np.ndarray, "*band height width"]:
    """The published cast to 16 bits (spec G10): fractions are cut off, and what does not fit starts again from 0.

    Right for counts with their sky and soft bias (DR7 fpC). A trap for everything else: in sky-subtracted nanomaggies
    the sky below zero becomes 65535, the galaxy's outskirts 0. Not finite becomes 0.
    """
    whole = np.trunc(np.where(np.isfinite(plane), plane, 0))
    return np.mod(whole, 65536).astype(np.uint16)
