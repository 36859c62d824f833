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
from zoo_head_decision_tree.normalisation import NORMALISATIONS
from zoo_head_decision_tree.output import broken_sums, fractions

if TYPE_CHECKING:
    from torchmetrics import MetricCollection

RAREST = 1e-3
"""Smallest share of a question that an answer starts with: a bias of zero would have no gradient."""


class DecisionTree(Head):
    """A linear layer and a normalisation along the tree, compared with the labels by the mean squared error.

    dropout: probability with which a feature is dropped in training. init: `mean` starts from the mean fractions of
    the training labels, `published` as Dieleman et al. (2015) did: weights N(0, 0.01²) and biases 0.1.
    output: how a question's outputs become shares, `relu` as published or another of NORMALISATIONS; with `clipped` the
    loss sees unbound outputs, and grows with the sums that they break. stop_gradient: whether no gradient flows
    through the fractions of parents. normalise: an option of training stages; without it the loss compares clipped
    outputs. Predictions always obey the tree. Raises ZooError for an unknown `init` or `output`.
    """

    accepts: ClassVar[type[Schema]] = VoteFractions
    options: ClassVar[tuple[str, ...]] = ("normalise",)
    normalise: bool = True

    def __init__(
        self, schema: VoteFractions, num_features: int, dropout: float, init: str, output: str, stop_gradient: bool
    ) -> None:
        super().__init__()
        if init not in ("mean", "published"):
            raise ZooError(f"head.init={init} is unknown to the decision tree: choose mean or published.")
        if output not in NORMALISATIONS:
            raise ZooError(
                f"head.output={output} is unknown to the decision tree: choose one of {', '.join(NORMALISATIONS)}."
            )
        self.schema, self.init, self.output, self.stop_gradient = schema, init, output, stop_gradient
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

        Without the option `normalise`, of each output by itself, clipped to [0, 1]: the published warm-up. Where the
        outputs are not bound to the tree, the sums that they break are added.
        """
        known, bound = ~target.isnan(), NORMALISATIONS[self.output].bound
        predictions = self.fractions(outputs, bound) if self.normalise else outputs.clamp(0, 1)
        errors = torch.where(known, predictions - target, 0)
        error = errors.square().sum() / known.sum().clamp(min=1)
        if bound or not self.normalise:
            return error
        return error + broken_sums(predictions, known, self.schema, self.stop_gradient)

    def fractions(self, outputs: Float[Tensor, "galaxy answer"], bound: bool = True) -> Float[Tensor, "galaxy answer"]:
        """The cumulative vote fraction of each answer, or what the loss sees of unbound ones."""
        return fractions(outputs, self.schema, self.output, self.stop_gradient, bound)

    def predict(self, outputs: Float[Tensor, "galaxy answer"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """The cumulative vote fraction of each answer."""
        return dict(zip(self.schema.columns, self.fractions(outputs).unbind(1), strict=True))

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
        """Set the biases to what gives each answer its share, so that the untrained head predicts the baseline."""
        if self.init == "mean":
            outputs = NORMALISATIONS[self.output].outputs
            biases = np.concatenate([outputs(_shares(baseline[where])) for where in self.schema.slices])
            with torch.no_grad():
                self.answers.bias.copy_(torch.from_numpy(biases))


def _shares(baseline: Float[np.ndarray, " answer"]) -> Float[np.ndarray, " answer"]:
    """What each answer has of its question's fractions, at least RAREST; equal shares where nothing is known."""
    known = np.nan_to_num(baseline)
    shares = known / known.sum() if known.sum() > 0 else np.full(len(known), 1 / len(known))
    return np.maximum(shares, RAREST)
