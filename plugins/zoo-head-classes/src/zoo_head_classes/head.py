"""The head that learns one of several classes per galaxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from zoo.head import Head
from zoo.schema import Classes, Schema

if TYPE_CHECKING:
    from torchmetrics import MetricCollection

RAREST = 1e-4
"""Smallest frequency that a class starts with: the logarithm of zero is no bias."""


class Softmax(Head):
    """A linear layer and softmax, compared with the labels by cross-entropy.

    dropout: probability with which a feature is dropped in training. label_smoothing: share of each label that is
    spread over all classes (Szegedy et al. 2016, section 7).
    """

    accepts: ClassVar[type[Schema]] = Classes

    def __init__(self, schema: Classes, num_features: int, dropout: float, label_smoothing: float) -> None:
        super().__init__()
        self.schema, self.label_smoothing = schema, label_smoothing
        self.dropout = nn.Dropout(dropout)
        self.classes = nn.Linear(num_features, len(schema.names))
        # The logits of a vector of unit features scatter by 0.01: the biases decide at first.
        nn.init.normal_(self.classes.weight, std=0.01 * num_features**-0.5)
        nn.init.zeros_(self.classes.bias)

    def forward(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy class"]:
        """Logits, in the precision of the weights, also under autocast."""
        with torch.autocast(features.device.type, enabled=False):
            return self.classes(self.dropout(features.to(self.classes.weight.dtype)))

    def loss(self, outputs: Float[Tensor, "galaxy class"], target: Int[Tensor, " galaxy"]) -> Float[Tensor, ""]:
        """Mean cross-entropy in nats; galaxies without a class (-1) do not count."""
        summed = functional.cross_entropy(
            at_least_float32(outputs),
            target.long(),
            ignore_index=-1,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        return summed / (target >= 0).sum().clamp(min=1)

    def predict(self, outputs: Float[Tensor, "galaxy class"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """The probability of each class."""
        probabilities = at_least_float32(outputs).softmax(1).unbind(1)
        return dict(zip(self.schema.names, probabilities, strict=True))

    def metrics(self) -> MetricCollection:
        """`accuracy`, `f1`, `auc`, each also `/<class>`, and the matrix `confusion`."""
        from torchmetrics import MetricCollection

        from zoo_head_classes.scores import ClassScores

        return MetricCollection({"scores": ClassScores(self.schema.names)})

    def start_from(self, baseline: Float[np.ndarray, " class"]) -> None:
        """Set the biases to log frequencies, so that the untrained head predicts the baseline."""
        with torch.no_grad():
            self.classes.bias.copy_(torch.from_numpy(np.log(np.maximum(baseline, RAREST))))


def at_least_float32(outputs: Float[Tensor, "galaxy class"]) -> Float[Tensor, "galaxy class"]:
    """Half precision becomes float32; float32 and float64 stay."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))
