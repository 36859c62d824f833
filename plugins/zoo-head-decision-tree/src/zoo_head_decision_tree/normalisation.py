"""From one question's outputs to its answers' shares, which sum to 1: the published way, and those tried beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

EPSILON = 1e-12
"""Added to each sum, which makes 0 of 0/0; half precision cannot hold it."""

THRESHOLD = 0.01
"""What an answer's exponential must exceed, of the likeliest answer's, to have a share at all."""

STEEPNESS = 10
"""The softplus of so many times the output is near to a rectifier, and never zero."""

Outputs = Float[Tensor, "galaxy answer_of_question"]


@dataclass(frozen=True)
class Normalisation:
    """How the outputs of a question become shares.

    support: of all outputs, one by one. shares: of the supports of a question's answers. outputs: of which outputs
    given shares, none of them zero, are the shares. bound: whether the loss sees shares; else it sees supports, and
    is told by how much their sums are broken.
    """

    support: Callable[[Tensor], Tensor]
    shares: Callable[[Outputs], Outputs]
    outputs: Callable[[Float[np.ndarray, " answer"]], Float[np.ndarray, " answer"]]
    bound: bool = True


def divided(support: Outputs) -> Outputs:
    """Supports over their sum; zeros stay zeros."""
    return support / (support.sum(1, keepdim=True) + EPSILON)


def divided_squares(support: Outputs) -> Outputs:
    """As `divided`: what is small for outputs is small for their squares when squared."""
    return support / (support.sum(1, keepdim=True) + EPSILON**2)


def softmax(logarithms: Outputs) -> Outputs:
    """Exponentials over their sum."""
    return logarithms.softmax(1)


def thresholded_softmax(logarithms: Outputs) -> Outputs:
    """A softmax that can give exact zeros: exponentials of which THRESHOLD of the largest is taken away."""
    relative = (logarithms - logarithms.amax(1, keepdim=True)).exp()
    kept = ((1 + THRESHOLD) * relative - THRESHOLD).relu()
    return kept / kept.sum(1, keepdim=True)


def log_softplus(outputs: Tensor) -> Tensor:
    """The logarithm of log(1 + exp(STEEPNESS · output)), which stays finite where that underflows."""
    steep = STEEPNESS * outputs
    usual = nn.functional.softplus(steep.clamp(min=-40), threshold=40).log()
    return torch.where(steep < -40, steep, usual)


def rectified(outputs: Tensor) -> Tensor:
    """Negative outputs become 0."""
    return outputs.relu()


def squared(outputs: Tensor) -> Tensor:
    """Negative outputs become 0, the others their squares."""
    return outputs.relu().square()


def clipped(outputs: Tensor) -> Tensor:
    """Each output in [0, 1]."""
    return outputs.clamp(0, 1)


def unchanged(outputs: Tensor) -> Tensor:
    """The outputs themselves."""
    return outputs


NORMALISATIONS = {
    "relu": Normalisation(rectified, divided, np.asarray),
    "softmax": Normalisation(unchanged, softmax, np.log),
    "thresholded_softmax": Normalisation(
        unchanged, thresholded_softmax, lambda shares: np.log((shares / shares.max() + THRESHOLD) / (1 + THRESHOLD))
    ),
    "squared": Normalisation(squared, divided_squares, np.sqrt),
    "softplus": Normalisation(log_softplus, softmax, lambda shares: np.log(np.expm1(shares)) / STEEPNESS),
    "clipped": Normalisation(clipped, divided, np.asarray, bound=False),
}
"""By the name that `head.output` chooses."""
