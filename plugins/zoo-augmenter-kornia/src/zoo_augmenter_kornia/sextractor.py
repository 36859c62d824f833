"""Where a galaxy lies in its image and how large it is, measured as SExtractor does (Bertin & Arnouts 1996; spec B12).

Background, detection and deblending are those of `sep` (Barbary 2016), which is SExtractor's own code as a library;
the Petrosian radius, which it lacks, follows SExtractor's definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Shaped

from zoo.measurement import Measurement

if TYPE_CHECKING:
    import sep

THRESHOLDS = {"gen1": 10.0, "gen2": 2.0}
"""Detection thresholds of the two published generations, in standard deviations of the background."""

GREEN = 1
"""The band that was measured; of images with another number of bands than three, their mean is."""

REACH = 5000.0
"""Twice the variance, pixels², of the Gaussian by which the choice of the object favours the image's centre."""

KERNEL = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], float)
"""SExtractor's default filter before detection."""

STEP, STEPS = 0.33, 16
"""Radii at which the Petrosian ratio is looked at, in units of the semi-major axis (spec B12: multiples of 0.66)."""

PETROSIAN_RATIO, PETROSIAN_FACTOR = 0.2, 2.0
"""The radius at which the surface brightness is a fifth of the mean within, times SExtractor's default factor."""


class Sextractor(Measurement):
    """Position, axes, angle and Petrosian radius of the object in the middle of an image, in SExtractor's conventions.

    x, y: pixels, the first pixel's centre is 1. a, b: dispersions along the axes, pixels. theta: 90° minus the angle
    from the x axis, degrees. petro_radius: in units of a. Everything is NaN where nothing is detected.
    generation: `gen1` or `gen2`, which differ in the threshold of detection.
    """

    columns = ("x", "y", "a", "b", "theta", "petro_radius")

    def __init__(self, generation: str):
        self.threshold, self.name = THRESHOLDS[generation], f"sextractor-{generation}"

    def __call__(self, image: Shaped[np.ndarray, "band height width"]) -> Sequence[float]:
        """The row of one image."""
        import sep

        pixels = light(image)
        background = sep.Background(pixels)
        signal = pixels - background.back()
        try:
            found = sep.extract(signal, self.threshold, err=background.globalrms, filter_kernel=KERNEL)
        except Exception as error:  # sep's own: more objects or pixels than it has room for
            if "overflow" not in str(error) and "full" not in str(error):
                raise
            return [np.nan] * len(self.columns)
        if not len(found) or background.globalrms == 0:
            return [np.nan] * len(self.columns)
        one = found[central(found, pixels.shape)]
        angle = 90 - np.degrees(one["theta"])
        return [one["x"] + 1, one["y"] + 1, one["a"], one["b"], angle, petrosian_radius(signal, one)]


def light(image: Shaped[np.ndarray, "band height width"]) -> Float[np.ndarray, "height width"]:
    """The pixels that are measured, in [0, 1]: the green band of three, else the mean of all."""
    band = image[GREEN] if len(image) == 3 else image.mean(axis=0)
    return np.ascontiguousarray(band, np.float64) / (255 if image.dtype == np.uint8 else 1)


def central(found: sep.Object, shape: tuple[int, int]) -> int:
    """The object that is large and near the centre: it maximises π a b exp(−d²/5000) (spec B12)."""
    height, width = shape
    distance = (found["x"] - (width - 1) / 2) ** 2 + (found["y"] - (height - 1) / 2) ** 2
    return int(np.argmax(np.pi * found["a"] * found["b"] * np.exp(-distance / REACH)))


def petrosian_radius(signal: Float[np.ndarray, "height width"], one: np.void) -> float:
    """Twice the radius, in units of a, where the mean on an ellipse has fallen to a fifth of the mean within it.

    The mean on an ellipse is taken from 0.9 to 1.1 of its radius. An object that never falls so far gets the largest
    radius that is looked at.
    """
    radius = elliptical_radius(signal.shape, one)
    for step in range(1, STEPS + 1):
        edge = step * STEP
        on, within = signal[(radius >= 0.9 * edge) & (radius < 1.1 * edge)], signal[radius < edge]
        if len(on) and len(within) and on.mean() < PETROSIAN_RATIO * within.mean():
            break
    return PETROSIAN_FACTOR * edge


def elliptical_radius(shape: tuple[int, int], one: np.void) -> Float[np.ndarray, "height width"]:
    """How far out each pixel lies, in units of the object's semi-major axis."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    right, down = x - one["x"], y - one["y"]
    cosine, sine = np.cos(one["theta"]), np.sin(one["theta"])
    along, across = right * cosine + down * sine, down * cosine - right * sine
    return np.hypot(along / one["a"], across / one["b"])
