"""The quarter turns of a square, with its mirror images or without: the point groups of p4m and p4."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Pose(NamedTuple):
    """An element of the group: mirrored left to right or not, then turned by so many quarters anticlockwise."""

    mirrored: bool
    quarters: int

    def applied(self, planes: Float[Tensor, "*axis height width"]) -> Float[Tensor, "*axis side other_side"]:
        """The planes in this pose."""
        return (planes.flip(-1) if self.mirrored else planes).rot90(self.quarters, (-2, -1))

    def after(self, other: Pose) -> Pose:
        """This pose of the other pose; a mirror turns the other way round what came before it."""
        turned = -other.quarters if self.mirrored else other.quarters
        return Pose(self.mirrored != other.mirrored, (self.quarters + turned) % 4)

    def undone(self) -> Pose:
        """The pose that leads back: every mirror image is its own."""
        return self if self.mirrored else Pose(False, -self.quarters % 4)


def poses(mirrors: bool) -> list[Pose]:
    """The four quarter turns, then their mirror images if there are any."""
    return [Pose(mirrored, quarters) for mirrored, quarters in product((False, True)[: mirrors + 1], range(4))]


def seen_from(group: list[Pose]) -> Int[Tensor, "pose other_pose"]:
    """The number of the pose g⁻¹h, for every g and h: what h looks like to somebody in the pose g."""
    return torch.tensor([[group.index(g.undone().after(h)) for h in group] for g in group])
