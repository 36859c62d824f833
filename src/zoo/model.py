"""A model of galaxy images: augmenter, backbone and head in plain PyTorch; what is exported, shared and deployed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from zoo import averaging
from zoo.architecture import Backbone, features_of
from zoo.augmenter import Augmenter, Parameters
from zoo.head import Head


class GalaxyModel(nn.Module):
    """Images to outputs: views by the augmenter, features by the backbone, outputs by the head."""

    def __init__(self, augmenter: Augmenter, backbone: Backbone, head: Head):
        super().__init__()
        self.augmenter, self.backbone, self.head = augmenter, backbone, head

    def forward(
        self, images: Shaped[Tensor, "galaxy band height width"], parameters: Parameters
    ) -> Float[Tensor, "galaxy output"]:
        """Raw outputs of the head for the views that the parameters choose."""
        return self.head(features_of(self.backbone, self.augmenter.views(images, parameters)))

    @torch.no_grad()
    def predict(
        self,
        images: Shaped[Tensor, "galaxy band height width"],
        tta: str = "none",
        measured: Float[Tensor, "galaxy number"] | None = None,
    ) -> dict[str, Float[Tensor, " galaxy"]]:
        """Catalogue columns; `tta` names a grid of the augmenter over whose views the columns are averaged.

        measured: what the augmenter asked to be measured on these images.
        """
        views = [self.head.predict(outputs) for outputs in self.outputs(images, tta, measured)]
        return {column: sum(view[column] for view in views) / len(views) for column in views[0]}

    def outputs(
        self,
        images: Shaped[Tensor, "galaxy band height width"],
        tta: str = "none",
        measured: Float[Tensor, "galaxy number"] | None = None,
    ) -> Iterator[Float[Tensor, "galaxy output"]]:
        """Raw outputs of the head for each view of a grid by itself; `none` is the galaxy as it is."""
        grid = self._grid(images, tta)
        return averaging.outputs(self.augmenter, self.backbone, self.head, images, grid, measured)

    @torch.no_grad()
    def features(
        self,
        images: Shaped[Tensor, "galaxy band height width"],
        tta: str = "none",
        measured: Float[Tensor, "galaxy number"] | None = None,
    ) -> Float[Tensor, "galaxy feature"]:
        """What the head's last layer sees of each galaxy, the mean over the views of a grid."""
        last = self.head.penultimate
        views = list(averaging.outputs(self.augmenter, self.backbone, last, images, self._grid(images, tta), measured))
        return sum(views) / len(views)

    def _grid(self, images: Shaped[Tensor, "galaxy band height width"], tta: str) -> Sequence[Parameters]:
        return [self.augmenter.canonical(len(images))] if tta == "none" else self.augmenter.grid(tta)
