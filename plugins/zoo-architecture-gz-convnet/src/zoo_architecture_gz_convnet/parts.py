"""The sixteen parts of a galaxy's two views, and the merging of what was learnt from them (Dieleman et al. 2015, §5.2).

A view and its mirror image are cut into four overlapping corners, each turned so that the galaxy's centre comes to its
lower right. Two views, 45° apart, thus show every galaxy in the sixteen symmetries of an octagon.
"""

import torch
from jaxtyping import Float
from torch import Tensor

PARTS_PER_VIEW = 8


def cut(
    views: Float[Tensor, "view galaxy band height width"], size: int
) -> Float[Tensor, "part galaxy band {size} {size}"]:
    """The parts of `size` pixels: view by view, plain then mirrored, clockwise from the top left (spec C1, C2)."""
    mirrored = torch.stack([views, views.flip(-1)], dim=1).flatten(0, 1)
    corners = [
        mirrored[..., :size, :size],
        mirrored[..., :size, -size:],
        mirrored[..., -size:, -size:],
        mirrored[..., -size:, :size],
    ]
    turned = [corner.rot90(quarters, dims=(-2, -1)) for quarters, corner in enumerate(corners)]
    return torch.stack(turned, dim=1).flatten(0, 1)


def merge(features: Float[Tensor, "part galaxy feature"]) -> Float[Tensor, "galaxy part*feature"]:
    """One vector per galaxy, part after part (spec C5)."""
    return features.transpose(0, 1).flatten(1)


def matrices(view_size: int) -> Float[Tensor, "part 3 3"]:
    """Where the eight parts of a view lie: from a part's pixels (x, y, 1) to the view's, in the order of `cut`."""
    last = view_size - 1
    turns = torch.tensor(
        [
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [[0, -1, last], [1, 0, 0], [0, 0, 1]],
            [[-1, 0, last], [0, -1, last], [0, 0, 1]],
            [[0, 1, 0], [-1, 0, last], [0, 0, 1]],
        ],
        dtype=torch.float64,
    )
    mirror = torch.tensor([[-1, 0, last], [0, 1, 0], [0, 0, 1]], dtype=torch.float64)
    return torch.cat([turns, mirror @ turns])
