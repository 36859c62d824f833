"""Galaxies of two or three classes whose brightness tells them apart, and a network that sees brightness alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from zoo_head_classes.head import Softmax

from zoo.architecture import ImageBackbone
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset, Sample
from zoo.model import GalaxyModel
from zoo.schema import Classes


class Spots(Dataset):
    """`size` images of one pixel; the brightness of class k is about k. The last galaxy has no label."""

    def __init__(self, names: tuple[str, ...] = ("elliptical", "spiral"), size: int = 60):
        random = np.random.default_rng(2)
        self.schema, self.targets = Classes(names), np.arange(size) % len(names)
        self.light = self.targets + random.normal(scale=0.45, size=size)
        self.targets[-1] = -1
        self.table = pd.DataFrame({"object_id": [f"spot-{k}" for k in range(size)], "split": "test"})

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        image = torch.full((3, 1, 1), float(self.light[index]))
        return Sample(image, torch.tensor(self.targets[index]), self.table["object_id"].iat[index], index)

    def prepare(self) -> None:
        return None

    def verify(self, quick: bool = False) -> list:
        return []


@dataclass(frozen=True)
class Dimmed:
    """By how much each galaxy is dimmed."""

    by: float


class Still(Augmenter):
    """The image as it is; the grid `dimmed` has it brighter and darker too."""

    num_draws, num_views, view_size = 0, 1, 1

    def sample(self, draws: Tensor) -> Dimmed:
        return Dimmed(0.0)

    def canonical(self, n: int) -> Dimmed:
        return Dimmed(0.0)

    def grid(self, name: str) -> list[Dimmed]:
        return [Dimmed(by) for by in (-0.3, 0.0, 0.4)]

    def views(self, images: Tensor, parameters: Dimmed) -> Tensor:
        return images[None] - parameters.by


class Brightness(ImageBackbone):
    """The mean of all pixels."""

    num_features = 1

    def image_features(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3))[:, None]


def model(names: tuple[str, ...] = ("elliptical", "spiral"), steep: float = 4.0, at: float = 0.5) -> GalaxyModel:
    """A trained model: class k is likeliest where the light is about k; `at` is where the first two are as likely."""
    head = Softmax(Classes(names), 1, 0.0, 0.0)
    with torch.no_grad():
        for k in range(len(names)):
            head.classes.weight[k, 0], head.classes.bias[k] = steep * k, -steep * k * (k - 1 + 2 * at) / 2
    return GalaxyModel(Still(), Brightness(), head).eval()
