"""ROC curves and the areas below them."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.stats import rankdata
from torchmetrics.functional.classification import binary_auroc, binary_roc

from zoo.metrics import LEVELS, resampled

AT = np.linspace(0, 1, 201)
"""False positive rates at which curves of several models are averaged and compared."""

Curve = tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]


def ranks(scores: Float[np.ndarray, " galaxy"]) -> Float[np.ndarray, " galaxy"]:
    """Scores as ranks between 0 and 1, ties alike: torchmetrics takes other numbers for logits and rounds them."""
    return rankdata(scores) / max(len(scores), 1)


def curve(scores: Float[np.ndarray, " galaxy"], truth: Bool[np.ndarray, " galaxy"]) -> Curve:
    """False and true positive rates, from the strictest threshold to the loosest; only where the curve turns."""
    fpr, tpr, _ = (found.numpy() for found in binary_roc(*pair(scores, truth), validate_args=False))
    steps = np.stack([np.diff(fpr), np.diff(tpr)])
    straight = np.isclose(steps[0, :-1] * steps[1, 1:], steps[1, :-1] * steps[0, 1:], atol=1e-15)
    turns = np.concatenate([[True], ~straight, [True]])
    return fpr[turns], tpr[turns]


def area(scores: Float[np.ndarray, " galaxy"], truth: Bool[np.ndarray, " galaxy"]) -> float:
    """The chance that a positive galaxy scores higher than another one, ties counting half; NaN without both kinds."""
    if truth.all() or not truth.any():
        return float("nan")
    return float(binary_auroc(*pair(scores, truth), validate_args=False))


def interval(
    scores: Float[np.ndarray, "*model galaxy"], truth: Bool[np.ndarray, " galaxy"], resamples: int, seed: int
) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the area, over galaxies (Efron 1979); of several models of the mean."""
    each = np.atleast_2d(scores)
    drawn = [
        np.mean([area(own[rows], truth[rows]) for own in each])
        for rows in map(torch.Tensor.numpy, resampled(len(truth), resamples, seed))
    ]
    known = [value for value in drawn if np.isfinite(value)]
    low, high = np.percentile(known, LEVELS).tolist() if known else (float("nan"), float("nan"))
    return low, high


def averaged(
    scores: Float[np.ndarray, "model galaxy"], truth: Bool[np.ndarray, " galaxy"]
) -> Float[np.ndarray, "model point"]:
    """The true positive rate of each model at the false positive rates `AT` (vertical averaging, Fawcett 2006)."""
    return np.stack([np.interp(AT, *curve(own, truth)) for own in scores])


def pair(
    scores: Float[np.ndarray, " galaxy"], truth: Bool[np.ndarray, " galaxy"]
) -> tuple[Float[torch.Tensor, " galaxy"], torch.Tensor]:
    """Ranks and truth as torchmetrics takes them."""
    return torch.from_numpy(ranks(scores)), torch.from_numpy(truth.astype(np.int64))
