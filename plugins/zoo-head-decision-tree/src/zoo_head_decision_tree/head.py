"""The head that learns vote fractions along a decision tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import ZooError
from zoo.head import Head
from zoo.schema import Schema, VoteFractions
from zoo_head_decision_tree.output import fractions

if TYPE_CHECKING:
    from torchmetrics import MetricCollection

RAREST = 1e-3
"""Smallest share of a question that an answer starts with: a bias of zero would have no gradient."""


class DecisionTree(Head):
    """A linear layer and divisive normalisation along the tree, compared with the labels by the mean squared error.

    dropout: probability with which a feature is dropped in training. init: `mean` starts from the mean fractions of
    the training labels, `published` as Dieleman et al. (2015) did: weights N(0, 0.01²) and biases 0.1.
    normalise: an option of training stages; without it the loss compares clipped outputs. Predictions always obey
    the tree. Raises ZooError for an unknown `init`.
    """

    accepts: ClassVar[type[Schema]] = VoteFractions
    options: ClassVar[tuple[str, ...]] = ("normalise",)
    normalise: bool = True

    def __init__(self, schema: VoteFractions, num_features: int, dropout: float, init: str) -> None:
        super().__init__()
        if init not in ("mean", "published"):
            raise ZooError(f"head.init={init} is unknown to the decision tree: choose mean or published.")
        self.schema, self.init = schema, init
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.Linear(num_features, len(schema.columns))
        # For `mean` the outputs of a vector of unit features scatter by 0.01: the biases decide at first.
        nn.init.normal_(self.answers.weight, std=0.01 if init == "published" else 0.01 * num_features**-0.5)
        nn.init.constant_(self.answers.bias, 0.1)

    def forward(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy answer"]:
        """One number per answer, before the tree; in the precision of the weights, also under autocast."""
        with torch.autocast(features.device.type, enabled=False):
            return self.answers(self.dropout(features.to(self.answers.weight.dtype)))

    def loss(
        self, outputs: Float[Tensor, "galaxy answer"], target: Float[Tensor, "galaxy answer"]
    ) -> Float[Tensor, ""]:
        """Mean squared error over galaxies and answers; answers without a label (NaN) do not count.

        Without the option `normalise`, of each output by itself, clipped to [0, 1]: the published warm-up.
        """
        predictions = fractions(outputs, self.schema) if self.normalise else outputs.clamp(0, 1)
        known = ~target.isnan()
        errors = torch.where(known, predictions - target, 0)
        return errors.square().sum() / known.sum().clamp(min=1)

    def predict(self, outputs: Float[Tensor, "galaxy answer"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """The cumulative vote fraction of each answer."""
        answers = fractions(outputs, self.schema).unbind(1)
        return dict(zip(self.schema.columns, answers, strict=True))

    def metrics(self) -> MetricCollection:
        """`rmse` in all, per question and per answer; `calibration` per answer; `accuracy` where the crowd agrees."""
        from torchmetrics import MetricCollection

        from zoo.metrics import Rmse
        from zoo_head_decision_tree.scores import Agreement, Calibration

        answers = self.schema.columns
        columns = {
            question.name: range(*where.indices(len(answers)))
            for question, where in zip(self.schema.questions, self.schema.slices, strict=True)
        }
        columns |= {answer: [k] for k, answer in enumerate(answers)}
        parts = {"rmse": Rmse(len(answers), columns), "calibration": Calibration(answers)}
        return MetricCollection(parts | {"accuracy": Agreement(self.schema)}, compute_groups=False)

    def start_from(self, baseline: Float[np.ndarray, " answer"]) -> None:
        """Set the biases to each answer's share of its question, so that the untrained head predicts the baseline."""
        if self.init == "mean":
            shares = np.concatenate([_shares(baseline[where]) for where in self.schema.slices])
            with torch.no_grad():
                self.answers.bias.copy_(torch.from_numpy(shares))


def _shares(baseline: Float[np.ndarray, " answer"]) -> Float[np.ndarray, " answer"]:
    """What each answer has of its question's fractions, at least RAREST; equal shares where nothing is known."""
    known = np.nan_to_num(baseline)
    shares = known / known.sum() if known.sum() > 0 else np.full(len(known), 1 / len(known))
    return np.maximum(shares, RAREST)
