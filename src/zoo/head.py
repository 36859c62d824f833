"""From features to outputs, and from outputs to loss, metrics and catalogue columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from zoo.errors import Incompatible
from zoo.schema import Schema

if TYPE_CHECKING:
    from torchmetrics import MetricCollection


class Head(nn.Module, ABC):
    """Maps features to what the labels' schema asks for.

    `__init__` is told `schema=` and `num_features=` beside the hyper-parameters of its YAML.
    accepts: the kind of schema it can learn. options: names of attributes that a training stage may set.
    """

    accepts: ClassVar[type[Schema]]
    options: ClassVar[tuple[str, ...]] = ()
    schema: Schema

    @abstractmethod
    def forward(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy output"]:
        """Raw outputs of the last layer."""

    def penultimate(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy number"]:
        """What the last layer sees: the backbone's features, or those of the head's own layers where it has some."""
        return features

    @abstractmethod
    def loss(self, outputs: Float[Tensor, "galaxy output"], target: Shaped[Tensor, "galaxy ..."]) -> Float[Tensor, ""]:
        """What training minimises; galaxies or questions without labels (NaN, class -1) do not count."""

    @abstractmethod
    def predict(self, outputs: Float[Tensor, "galaxy output"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """Catalogue columns by name: those of `schema.columns` in that order, then any of the head's own."""

    def descriptions(self) -> dict[str, str]:
        """A sentence about each column of the head's own, by name, for those who read the catalogue."""
        return {}

    @abstractmethod
    def metrics(self) -> MetricCollection:
        """Fresh metrics, updated with (predictions [galaxy column], target), named `rmse`, `rmse/<question>`, …"""

    def start_from(self, baseline: Float[np.ndarray, " column"]) -> None:
        """Called once before training with the best constant prediction: a head may set its biases to it."""
        return None


def check_schema(head: type[Head], schema: Schema) -> None:
    """Raise Incompatible if a head of this class cannot learn labels of this schema."""
    if not isinstance(schema, head.accepts):
        raise Incompatible(
            f"The head {head.__name__} learns {head.accepts.kind}, the dataset states {schema.kind}: "
            "choose another head, or another dataset.schema."
        )
