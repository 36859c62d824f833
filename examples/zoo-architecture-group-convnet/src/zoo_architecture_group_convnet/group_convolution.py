"""Convolutions over positions and poses (Cohen & Welling 2016, sections 4.3 and 6)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from zoo_architecture_group_convnet.symmetry import Pose, seen_from


class Lifting(nn.Module):
    """An image is compared with each pattern in every pose (their equation 10): maps with an axis of poses.

    group: the poses. bands, patterns: of the image, and learnt. size: odd, pixels of a pattern's side.
    """

    def __init__(self, group: list[Pose], bands: int, patterns: int, size: int = 3):
        super().__init__()
        self.group = group
        self.weight = nn.Parameter(fresh(patterns, bands, size, size))

    def forward(
        self, images: Float[Tensor, "image band height width"]
    ) -> Float[Tensor, "image pattern pose height width"]:
        """The maps."""
        posed = torch.stack([pose.applied(self.weight) for pose in self.group], dim=1)
        maps = functional.conv2d(images, posed.flatten(0, 1), padding="same")
        return maps.unflatten(1, posed.shape[:2])


class GroupConvolution(nn.Module):
    """Maps are compared with patterns of several poses in every pose of the whole (their equation 11).

    A pattern in the pose g is turned as a picture, and finds at h what it has for g⁻¹h: a spiral arm beside a bar, both
    turned, is the same arm beside the same bar.
    """

    def __init__(self, group: list[Pose], patterns_before: int, patterns: int, size: int = 3):
        super().__init__()
        self.group = group
        self.weight = nn.Parameter(fresh(patterns, patterns_before, len(group), size, size))
        self.register_buffer("seen_from", seen_from(group), persistent=False)

    def forward(
        self, maps: Float[Tensor, "image pattern_before pose height width"]
    ) -> Float[Tensor, "image pattern pose height width"]:
        """The maps of this layer."""
        turned = zip(self.group, self.seen_from, strict=True)
        posed = torch.stack([pose.applied(self.weight[:, :, seen]) for pose, seen in turned], dim=1)
        found = functional.conv2d(maps.flatten(1, 2), posed.flatten(0, 1).flatten(1, 2), padding="same")
        return found.unflatten(1, posed.shape[:2])


def fresh(*shape: int) -> Float[Tensor, "..."]:
    """First weights, scaled for what ReLU leaves of a variance (He et al. 2015)."""
    return nn.init.kaiming_normal_(torch.empty(shape), nonlinearity="relu")
