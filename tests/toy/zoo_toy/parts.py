"""One part of each kind: blobs that are round or long, a shift, a convolution, a logistic regression."""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics import MeanMetric, MetricCollection

from zoo.architecture import ImageBackbone
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset, Problem, Sample, hash_split
from zoo.errors import ZooError
from zoo.head import Head
from zoo.schema import Classes


class Blobs(Dataset):
    """`size` noisy images of 12 px, each a function of its number."""

    def __init__(self, size: int, poison: int | None):
        self.schema, self.poison = Classes(("round", "long")), poison
        ids = [f"blob-{k:04d}" for k in range(size)]
        split = hash_split(ids, {"train": 0.75, "validation": 0.25})
        self.table = pd.DataFrame({"object_id": ids, "split": split})
        self.targets = np.arange(size) % 2
        self.fingerprint = f"blobs-{size}"

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        noise = np.random.Generator(np.random.Philox(key=index)).normal(size=(3, 12, 12))
        y, x = np.mgrid[-6:6, -6:6] + 0.5
        light = np.exp(-(x**2 + y**2 * (1 + 3 * (index % 2))) / 8)
        image = np.clip(120 * light + 10 * noise + 40, 0, 255).astype(np.uint8)
        return Sample(torch.from_numpy(image), torch.tensor(index % 2), self.table["object_id"].iat[index], index)

    def prepare(self) -> None:
        return None

    def verify(self, quick: bool = False) -> list[Problem]:
        return [] if self.poison is None else [Problem(f"blob-{self.poison:04d}", "the image is truncated", "E-IMAGE")]


@dataclass(frozen=True)
class Shift:
    """Pixels by which each galaxy moves along its rows."""

    pixels: Tensor


class Roll(Augmenter):
    """One view, rolled by up to one pixel."""

    num_draws, num_views, view_size = 1, 1, 12

    def sample(self, draws: Tensor) -> Shift:
        return Shift((3 * draws[:, 0]).floor().long() - 1)

    def canonical(self, n: int) -> Shift:
        return Shift(torch.zeros(n, dtype=torch.long))

    def grid(self, name: str) -> list[Shift]:
        if name != "rolls":
            raise ZooError(f"There is no grid {name!r}; this augmenter has rolls.")
        return [Shift(torch.tensor([k])) for k in (-1, 0, 1)]

    def views(self, images: Tensor, parameters: Shift) -> Tensor:
        pixels = parameters.pixels.to(images.device).expand(len(images))
        columns = (torch.arange(12, device=images.device) - pixels[:, None]) % 12
        rolled = images.gather(3, columns[:, None, None, :].expand_as(images))
        return (rolled.float() / 255 if images.dtype == torch.uint8 else rolled)[None]


def crash() -> None:
    """Raise, as a mistake would."""
    raise RuntimeError("this part crashes on purpose")


ENDS = {
    "exit": lambda: sys.exit(7),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
}
"""Ways in which a part can take its process down."""


class Convolution(ImageBackbone):
    """One convolution, dropout, and a mean. crash: whether it raises, or `exit`, `kill`, `segfault`: how it ends."""

    def __init__(self, width: int, dropout: float, crash: bool | str, num_bands: int):
        super().__init__()
        self.num_features, self.crash = width, crash
        self.first = nn.Conv2d(num_bands, width, 3)
        self.drop = nn.Dropout(dropout)

    def image_features(self, images: Tensor) -> Tensor:
        if self.crash:
            ENDS.get(self.crash, crash)()
        return self.drop(self.first(images).relu().mean((2, 3)))


class Logistic(Head):
    """Cross-entropy over the classes."""

    accepts = Classes

    def __init__(self, schema: Classes, num_features: int):
        super().__init__()
        self.schema, self.last = schema, nn.Linear(num_features, len(schema.names))

    def forward(self, features: Tensor) -> Tensor:
        return self.last(features)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(outputs.float(), target, ignore_index=-1)

    def predict(self, outputs: Tensor) -> dict[str, Tensor]:
        return dict(zip(self.schema.columns, outputs.float().softmax(1).T, strict=True))

    def metrics(self) -> MetricCollection:
        return MetricCollection({"accuracy": Right()})


class Right(MeanMetric):
    """The fraction of galaxies whose largest probability is that of their class."""

    def update(self, predictions: Tensor, target: Tensor) -> None:
        super().update((predictions.argmax(1) == target).float())
