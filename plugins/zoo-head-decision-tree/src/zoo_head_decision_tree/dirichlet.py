"""The head that learns numbers of votes along a decision tree, and how sure it may be of the fractions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import ZooError
from zoo.head import Head
from zoo.schema import Schema, VoteCounts
from zoo_head_decision_tree.beta import quantiles
from zoo_head_decision_tree.likelihood import log_likelihood
from zoo_head_decision_tree.shares import cumulative, reached, shares

if TYPE_CHECKING:
    from torchmetrics import MetricCollection

LEVELS = (0.05, 0.95)
"""Of the quantiles that bound the 90 % interval."""

START = 3.0
"""Total concentration of a question before training: fractions then scatter about as they do between galaxies."""

MARGIN = 1.1
"""How far inside their range concentrations start, so that they can be learnt."""


class Dirichlet(Head):
    """A linear layer whose outputs are concentrations: the votes on a question are Dirichlet-multinomial.

    After Walmsley et al. (2020, 2022). dropout: probability with which a feature is dropped in training. lowest,
    highest: range of a concentration, the logarithm of which is a linear function of the features in its middle.
    Raises ZooError for a range that is none, and for a tree in which a column of the head would have an answer's name.
    """

    accepts: ClassVar[type[Schema]] = VoteCounts

    def __init__(self, schema: VoteCounts, num_features: int, dropout: float, lowest: float, highest: float) -> None:
        super().__init__()
        if not 0 < lowest < highest < math.inf:
            raise ZooError(
                f"head.lowest={lowest} and head.highest={highest} are no range: choose 0 < lowest < highest."
            )
        self.schema, self.lowest, self.highest = schema, float(lowest), float(highest)
        if twice := {*self.descriptions()} & {*schema.columns}:
            raise ZooError(
                f"The answer {min(twice)} has the name of a column that the head dirichlet writes itself: rename it."
            )
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.Linear(num_features, len(schema.columns))
        nn.init.normal_(self.answers.weight, std=0.01 * num_features**-0.5)  # the biases decide at first
        nn.init.zeros_(self.answers.bias)

    def forward(self, features: Float[Tensor, "galaxy feature"]) -> Float[Tensor, "galaxy answer"]:
        """One number per answer; in the precision of the weights, also under autocast."""
        with torch.autocast(features.device.type, enabled=False):
            return self.answers(self.dropout(features.to(self.answers.weight.dtype)))

    def concentrations(self, outputs: Float[Tensor, "galaxy answer"]) -> Float[Tensor, "galaxy answer"]:
        """The concentration of each answer, in float32 or better: its logarithm follows the output, then saturates."""
        with torch.autocast(outputs.device.type, enabled=False):
            outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
            return self.lowest * (self._range * (4 / self._range * outputs).sigmoid()).exp()

    def loss(
        self, outputs: Float[Tensor, "galaxy answer"], target: Float[Tensor, "galaxy answer"]
    ) -> Float[Tensor, ""]:
        """Minus the logarithm of the probability of a galaxy's votes, the mean over galaxies that have votes.

        Questions without votes (zeros or NaN) have an exact zero of loss and of gradient.
        """
        with torch.autocast(outputs.device.type, enabled=False):
            found = log_likelihood(self.concentrations(outputs), target, self.schema)
            return -found.sum() / (target > 0).any(1).sum().clamp(min=1)

    def predict(self, outputs: Float[Tensor, "galaxy answer"]) -> dict[str, Float[Tensor, " galaxy"]]:
        """The expected fraction of each answer, then the columns that `descriptions` lists."""
        with torch.autocast(outputs.device.type, enabled=False):
            concentrations = self.concentrations(outputs)
            fractions = shares(concentrations, self.schema)
            columns = dict(zip(self.schema.columns, fractions.unbind(1), strict=True))
            asked = reached(fractions, self.schema).unbind(1)
            for question, where, coming in zip(self.schema.questions, self.schema.slices, asked, strict=True):
                own = concentrations[:, where]
                low, high = intervals(own)
                for k, answer in enumerate(question.answers):
                    columns |= {f"{answer}_low": low[:, k], f"{answer}_high": high[:, k]}
                columns |= {f"{question.name}_asked": coming, f"{question.name}_concentration": own.sum(1)}
        return columns

    def descriptions(self) -> dict[str, str]:
        """What the head's own columns hold, by name."""
        said: dict[str, str] = {}
        for question in self.schema.questions:
            for answer in question.answers:
                of = f"of the central 90 % of the fraction {answer} that ever more volunteers would tend to"
                said |= {f"{answer}_low": f"Lower end {of}", f"{answer}_high": f"Upper end {of}"}
            said[f"{question.name}_asked"] = f"Probability that a volunteer is asked {question.name}"
            said[f"{question.name}_concentration"] = (
                f"Sum of the Dirichlet concentrations of {question.name}; times a fraction, that of the answer"
            )
        return said

    def metrics(self) -> MetricCollection:
        """`rmse` over the answers of questions that have votes, `rmse/<question>`, and `rmse_cumulative`.

        `rmse_cumulative` compares fractions of all volunteers, as the `rmse` of the head `decision_tree` does.
        """
        from torchmetrics import MetricCollection

        from zoo.metrics import Rmse

        size = len(self.schema.columns)
        columns = {
            question.name: range(*where.indices(size))
            for question, where in zip(self.schema.questions, self.schema.slices, strict=True)
        }
        asked, of_all = Asked(self.schema), OfAll(self.schema)
        found = {"rmse": Rmse(size, columns, asked), "rmse_cumulative": Rmse(size, {}, of_all, "rmse_cumulative")}
        return MetricCollection(found, compute_groups=False)

    def start_from(self, baseline: Float[np.ndarray, " answer"]) -> None:
        """Set the biases so that the untrained head predicts the baseline, with concentrations that sum to START."""
        with torch.no_grad():
            known = torch.from_numpy(np.nan_to_num(baseline))[None]
            fractions = shares(known, self.schema).nan_to_num(0.5)[0]
            first = (START * fractions).clamp(self.lowest * MARGIN, self.highest / MARGIN)
            part = (first / self.lowest).log() / self._range
            self.answers.bias.copy_(self._range / 4 * part.logit())

    @property
    def _range(self) -> float:
        return math.log(self.highest / self.lowest)


def intervals(
    concentrations: Float[Tensor, "galaxy answer_of_question"],
) -> tuple[Float[Tensor, "galaxy answer_of_question"], Float[Tensor, "galaxy answer_of_question"]]:
    """The central 90 % of each answer's fraction, which is Beta(its concentration, the sum of the others')."""
    size = concentrations.shape[1]
    if size == 1:
        certain = concentrations / concentrations
        return certain, certain
    # Not the sum less the own one, which in float32 would lose a small rest beside a large answer.
    rest = (concentrations[:, None] * (1 - torch.eye(size, device=concentrations.device))).sum(2)
    low, high = quantiles(concentrations.flatten(), rest.to(concentrations.dtype).flatten(), LEVELS)
    return low.reshape(concentrations.shape), high.reshape(concentrations.shape)


class Asked:
    """Compares shares of questions: predictions with the votes' shares, NaN where nobody was asked."""

    def __init__(self, tree: VoteCounts):
        self.tree = tree

    def __call__(
        self, predictions: Float[Tensor, "galaxy answer"], votes: Float[Tensor, "galaxy answer"]
    ) -> tuple[Float[Tensor, "galaxy answer"], Float[Tensor, "galaxy answer"]]:
        return predictions, shares(votes, self.tree)


class OfAll:
    """Compares fractions of all volunteers: both sides multiplied along the tree."""

    def __init__(self, tree: VoteCounts):
        self.tree = tree

    def __call__(
        self, predictions: Float[Tensor, "galaxy answer"], votes: Float[Tensor, "galaxy answer"]
    ) -> tuple[Float[Tensor, "galaxy answer"], Float[Tensor, "galaxy answer"]]:
        return cumulative(predictions, self.tree), cumulative(shares(votes, self.tree), self.tree)
