"""Polar views: a turn of the galaxy moves rows around, which a network with circular convolutions does not notice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from zoo.augmenter import Augmenter
from zoo.errors import ZooError
from zoo_augmenter_kornia.affine import Affine
from zoo_augmenter_kornia.limits import within
from zoo_augmenter_kornia.parameters import Parameters


class Polar(Augmenter):
    """One view with a row per direction, clockwise from the right, and a column per radius (wished for in 2014; H).

    view_size: directions, and radii. radius: the outermost, pixels of the image. innermost: above 0, radii grow by a
    common factor from this one on; at 0 they are evenly spaced. The others are as in `Affine`, before the view is made
    polar, in the same single resampling.
    """

    num_views = 1

    def __init__(
        self,
        view_size: int,
        radius: float,
        innermost: float,
        rotation: float,
        zoom: float,
        shift: float,
        flip: float,
        colour: float,
        component: Sequence[float],
        recentre: str = "none",
        recentre_bias: float = 1.0,
    ):
        within("view_size", view_size, 2)
        within("radius", radius, 1)
        if not 0 <= innermost < radius:
            raise ZooError(
                f"The augmenter's innermost radius is {innermost}: give it a value from 0 to below {radius}."
            )
        # a view of one pixel: its coordinates are pixels of the image, counted from the galaxy's centre
        self.affine = Affine(1, 1.0, [0.0], rotation, zoom, shift, flip, colour, component, recentre, recentre_bias)
        self.num_draws, self.view_size, self.measurement = self.affine.num_draws, view_size, self.affine.measurement
        self.points = points(view_size, radius, innermost)

    def sample(self, draws: Float[Tensor, "galaxy draw"]) -> Parameters:
        return self.affine.sample(draws)

    def canonical(self, n: int) -> Parameters:
        return self.affine.canonical(n)

    def at(self, parameters: Parameters, measured: Float[Tensor, "galaxy number"] | None) -> Parameters:
        """Recentred and rescaled, as `Affine` does it."""
        return self.affine.at(parameters, measured)

    def grid(self, name: str) -> list[Parameters]:
        return self.affine.grid(name)

    def views(
        self, images: Shaped[Tensor, "galaxy band height width"], parameters: Parameters
    ) -> Float[Tensor, "view galaxy band view_height view_width"]:
        """One resampling, then colour; parameters of one galaxy serve all images."""
        matrices = self.affine.matrices(parameters, *images.shape[-2:])
        return self.affine.toned(self.affine.warp(images, matrices, self.view_size, self.points), parameters)


def points(view_size: int, radius: float, innermost: float) -> Float[Tensor, "xy point"]:
    """Where the pixels of a polar view lie about the centre, row by row; quarter turns of them are exact."""
    step = (torch.arange(view_size, dtype=torch.float64) + 0.5) / view_size
    radii = innermost * (radius / innermost) ** step if innermost else radius * step
    angles = torch.arange(view_size, dtype=torch.float64) * (2 * torch.pi / view_size)
    directions = torch.stack([angles.cos(), angles.sin()]).round(decimals=12)
    return (directions[:, :, None] * radii).flatten(1)
