"""A model's outputs over a grid of views, for test-time averaging: what several grid points share is computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from zoo.architecture import Backbone, PartsBackbone, features_of
from zoo.augmenter import AffineAugmenter, Augmenter, Parameters

PARTS_AT_ONCE = 1024
"""Parts that are warped and held together: as many as a batch of 64 galaxies of sixteen has."""

DECIMALS = 6
"""Digits, in pixels, to which two parts must lie in the same place of the image to be the same."""


def outputs(
    augmenter: Augmenter,
    backbone: Backbone,
    head: Callable[[Float[Tensor, "galaxy feature"]], Float[Tensor, "galaxy output"]],
    images: Shaped[Tensor, "galaxy band height width"],
    grid: Sequence[Parameters],
    measured: Float[Tensor, "galaxy number"] | None = None,
) -> Iterator[Float[Tensor, "galaxy output"]]:
    """What the head, or a part of it, makes of the features under each of the grid's parameters, in its order."""
    if isinstance(augmenter, AffineAugmenter) and isinstance(backbone, PartsBackbone):
        yield from map(head, of_shared_parts(augmenter, backbone, images, grid, measured))
    else:
        for parameters in grid:
            yield head(features_of(backbone, augmenter.views(images, augmenter.at(parameters, measured))))


def of_shared_parts(
    augmenter: AffineAugmenter,
    backbone: PartsBackbone,
    images: Shaped[Tensor, "galaxy band height width"],
    grid: Sequence[Parameters],
    measured: Float[Tensor, "galaxy number"] | None,
) -> Float[Tensor, "grid galaxy feature"]:
    """The features, where every distinct part of the image is warped and looked at by the network only once.

    A part of a view of a turned galaxy often is a part of another view of the galaxy turned otherwise: sixty views of
    the sixteen-part network hold 960 parts, of which 240 are distinct. Where they lie tells which are the same.
    """
    cutting = backbone.part_matrices(augmenter.view_size)
    canonical = [places(augmenter, cutting, parameters, images)[:, :, 0] for parameters in grid]
    first, which = distinct(torch.stack(canonical))
    several = max(1, PARTS_AT_ONCE // len(first))
    found = []
    for k in range(0, len(images), several):
        some = images[k : k + several]
        known = None if measured is None else measured[k : k + several]
        every = [places(augmenter, cutting, augmenter.at(parameters, known), some) for parameters in grid]
        parts = augmenter.warp(some, torch.stack(every).flatten(0, 2)[first], backbone.part_size)
        features = backbone.part_features(parts.flatten(0, 1)).unflatten(0, parts.shape[:2])
        of_views = features[which.flatten(1)].transpose(0, 1).flatten(1, 2)  # all grid points as if they were galaxies
        found.append(backbone.merged(of_views).unflatten(0, (len(grid), len(some))))
    return torch.cat(found, dim=1)


def places(
    augmenter: AffineAugmenter,
    cutting: Float[Tensor, "view part 3 3"],
    parameters: Parameters,
    images: Shaped[Tensor, "galaxy band height width"],
) -> Float[Tensor, "view part galaxy 3 3"]:
    """The matrices from pixels of each part to pixels of each image."""
    views = augmenter.matrices(parameters, *images.shape[-2:])
    return views[:, None] @ cutting.to(views)[:, :, None]


def distinct(
    matrices: Float[Tensor, "grid view part 3 3"],
) -> tuple[Int[Tensor, " distinct"], Int[Tensor, "grid view part"]]:
    """The first of each set of equal matrices, counted through all of them, and for each matrix the set it is of."""
    flat = matrices[..., :2, :].flatten(0, 2).flatten(1).round(decimals=DECIMALS) + 0.0  # no negative zeros
    unique, which = torch.unique(flat, dim=0, return_inverse=True)
    first = torch.full((len(unique),), len(flat)).scatter_reduce(0, which, torch.arange(len(flat)), "amin")
    return first, which.view(matrices.shape[:3])
