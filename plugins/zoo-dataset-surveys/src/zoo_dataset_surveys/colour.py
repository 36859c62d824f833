"""Colours: several bands of a galaxy, in the order of their names, to red, green and blue; or left as they are.

One law for all: a value that is not finite counts as no light, or is black where a stretch makes it so. Rows stay
where they are; row 0 is the first one of the file, which is south in a frame with north up: turn it upside down for a
picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float, Float32, Num, UInt8

from zoo.errors import Incompatible
from zoo_dataset_surveys.stretch import as_coded, as_coded_16_bits, as_intended, asinh

Bands = Num[np.ndarray, "band height width"]
RGB = UInt8[np.ndarray, "3 height width"]

GREY_FLOOR = 1e-6
"""Brightness that stands in for exactly none, where one divides by it."""


def chosen(image: Bands, bands: Sequence[str], wanted: Sequence[str]) -> Num[np.ndarray, "wanted height width"]:
    """The planes of these bands, in this order. Raises Incompatible, which names what is missing."""
    if missing := [name for name in wanted if name not in bands]:
        raise Incompatible(
            f"this colour takes the bands {', '.join(wanted)}, the image has {', '.join(bands)} and lacks "
            f"{', '.join(missing)}: retrieve them, or choose another colour."
        )
    return image[[list(bands).index(name) for name in wanted]]


def lit(image: Bands) -> Float[np.ndarray, "band height width"]:
    """The image as float64, with no light where a value is not finite."""
    return np.where(np.isfinite(image), image, 0).astype(np.float64)


def to_bytes(image: Float[np.ndarray, "3 height width"]) -> RGB:
    """Brightness from 0 to 1 as the nearest number from 0 to 255."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def as_they_are(image: Bands, bands: Sequence[str] = ()) -> Float32[np.ndarray, "band height width"]:
    """No colour at all: every band straight to the net, as float32."""
    return lit(image).astype(np.float32)


@dataclass(frozen=True)
class Stretched:
    """All bands, each stretched to [0, 1] by itself and not rounded: float32, with the depth of the frames."""

    stretched: Callable[[Bands], Float[np.ndarray, "band height width"]]

    def __call__(self, image: Bands, bands: Sequence[str] = ()) -> Float32[np.ndarray, "band height width"]:
        return self.stretched(image).astype(np.float32)


@dataclass(frozen=True)
class Planes:
    """Bands as red, green and blue, each stretched by itself. As coded for SDSS these are z, r, g (spec G10)."""

    red: str = "z"
    green: str = "r"
    blue: str = "g"
    stretched: Callable[[Bands], Float[np.ndarray, "band height width"]] = as_coded

    def __call__(self, image: Bands, bands: Sequence[str]) -> RGB:
        return to_bytes(self.stretched(chosen(image, bands, (self.red, self.green, self.blue))))


@dataclass(frozen=True)
class Lupton:
    """astropy's `make_lupton_rgb` (Lupton et al. 2004) of bands, after a stretch of each. As coded for DES (spec G13).

    q, stretch: its parameters Q and stretch; with 1 and 1, white bands become 225. stretched: None takes the fluxes as
    they are.
    """

    red: str = "i"
    green: str = "r"
    blue: str = "g"
    q: float = 1.0
    stretch: float = 1.0
    stretched: Callable[[Bands], Float[np.ndarray, "band height width"]] | None = as_coded

    def __call__(self, image: Bands, bands: Sequence[str]) -> RGB:
        from astropy.visualization import make_lupton_rgb

        planes = chosen(image, bands, (self.red, self.green, self.blue))
        with np.errstate(divide="ignore", invalid="ignore"):  # where there is no light, which it then makes black
            made = make_lupton_rgb(
                *lit(self.stretched(planes) if self.stretched else planes), Q=self.q, stretch=self.stretch
            )
        return np.ascontiguousarray(made.transpose(2, 0, 1))


@dataclass(frozen=True)
class SharedAsinh:
    """One asinh of the mean brightness for all bands, as the viewers of the surveys draw (surveys.md 4.2).

    With x = factor × flux + m of each band, and I the mean of max(0, x): plane = sum of weight × x × f / I, where
    f = asinh(Q I) / √Q; clipped. Fluxes in nanomaggies. factors: of each band. weights: of each band in red, green and
    blue.
    """

    factors: Mapping[str, float]
    weights: Mapping[str, tuple[float, float, float]]
    m: float
    q: float = 20.0

    def __call__(self, image: Bands, bands: Sequence[str]) -> RGB:
        names = list(self.factors)
        factors = np.array([self.factors[name] for name in names])[:, None, None]
        weights = np.array([self.weights[name] for name in names])
        raised = lit(chosen(image, bands, names)) * factors + self.m
        brightness = np.maximum(raised, 0).mean(axis=0)
        curve = np.arcsinh(self.q * brightness) / np.sqrt(self.q)
        scaled = raised * curve / np.where(brightness == 0, GREY_FLOOR, brightness)
        return to_bytes(np.einsum("bp,bhw->phw", weights, scaled))


@dataclass(frozen=True)
class BandAsinh:
    """Each band in an asinh of its own, with pixels that one band dominates made paler (surveys.md 4.2).

    Fluxes in nanomaggies are divided by `units`; asinh(black) becomes 0 and asinh(white) 1. This made the training
    images of Galaxy Zoo DECaLS (Walmsley et al. 2022). paler: whether to desaturate.
    """

    red: str = "z"
    green: str = "r"
    blue: str = "g"
    units: tuple[float, float, float] = (0.019, 0.014, 0.008)
    black: float = -0.5
    white: float = 300.0
    paler: bool = True

    def __call__(self, image: Bands, bands: Sequence[str]) -> RGB:
        planes = lit(chosen(image, bands, (self.red, self.green, self.blue)))
        low, high = np.arcsinh(self.black), np.arcsinh(self.white)
        scaled = (np.arcsinh(planes / np.array(self.units)[:, None, None]) - low) / (high - low)
        return to_bytes(desaturated(scaled) if self.paler else scaled)


def desaturated(rgb: Float[np.ndarray, "3 height width"]) -> Float[np.ndarray, "3 height width"]:
    """Colours drawn towards the mean of their three planes, the more so the more one plane exceeds it.

    w = sin(π/2 (1 - min(1, max(plane / mean) / 2.5))); plane w + mean (1 - w) + mean (1 - w)² plane (surveys.md 4.2).
    """
    mean = rgb.mean(axis=0)
    dominance = (rgb / np.where(mean == 0, 1, mean)).max(axis=0) / 2.5
    kept = np.sin(np.pi / 2 * (1 - np.minimum(dominance, 1)))
    return rgb * kept + mean * (1 - kept) + mean * (1 - kept) ** 2 * rgb


RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

FIXED = partial(asinh, softening=0.25, black=-0.25, white=100.0)
"""One stretch for all surveys, in nanomaggies per square arcsec; the sky of SDSS has noise of 0.1."""

PRESETS: Mapping[str, Callable[[Bands, Sequence[str]], np.ndarray]] = {
    "bands": as_they_are,
    "bands_asinh": Stretched(FIXED),
    # as coded for SDSS, which takes counts with their sky: its cast to 16 bits ruins fluxes; and without that cast
    "khan2019_sdss": Planes(stretched=as_coded_16_bits),
    "khan2019_sdss_fluxes": Planes(),
    "khan2019_des": Lupton(),
    # as their paper has it, g, r and i in SDSS too (spec G30)
    "khan2019_sdss_published": Planes("i"),
    # about the sky that their program was meant to find (spec G12): bright galaxies become white all over
    "khan2019_sdss_intended": Planes(stretched=as_intended),
    "khan2019_des_intended": Lupton(stretched=as_intended),
    "fixed_asinh": Planes("i", "r", "g", FIXED),
    # those below are in nanomaggies
    "sdss_viewer": SharedAsinh({"g": 2.5, "r": 1.5, "i": 1.0}, {"g": BLUE, "r": GREEN, "i": RED}, m=0.02),
    "decals_dr2": SharedAsinh({"g": 6.0, "r": 3.4, "z": 2.2}, {"g": BLUE, "r": GREEN, "z": RED}, m=0.03),
    "legacy_dr10": SharedAsinh(
        {"g": 9.0, "r": 5.1, "i": 4.5, "z": 3.3},
        {"g": (0.0, 0.0, 0.75), "r": (0.0, 0.5, 0.25), "i": (0.25, 0.5, 0.0), "z": (0.75, 0.0, 0.0)},
        m=0.03,
    ),
    "gz_decals": BandAsinh(),
    "gz_decals_default": BandAsinh(units=(0.025, 0.01385, 0.0066), black=-3.0, white=10.0),
}
"""Colours by name, each a function of an image and the names of its bands."""

UNITS: Mapping[str, str] = {
    **dict.fromkeys(("bands_asinh", "fixed_asinh"), "brightness"),
    **dict.fromkeys(("sdss_viewer", "decals_dr2", "legacy_dr10", "gz_decals", "gz_decals_default"), "nanomaggies"),
}
"""What the values are in that a colour takes; those that are not listed take them as they are stored."""
