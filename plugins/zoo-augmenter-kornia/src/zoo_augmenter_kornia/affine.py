"""The augmenter of the Galaxy Zoo challenge: one affine warp per galaxy, then colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from zoo.augmenter import AffineAugmenter
from zoo.errors import ZooError
from zoo_augmenter_kornia import tone
from zoo_augmenter_kornia.limits import among, factors, within
from zoo_augmenter_kornia.matrices import perturbation, petrosian_scale, recentring, view_to_centre
from zoo_augmenter_kornia.parameters import Parameters, unperturbed
from zoo_augmenter_kornia.resample import resample
from zoo_augmenter_kornia.sextractor import THRESHOLDS, Sextractor

GRIDS = {
    "published60": ((1 / 1.2, 1.0, 1.2), 10),
    "dihedral8": ((1.0,), 4),
}
"""Test-time grids: zooms, and the number of equal turns; each is taken plain and flipped. published60: spec F1."""

EXTRA = ("shear", "gamma", "noise")
"""Perturbations that the winner had and did not use (spec B16): one draw each, in this order, where they are on."""

SMALLEST_DRAW = 2.0**-25
"""Half a step of a float32 uniform: keeps the normal quantile finite."""

POINTS_AT_ONCE = 40_000
"""Pixels of views resampled together on a CPU: more would spill its cache, fewer would spend the time on calls."""


class Affine(AffineAugmenter):
    """Views of a galaxy at fixed angles under one common perturbation (Dieleman et al. 2015, section 5; spec B1–B11).

    view_size: height and width of a view, pixels. factor: pixels of the image per pixel of a view, or a list with
    one number per view. angles: one view for each, degrees. rotation, zoom, shift: turned by up to ±rotation
    degrees, enlarged or shrunk by up to 1 + zoom (uniform in its logarithm), shifted by up to ±shift pixels of the
    image on either axis. flip: probability. colour: standard deviation of the multiple of `component` that is added
    to the bands; images with another number of bands than the component keep their colour. recentre: `none`, or the
    generation of measurements by which the galaxy is brought to the centre and to a common Petrosian radius.
    recentre_bias: pixels by which it is then off, right and down. shear: degrees, up to ± so many between the axes.
    gamma: values raised to a power from 1 / (1 + gamma) to 1 + gamma. noise: standard deviation of Gaussian noise,
    where white is 1; noise_per_view: each view has its own. normalise: `maximum` divides each image by its largest
    value. shear, gamma and noise take one more draw each, only where they are on. With every strength at 0 nothing
    is perturbed.
    """

    def __init__(
        self,
        view_size: int,
        factor: float | Sequence[float],
        angles: Sequence[float],
        rotation: float,
        zoom: float,
        shift: float,
        flip: float,
        colour: float,
        component: Sequence[float],
        recentre: str = "none",
        recentre_bias: float = 1.0,
        shear: float = 0.0,
        gamma: float = 0.0,
        noise: float = 0.0,
        noise_per_view: bool = False,
        normalise: str = "none",
    ):
        within("view_size", view_size, 1)
        within("number of angles", len(angles), 1)
        within("flip", flip, 0, 1)
        within("shear", shear, 0, 45)
        strengths = {"rotation": rotation, "zoom": zoom, "shift": shift, "colour": colour}
        for name, strength in (strengths | {"gamma": gamma, "noise": noise}).items():
            within(name, strength, 0)
        self.shear, self.gamma, self.noise, self.noise_per_view = shear, gamma, noise, noise_per_view
        self.extra = [name for name in EXTRA if getattr(self, name)]
        self.num_draws, self.num_views, self.view_size = 6 + len(self.extra), len(angles), view_size
        among("normalise", normalise, ("none", "maximum"))
        self.normalise = normalise
        self.rotation, self.zoom, self.shift, self.flip, self.colour = rotation, zoom, shift, flip, colour
        self.component = tuple(component)
        if recentre not in ("none", *THRESHOLDS):
            raise ZooError(f"augmenter.recentre={recentre} is unknown: choose none, {', '.join(THRESHOLDS)}.")
        self.measurement = None if recentre == "none" else Sextractor(recentre)
        self.recentre_bias = recentre_bias
        self.view_to_centre = view_to_centre(angles, factors(factor, len(angles)), view_size)

    def sample(self, draws: Float[Tensor, "galaxy draw"]) -> Parameters:
        """Perturbations from six uniform numbers each (B6, B11), and one more for each of B16 that is on."""
        draws = draws.to(precision(draws.device))
        rotation, zoom, shift_x, shift_y, flip, colour = draws[:, :6].unbind(1)
        extra = dict(zip(self.extra, draws[:, 6:].unbind(1), strict=True))
        return Parameters(
            rotation=self.rotation * (2 * rotation - 1),
            zoom=(1 + self.zoom) ** (2 * zoom - 1),
            shift_x=self.shift * (2 * shift_x - 1),
            shift_y=self.shift * (2 * shift_y - 1),
            flip=flip < self.flip,
            colour=self.colour * torch.special.ndtri(colour.clamp(min=SMALLEST_DRAW)),
            shear=self.shear * (2 * extra["shear"] - 1) if self.shear else None,
            exponent=(1 + self.gamma) ** (2 * extra["gamma"] - 1) if self.gamma else None,
            noise=extra.get("noise"),
        )

    def canonical(self, n: int) -> Parameters:
        """n galaxies as they are."""
        return unperturbed(torch.zeros(n, dtype=torch.float64))

    def at(self, parameters: Parameters, measured: Float[Tensor, "galaxy number"] | None) -> Parameters:
        """Recentred and rescaled by what was measured (B12, B13); a galaxy that was not detected stays as it is.

        The measured positions count from 1 and pixels from 0: the published code did not correct it, so that
        recentre_bias=1 is as published and 0 is right (B14).
        """
        if self.measurement is None:
            return parameters
        if measured is None:
            raise ZooError(
                f"The augmenter recentres by {self.measurement.name} and was told no measurement of these galaxies: "
                "give `predict` the rows of their table, or take an augmenter with recentre=none."
            )
        x, y, a, _, _, radius = measured.unbind(1)
        offset = self.recentre_bias - 1
        return replace(parameters, recentring=torch.stack([x + offset, y + offset, petrosian_scale(a, radius)], dim=1))

    def grid(self, name: str) -> list[Parameters]:
        """The named grid, zoom by zoom, turn by turn, plain then flipped."""
        if name not in GRIDS:
            raise ZooError(f"Test-time averaging knows no grid {name!r}: choose one of none, {', '.join(GRIDS)}.")
        zooms, turns = GRIDS[name]
        rotations = torch.arange(turns, dtype=torch.float64)[:, None] * (360 / turns)
        return [unperturbed(r, zoom, flip) for zoom in zooms for r in rotations for flip in (False, True)]

    def views(
        self, images: Shaped[Tensor, "galaxy band height width"], parameters: Parameters
    ) -> Float[Tensor, "view galaxy band view_height view_width"]:
        """One resampling per view, then gamma, colour and noise; parameters of one galaxy serve all images."""
        return self.toned(self.warp(images, self.matrices(parameters, *images.shape[-2:]), self.view_size), parameters)

    def toned(
        self, views: Float[Tensor, "view galaxy band size size"], parameters: Parameters
    ) -> Float[Tensor, "view galaxy band size size"]:
        """Views with the perturbations of their values, clipped to [0, 1]."""
        bands, size = views.shape[2], views.shape[-1]
        if parameters.exponent is not None:
            views = tone.gamma(views, parameters.exponent)
        if bands == len(self.component):
            views += self.offsets(parameters).to(views)
        if parameters.noise is not None:
            own = len(views) if self.noise_per_view else 1
            views = views + self.noise * tone.noise(parameters.noise, own, bands, size).to(views)
        return views.clamp_(0, 1)

    def warp(
        self,
        images: Shaped[Tensor, "galaxy band height width"],
        matrices: Float[Tensor, "any galaxy 3 3"],
        size: int,
        points: Float[Tensor, "xy point"] | None = None,
    ) -> Float[Tensor, "any galaxy band {size} {size}"]:
        """One resampling of each image along each of its matrices; matrices of one galaxy serve all images.

        points: where the pixels of a view lie, row by row, if not on the usual grid.
        """
        device = images.device
        where = matrices.to(device, precision(device)).expand(-1, len(images), -1, -1)
        views, galaxies = at_once(len(where), len(images), size, device)
        warped = torch.cat(
            [
                torch.cat([resample(some, few, size, points) for few in to.split(views)])
                for some, to in zip(images.split(galaxies), where.split(galaxies, dim=1), strict=True)
            ],
            dim=1,
        ).float()
        if self.normalise == "maximum":  # of the image, not of the view: so that averages share their parts
            brightest = images.flatten(1).amax(1).to(warped)
            warped /= torch.where(brightest > 0, brightest, 1)[:, None, None, None]
        elif images.dtype == torch.uint8:
            warped /= 255
        return warped.clamp_(0, 1)

    def matrices(self, parameters: Parameters, height: int, width: int) -> Float[Tensor, "view galaxy 3 3"]:
        """From pixels of each view to pixels of each image: view, perturbation, recentring (B5)."""
        centre = parameters.rotation.new_tensor([(width - 1) / 2, (height - 1) / 2])
        galaxies = perturbation(parameters)
        if parameters.recentring is not None:
            galaxies = recentring(parameters.recentring.to(galaxies), centre) @ galaxies
        full = galaxies @ self.view_to_centre.to(galaxies)[:, None]
        full[..., :2, 2] += centre
        # cos 90° is 6e-17 in floating point: rounded, quarter turns move whole pixels exactly.
        return full.round(decimals=12)

    def offsets(self, parameters: Parameters) -> Float[Tensor, "galaxy band 1 1"]:
        """What is added to each band: a multiple of the first principal component of the survey's colours (B11)."""
        return parameters.colour[:, None, None, None] * parameters.colour.new_tensor(self.component)[:, None, None]


def at_once(views: int, galaxies: int, size: int, device: torch.device) -> tuple[int, int]:
    """How many views of how many galaxies are resampled together; a GPU takes all."""
    if device.type != "cpu":
        return max(views, 1), max(galaxies, 1)
    pixels = max(1, POINTS_AT_ONCE // size**2)
    return min(views, pixels), max(1, pixels // views)


def precision(device: torch.device) -> torch.dtype:
    """float64, on which the exactness of the warp rests; float32 on Apple's devices, which have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64
