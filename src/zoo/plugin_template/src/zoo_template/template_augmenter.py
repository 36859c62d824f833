"""An augmenter that mirrors galaxies."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor
from torch.nn import functional

from zoo.augmenter import Augmenter
from zoo.errors import ZooError

GRIDS = {"canonical": [False], "mirror2": [False, True]}
"""The test-time grids: of each view, whether it is a mirror image."""


@dataclass(frozen=True)
class Flips:
    """Which galaxies are mirrored."""

    flip: Bool[Tensor, " galaxy"]


class TemplateAugmenter(Augmenter):
    """One view: the whole image at another size, mirrored at random.

    view_size: pixels of a side. flip: probability of a mirror image.
    """

    def __init__(self, view_size: int, flip: float):
        self.num_draws, self.num_views, self.view_size = 1, 1, view_size
        self.flip = flip

    def sample(self, draws: Float[Tensor, "galaxy 1"]) -> Flips:
        """A galaxy is mirrored where its draw is below `flip`."""
        return Flips(draws[:, 0] < self.flip)

    def canonical(self, n: int) -> Flips:
        """No galaxy is mirrored."""
        return Flips(torch.zeros(n, dtype=torch.bool))

    def grid(self, name: str) -> list[Flips]:
        """`mirror2` has the image and its mirror image. Raises ZooError for an unknown name."""
        if name not in GRIDS:
            raise ZooError(f"There is no grid {name!r} of views: choose one of {', '.join(GRIDS)}.")
        return [Flips(torch.tensor([flip])) for flip in GRIDS[name]]

    def views(
        self, images: Shaped[Tensor, "galaxy band height width"], parameters: Flips
    ) -> Float[Tensor, "1 galaxy band view_size view_size"]:
        """The images at the size of a view, then mirrored left to right where it is asked for."""
        fractions = images.float() / 255 if images.dtype == torch.uint8 else images
        sized = functional.interpolate(fractions, (self.view_size,) * 2, mode="bilinear", antialias=True).clamp(0, 1)
        flip = parameters.flip.to(images.device)[:, None, None, None]
        return torch.where(flip, sized.flip(-1), sized)[None]
