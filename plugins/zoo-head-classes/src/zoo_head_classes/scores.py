"""How well classes are told apart: accuracy, F1, area under the ROC curve, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import binary_auroc, multiclass_confusion_matrix
from torchmetrics.utilities import dim_zero_cat


class ClassScores(Metric):
    """Scores of class probabilities; galaxies without a class (-1) do not count.

    accuracy: share of galaxies whose most probable class (the first of several) is right; `accuracy/<class>`: the same
    among the galaxies of that class, its recall. f1: harmonic mean of precision and recall by class, and their mean
    over classes. auc: area under the ROC curve of one class against the rest, and their mean. confusion: numbers of
    galaxies, [true class, predicted class]. NaN where undefined (no galaxy of the class, for auc also no other
    galaxy; for F1 the class is neither true nor predicted); means leave such classes out.
    """

    full_state_update = False

    def __init__(self, names: Sequence[str]):
        super().__init__()
        self.names = tuple(names)
        self.add_state("probabilities", [], dist_reduce_fx="cat")
        self.add_state("target", [], dist_reduce_fx="cat")

    def update(self, predictions: Float[Tensor, "galaxy class"], target: Int[Tensor, " galaxy"]) -> None:
        """Take in a batch of galaxies."""
        self.probabilities.append(predictions[target >= 0])
        self.target.append(target[target >= 0])

    def compute(self) -> dict[str, Tensor]:
        """The scores by name, those over all classes first."""
        probabilities, target = self._all()
        confusion = multiclass_confusion_matrix(probabilities.argmax(1), target, len(self.names), validate_args=False)
        parts = {"accuracy": recalls(confusion), "f1": f1s(confusion), "auc": aucs(probabilities, target)}
        return {
            "accuracy": confusion.trace() / confusion.sum(),
            "f1": parts["f1"].nanmean(),
            "auc": parts["auc"].nanmean(),
            **{
                f"{score}/{name}": value
                for score, values in parts.items()
                for name, value in zip(self.names, values, strict=True)
            },
            "confusion": confusion,
        }

    def _all(self) -> tuple[Float[Tensor, "galaxy class"], Int[Tensor, " galaxy"]]:
        if not len(self.target):
            return torch.zeros(0, len(self.names)), torch.zeros(0, dtype=torch.int64)
        return dim_zero_cat(self.probabilities), dim_zero_cat(self.target)


def recalls(confusion: Int[Tensor, "true predicted"]) -> Float[Tensor, " class"]:
    """The share of each class that is recognised."""
    return confusion.diagonal() / confusion.sum(1)


def f1s(confusion: Int[Tensor, "true predicted"]) -> Float[Tensor, " class"]:
    """2 TP / (2 TP + FP + FN) of each class."""
    return 2 * confusion.diagonal() / (confusion.sum(0) + confusion.sum(1))


def aucs(probabilities: Float[Tensor, "galaxy class"], target: Int[Tensor, " galaxy"]) -> Float[Tensor, " class"]:
    """The area under each class's ROC curve, one against the rest."""
    # torchmetrics takes numbers outside [0, 1] for logits: means of probabilities can exceed 1 by a rounding.
    ranked = probabilities.clamp(0, 1)
    return torch.stack([auc(ranked[:, k], target == k) for k in range(probabilities.shape[1])])


def auc(scores: Float[Tensor, " galaxy"], positive: Bool[Tensor, " galaxy"]) -> Float[Tensor, ""]:
    """The chance that a positive galaxy scores higher than another one, ties counting half; NaN without both kinds."""
    if positive.all() or not positive.any():
        return torch.full((), torch.nan, device=scores.device)
    return binary_auroc(scores, positive, validate_args=False)
