"""The head that learns classes through dense layers of its own, as transfer learning puts on a trained network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from zoo.errors import ZooError
from zoo.head import Head
from zoo.schema import Classes, Schema
from zoo_head_classes.head import Softmax

if TYPE_CHECKING:
    from torchmetrics import MetricCollection


class Dense(Head):
    """Rectified dense layers, then `Softmax` (Khan et al. 2019; spec G17).

    hidden: number of units of each layer. dropout: probability with which a unit of the first one is dropped in
    training. label_smoothing: as in `Softmax`. `hidden(features)` are the features just before the classes.
    Raises ZooError without a hidden layer.
    """

    accepts: ClassVar[type[Schema]] = Classes

    def __init__(
        self, schema: Classes, num_features: int, hidden: Sequence[int], dropout: float, label_smoothing: float
    ) -> None:
        super().__init__()
        if not hidden:
            raise ZooError(
                "head.hidden=[] leaves no dense layer: name the units of at least one, or take head=classes."
            )
        self.schema = schema
        self.hidden = nn.Sequential(*layers(num_features, hidden, dropout))
        self.softmax = Softmax(schema, hidden[-1], 0.0, label_smoothing)

    def forward(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy class"]:
        """Logits, in the precision of the weights, also under autocast."""
        with torch.autocast(features.device.type, enabled=False):
            return self.softmax(self.penultimate(features))

    def penultimate(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy unit"]:
        """The units of the last hidden layer, which Khan et al. (2019) call the second last layer (spec G17, G26)."""
        with torch.autocast(features.device.type, enabled=False):
            return self.hidden(features.to(self.hidden[0].weight.dtype))

    def loss(self, outputs: Float[Tensor, "galaxy class"], target: Int[Tensor, " galaxy"]) -> Float[Tensor, ""]:
        """Mean cross-entropy in nats; galaxies without a class (-1) do not count."""
        return self.softmax.loss(outputs, target)

    def predict(self, outputs: Float[Tensor, "galaxy class"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """The probability of each class."""
        return self.softmax.predict(outputs)

    def metrics(self) -> MetricCollection:
        """Those of `Softmax`."""
        return self.softmax.metrics()

    def start_from(self, baseline: Float[np.ndarray, " class"]) -> None:
        """Set the last biases to log frequencies, so that the untrained head predicts the baseline."""
        self.softmax.start_from(baseline)


def layers(num_features: int, hidden: Sequence[int], dropout: float) -> Iterator[nn.Module]:
    """Dense layers with Keras' first weights (Glorot & Bengio 2010), each rectified, the first one dropped at times."""
    for number, (before, units) in enumerate(zip([num_features, *hidden], hidden, strict=False)):
        dense = nn.Linear(before, units)
        nn.init.xavier_uniform_(dense.weight)
        nn.init.zeros_(dense.bias)
        yield from (dense, nn.ReLU()) if number else (dense, nn.ReLU(), nn.Dropout(dropout))
