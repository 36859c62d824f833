"""Features of a backbone at rest, computed once for each galaxy: what a head learns from while nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from zoo.architecture import Backbone, features_of
from zoo.augmenter import Augmenter
from zoo.datamodule import Batch
from zoo.errors import Incompatible
from zoo.model import GalaxyModel
from zoo.stages import Stage

PROBES = 8
"""Images of noise on which an augmenter is tried."""


class KnownFeatures:
    """The features of galaxies as they are, by row: those of a batch that are not known yet are computed then.

    They are held in memory, `num_features` numbers a galaxy, for as long as the backbone rests.
    """

    def __init__(self, model: GalaxyModel):
        self.model = model
        self._known: dict[int, Float[Tensor, " feature"]] = {}

    def __call__(self, batch: Batch) -> Float[Tensor, "galaxy feature"]:
        """The features of a batch, without a gradient."""
        rows = batch.index.tolist()
        if new := [place for place, row in enumerate(rows) if row not in self._known]:
            measured = None if batch.measured is None else batch.measured[new]
            found = self._computed(batch.images[new], measured)
            self._known |= {rows[place]: features for place, features in zip(new, found, strict=True)}
        return torch.stack([self._known[row] for row in rows])

    @torch.no_grad()
    def _computed(self, images: Tensor, measured: Tensor | None) -> Float[Tensor, "galaxy feature"]:
        augmenter = self.model.augmenter
        parameters = augmenter.at(augmenter.canonical(len(images)), measured)
        return features_of(self.model.backbone, augmenter.views(images, parameters))


def refuse_moving(stage: Stage, model: GalaxyModel, image: Shaped[Tensor, "band height width"]) -> None:
    """Raise Incompatible where a galaxy's features would not stay the same throughout a stage that is to keep them.

    image: one of the data set's, for its size.
    """
    moving = {
        f"it trains {stage.train!r}: set its train to head": stage.train != "head",
        "its frozen batch-norms follow the batch: set its frozen_bn to inference": stage.frozen_bn != "inference",
        "the architecture changes its weights after each step": type(model.backbone).after_step != Backbone.after_step,
        "the augmenter changes galaxies at random: set its strengths to 0": perturbs(model.augmenter, image.shape),
    }
    if found := [why for why, moves in moving.items() if moves]:
        raise Incompatible(
            f"cache_features of the stage {stage.name} keeps each galaxy's features from one pass to the next, and "
            f"{found[0]}, or leave cache_features out."
        )


def perturbs(augmenter: Augmenter, shape: Sequence[int]) -> bool:
    """Whether random views of an image are others than those of evaluation, tried on noise."""
    source = torch.Generator().manual_seed(0)
    images = torch.rand(PROBES, *shape, generator=source)
    drawn = augmenter.sample(torch.rand(PROBES, augmenter.num_draws, generator=source))
    return not torch.allclose(augmenter.views(images, drawn), augmenter.views(images, augmenter.canonical(PROBES)))
