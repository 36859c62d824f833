"""How each galaxy is perturbed: the numbers between the draws and the matrices."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Parameters:
    """One number per galaxy and perturbation.

    rotation: degrees by which the galaxy turns counter-clockwise, as displayed with row 0 at the top.
    zoom: factor by which it grows.
    shift_x, shift_y: where the view looks, pixels of the image right of and below its centre.
    flip: mirrored left to right, after it turned.
    colour: multiple of the colour component that is added to the view.
    shear: degrees by which the y axis is turned against the x axis; None where that is off.
    exponent: to which the view's values are raised; None where that is off.
    noise: seed in [0, 1) of the noise that is added; None where that is off.
    recentring: position x, y (pixels, counted as in spec B13) and scale of the galaxy in the image, where measured.
    """

    rotation: Float[Tensor, " galaxy"]
    zoom: Float[Tensor, " galaxy"]
    shift_x: Float[Tensor, " galaxy"]
    shift_y: Float[Tensor, " galaxy"]
    flip: Bool[Tensor, " galaxy"]
    colour: Float[Tensor, " galaxy"]
    shear: Float[Tensor, " galaxy"] | None = None
    exponent: Float[Tensor, " galaxy"] | None = None
    noise: Float[Tensor, " galaxy"] | None = None
    recentring: Float[Tensor, "measured 3"] | None = None


def unperturbed(rotation: Float[Tensor, " galaxy"], zoom: float = 1.0, flip: bool = False) -> Parameters:
    """Galaxies that are turned, zoomed and mirrored as said, and not shifted or coloured."""
    zero = torch.zeros_like(rotation)
    return Parameters(rotation, zero + zoom, zero, zero, torch.full_like(zero, flip, dtype=torch.bool), zero)
