"""A head for galaxies of several classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from zoo.head import Head
from zoo.schema import Classes

if TYPE_CHECKING:
    from torchmetrics import MetricCollection


class TemplateHead(Head):
    """A linear layer and softmax, compared with the labels by cross-entropy.

    schema, num_features: the classes, and the length of a galaxy's features, told by zoo. dropout: probability with
    which a feature is dropped in training.
    """

    accepts = Classes

    def __init__(self, schema: Classes, num_features: int, dropout: float):
        super().__init__()
        self.schema = schema
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(num_features, len(schema.names))

    def forward(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy class"]:
        """Logits, in the precision of the weights, also under autocast."""
        with torch.autocast(features.device.type, enabled=False):
            return self.linear(self.dropout(features.to(self.linear.weight.dtype)))

    def loss(self, outputs: Float[Tensor, "galaxy class"], target: Int[Tensor, " galaxy"]) -> Float[Tensor, ""]:
        """Mean cross-entropy in nats; galaxies without a class (-1) do not count."""
        summed = functional.cross_entropy(precise(outputs), target.long(), ignore_index=-1, reduction="sum")
        return summed / (target >= 0).sum().clamp(min=1)

    def predict(self, outputs: Float[Tensor, "galaxy class"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """The probability of each class."""
        return dict(zip(self.schema.names, precise(outputs).softmax(1).unbind(1), strict=True))

    def metrics(self) -> MetricCollection:
        """`accuracy`, of galaxies that have a class."""
        from torchmetrics import MetricCollection
        from torchmetrics.classification import MulticlassAccuracy

        count = len(self.schema.names)
        return MetricCollection({"accuracy": MulticlassAccuracy(count, average="micro", ignore_index=-1)})


def precise(outputs: Float[Tensor, "galaxy class"]) -> Float[Tensor, "galaxy class"]:
    """Half precision becomes float32; float32 and float64 stay."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))
