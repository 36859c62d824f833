"""The augmentation of Keras' ImageDataGenerator, with which Khan et al. (2019) trained (spec G15, G16)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped
from kornia.geometry.transform import get_affine_matrix2d
from torch import Tensor

from zoo.augmenter import Augmenter
from zoo.errors import ZooError
from zoo_augmenter_kornia.affine import at_once, precision
from zoo_augmenter_kornia.limits import among, within
from zoo_augmenter_kornia.resample import clamped, resample

CENTRES = {"as_coded": 0.5, "corrected": -0.5}
"""About which pixel galaxies turn: half the view and so much; Keras is one pixel right of and below the centre."""

EVALUATIONS = ("plain", "random")
"""What evaluation and prediction see: galaxies as they are, or perturbed as in training."""


@dataclass(frozen=True)
class Perturbation:
    """How each galaxy is perturbed; pairs are x, y.

    rotation: degrees by which it turns clockwise, as displayed with row 0 at the top. shift: where the view looks,
    pixels of the view right of and below its centre. zoom: factor by which it shrinks along either axis. flip: whether
    columns and rows are reversed, at the very end.
    """

    rotation: Float[Tensor, " galaxy"]
    shift: Float[Tensor, "galaxy xy"]
    zoom: Float[Tensor, "galaxy xy"]
    flip: Bool[Tensor, "galaxy xy"]


class Keras(Augmenter):
    """One view of the whole image: turned, shifted, stretched along each axis by itself, and flipped (spec G16).

    view_size: height and width to which the image is brought first, by taking the nearest pixels (G15). rotation:
    degrees, uniform within ±. shift: fraction of the view, uniform within ± on either axis. zoom: each axis uniformly
    from 1 - zoom to 1 + zoom, which changes ellipticities. flip: probability, on either axis. centre: `as_coded`, one
    pixel off, or `corrected`. evaluation: `plain`, or `random` as the authors' main script evaluated: every image is
    perturbed as in training, always the same way; evaluation_seed: of that.
    """

    num_draws, num_views = 7, 1

    def __init__(
        self,
        view_size: int,
        rotation: float,
        shift: float,
        zoom: float,
        flip: float,
        centre: str,
        evaluation: str,
        evaluation_seed: int,
    ):
        within("view_size", view_size, 2)
        within("rotation", rotation, 0)
        within("shift", shift, 0)
        within("zoom", zoom, 0, 0.99)
        within("flip", flip, 0, 1)
        among("centre", centre, CENTRES)
        among("evaluation", evaluation, EVALUATIONS)
        self.view_size, self.rotation, self.shift, self.zoom, self.flip = view_size, rotation, shift, zoom, flip
        self.centre = view_size / 2 + CENTRES[centre]
        self.evaluation, self.evaluation_seed = evaluation, evaluation_seed

    def sample(self, draws: Float[Tensor, "galaxy draw"]) -> Perturbation:
        """Perturbations from seven uniform numbers each: turn, shift, zoom, flip."""
        rotation, shift, zoom, flip = draws.to(precision(draws.device)).split([1, 2, 2, 2], dim=1)
        return Perturbation(
            rotation=self.rotation * (2 * rotation[:, 0] - 1),
            shift=self.shift * self.view_size * (2 * shift - 1),
            zoom=1 + self.zoom * (2 * zoom - 1),
            flip=flip < self.flip,
        )

    def canonical(self, n: int) -> Perturbation | None:
        """n galaxies as they are; None, which `views` draws from each image, where evaluation is random."""
        return None if self.evaluation == "random" else flipped([[False, False]] * n)

    def grid(self, name: str) -> list[Perturbation]:
        """`flips4`: as it is, mirrored along either axis, and along both; they move whole pixels."""
        if name != "flips4":
            raise ZooError(f"Test-time averaging knows no grid {name!r}: choose one of none, flips4.")
        return [flipped([[x, y]]) for x in (False, True) for y in (False, True)]

    def views(
        self, images: Shaped[Tensor, "galaxy band height width"], parameters: Perturbation | None
    ) -> Float[Tensor, "view galaxy band view_height view_width"]:
        """Nearest pixels of the image, then one bilinear resampling of them; parameters of one galaxy serve all."""
        if parameters is None:
            parameters = self.sample(draws_of(images, self.num_draws, self.evaluation_seed))
        matrices = self.matrices(parameters).to(images.device).expand(1, len(images), -1, -1)
        near, (_, galaxies) = nearest(images, self.view_size), at_once(1, len(images), self.view_size, images.device)
        pieces = zip(near.split(galaxies), matrices.split(galaxies, dim=1), strict=True)
        warped = torch.cat([resample(some, to, self.view_size, border=clamped) for some, to in pieces], dim=1).float()
        return (warped / 255 if images.dtype == torch.uint8 else warped).clamp_(0, 1)

    def matrices(self, parameters: Perturbation) -> Float[Tensor, "galaxy 3 3"]:
        """From pixels of the view to those of the resized image: turn · shift · zoom about the centre, after flips."""
        zero, one = torch.zeros_like(parameters.shift), torch.ones_like(parameters.shift)
        turn = get_affine_matrix2d(zero, zero, one, -parameters.rotation)
        full = turn @ get_affine_matrix2d(parameters.shift, zero, parameters.zoom, zero[:, 0])
        centre = one * self.centre
        full[:, :2, 2] += centre - (full[:, :2, :2] @ centre[..., None])[..., 0]
        last = torch.where(parameters.flip, self.view_size - 1.0, zero)
        return full @ get_affine_matrix2d(last, zero, torch.where(parameters.flip, -one, one), zero[:, 0])


def nearest(
    images: Shaped[Tensor, "galaxy band height width"], size: int
) -> Shaped[Tensor, "galaxy band {size} {size}"]:
    """The pixels of each image that are nearest to those of a square of this size, as Pillow takes them."""
    height, width = images.shape[-2:]
    return images[..., near(height, size).to(images.device)[:, None], near(width, size).to(images.device)]


def near(length: int, size: int) -> Int[Tensor, " {size}"]:
    """For each of `size` pixels, the one of `length` in which its centre lies."""
    return (2 * torch.arange(size) + 1) * length // (2 * size)


def flipped(flip: list[list[bool]]) -> Perturbation:
    """Galaxies that are mirrored as said, and otherwise as they are."""
    flips = torch.tensor(flip, dtype=torch.bool).reshape(-1, 2)
    zero = torch.zeros(flips.shape, dtype=torch.float64)
    return Perturbation(zero[:, 0], zero, zero + 1, flips)


def draws_of(
    images: Shaped[Tensor, "galaxy band height width"], num_draws: int, seed: int
) -> Float[Tensor, "galaxy {num_draws}"]:
    """Uniform numbers that are a function of the seed and of each image's bytes: the same in any batch and order."""
    keys = [
        int.from_bytes(blake2b(image.tobytes(), key=str(seed).encode(), digest_size=8).digest(), "little")
        for image in images.contiguous().cpu().numpy()
    ]
    drawn = [np.random.Generator(np.random.Philox(key=key)).random(num_draws, np.float32) for key in keys]
    return torch.from_numpy(np.array(drawn, np.float32).reshape(-1, num_draws)).to(images.device)
