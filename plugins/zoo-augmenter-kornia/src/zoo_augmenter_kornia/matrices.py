"""Affine matrices from pixels of a view to pixels of the image, composed by kornia.

A matrix acts on (x, y, 1), x right and y down. A view's pixels count from 0 at the centre of its first, positions in
the image from the image's centre; the augmenter adds that at the very end. From view to image: downsample and turn to
the view's angle, perturb, recentre (spec B5).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from kornia.geometry.transform import get_affine_matrix2d
from torch import Tensor

from zoo_augmenter_kornia.parameters import Parameters

TARGET_RADIUS = 160.0
"""Petrosian radius, pixels, that recentring gives to every galaxy (spec B13)."""

LARGEST_SCALE = 1.5
"""Recentring enlarges and shrinks no further than this (spec B13)."""


def view_to_centre(angles: Sequence[float], factors: Sequence[float], view_size: int) -> Float[Tensor, "view 3 3"]:
    """Each view's centre to the image's, its factor of pixels for one, turned by its angle in degrees (B2, B3)."""
    centre = torch.full((len(angles), 2), (view_size - 1) / 2, dtype=torch.float64)
    scale = centre.new_tensor(factors)[:, None].repeat(1, 2)
    return get_affine_matrix2d(-centre, centre, scale, centre.new_tensor(angles))


def perturbation(parameters: Parameters) -> Float[Tensor, "galaxy 3 3"]:
    """Flip, shear, turn, zoom and shift (B4), in this order from the view to the image; the flip is explicit (B7)."""
    shrink = 1 / parameters.zoom
    scale = torch.stack([torch.where(parameters.flip, -shrink, shrink), shrink], dim=1)
    shift = torch.stack([parameters.shift_x, parameters.shift_y], dim=1)
    matrix = get_affine_matrix2d(shift, torch.zeros_like(shift), scale, parameters.rotation)
    return matrix if parameters.shear is None else matrix @ shear_after_flip(parameters.shear, parameters.flip)


def shear_after_flip(shear: Float[Tensor, " galaxy"], flip: Bool[Tensor, " galaxy"]) -> Float[Tensor, "galaxy 3 3"]:
    """The y axis turned by `shear` degrees against the x axis, as scikit-image has it (B16).

    It belongs after the flip, and the matrix stands before it: there, a flipped galaxy is sheared the other way.
    """
    turn = torch.deg2rad(shear)
    matrix = torch.eye(3).to(turn).repeat(len(turn), 1, 1)
    matrix[:, 0, 1], matrix[:, 1, 1] = torch.where(flip, turn.sin(), -turn.sin()), turn.cos()
    return matrix


def recentring(measured: Float[Tensor, "galaxy 3"], centre: Float[Tensor, " xy"]) -> Float[Tensor, "galaxy 3 3"]:
    """To the measured position, by the measured scale (B13); a galaxy that was not detected (NaN) stays as it is."""
    shift = (measured[:, :2] - centre).nan_to_num(nan=0.0)
    shrink = (1 / measured[:, 2:]).nan_to_num(nan=1.0).expand(-1, 2)
    return get_affine_matrix2d(shift, torch.zeros_like(shift), shrink, torch.zeros_like(shift[:, 0]))


def petrosian_scale(
    semi_major_axis: Float[Tensor, " galaxy"], radius: Float[Tensor, " galaxy"]
) -> Float[Tensor, " galaxy"]:
    """The scale that brings the Petrosian radius (in units of the axis, which is in pixels) to 160 px, within limits.

    1 where it is unknown (B13).
    """
    scale = (TARGET_RADIUS / (radius * semi_major_axis)).nan_to_num(nan=1.0)
    return scale.clamp(1 / LARGEST_SCALE, LARGEST_SCALE)
