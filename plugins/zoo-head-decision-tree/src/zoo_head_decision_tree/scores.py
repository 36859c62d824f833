"""How far fractions can be trusted: calibration, and accuracy where the volunteers agreed."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torchmetrics import Metric

from zoo.schema import VoteFractions

BINS = 10
"""Of equal width, over fractions from 0 to 1."""

AGREED, REACHED = 0.8, 0.5
"""The crowd agrees on a question that half of the volunteers came to and four fifths of those answered alike."""


class Calibration(Metric):
    """How far the labels of galaxies with a like prediction are from it, on average (Naeini et al. 2015).

    Predictions of an answer are sorted into BINS; the mean over galaxies of the distance between the mean prediction
    and the mean label of their bin is its calibration error. Computes `calibration/<answer>`, and their mean as
    `calibration`. Labels that are NaN do not count.
    """

    full_state_update = False

    def __init__(self, answers: tuple[str, ...]):
        super().__init__()
        self.answers = answers
        for name in ("predicted", "observed", "count"):
            self.add_state(name, torch.zeros(BINS, len(answers), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, predictions: Float[Tensor, "galaxy answer"], target: Float[Tensor, "galaxy answer"]) -> None:
        """Take in a batch of galaxies."""
        known = ~target.isnan()
        bins = (predictions * BINS).long().clamp(0, BINS - 1)
        for total, values in ((self.predicted, predictions), (self.observed, target), (self.count, known)):
            total.scatter_add_(0, bins, torch.where(known, values, 0).double())

    def compute(self) -> dict[str, Float[Tensor, ""]]:
        """The errors by name."""
        errors = (self.predicted - self.observed).abs().sum(0) / self.count.sum(0)
        parts = {f"calibration/{answer}": error for answer, error in zip(self.answers, errors, strict=True)}
        return {"calibration": errors.nanmean(), **parts}


class Agreement(Metric):
    """How often the most probable answer is that of the crowd, where the crowd agrees.

    Computes `accuracy/<question>`, and `accuracy` over all questions and galaxies where it does.
    """

    full_state_update = False

    def __init__(self, tree: VoteFractions):
        super().__init__()
        self.tree = tree
        for name in ("right", "agreed"):
            self.add_state(name, torch.zeros(len(tree.questions), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, predictions: Float[Tensor, "galaxy answer"], target: Float[Tensor, "galaxy answer"]) -> None:
        """Take in a batch of galaxies."""
        for k, where in enumerate(self.tree.slices):
            votes = target[:, where]
            came = votes.sum(1)
            agreed = (came >= REACHED) & (votes.amax(1) >= AGREED * came)  # False where a label is NaN
            self.right[k] += (agreed & (predictions[:, where].argmax(1) == votes.argmax(1))).sum()
            self.agreed[k] += agreed.sum()

    def compute(self) -> dict[str, Float[Tensor, ""]]:
        """The accuracies by name, without those of questions on which the crowd never agrees."""
        parts = zip(self.tree.questions, self.right, self.agreed, strict=True)
        found = {f"accuracy/{question.name}": right / agreed for question, right, agreed in parts if agreed}
        return {"accuracy": self.right.sum() / self.agreed.sum(), **found} if found else {}
