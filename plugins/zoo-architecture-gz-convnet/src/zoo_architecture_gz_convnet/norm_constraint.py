"""A limit to the column norms of dense layers, as one of the seventeen networks has it (spec D8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import ZooError

CHUNK = 625
"""Updates after which the published code begins to count anew: a chunk of 10,000 galaxies in batches of 16 (D11)."""

Kind = Literal["rms", "l2"]


class NormConstraint:
    """Scales each column of a layer's weights that exceeds its limit back to it.

    A column holds what one unit takes from all its inputs; biases are not touched. limits: the largest norm for the
    layers named. every: updates between two such corrections, counted anew in each chunk. kind: `rms`, the root mean
    square that the released code computes and that never reaches these limits, or `l2`, which was probably meant.

    Raises ZooError for another kind, a layer that the network does not have, or a number that is not above 0.
    """

    def __init__(self, layers: Mapping[str, nn.Module], every: int, kind: Kind, **limits: float):
        if kind not in ("rms", "l2"):
            raise ZooError(f"architecture.norm_constraint.kind={kind} is unknown: choose rms or l2.")
        if unknown := sorted(set(limits) - set(layers)):
            raise ZooError(
                f"architecture.norm_constraint limits {unknown[0]}; the dense layers are {', '.join(layers)}."
            )
        if min(every, *limits.values()) <= 0:
            raise ZooError("architecture.norm_constraint has a value that is not above 0: set every and all limits.")
        self.every, self.kind = every, kind
        self.limits = [(layers[name].linear, limit) for name, limit in limits.items()]

    def after(self, step: int) -> None:
        """Correct the weights if this update, counted from 1, is one that asks for it."""
        counted = (step - 1) % CHUNK + 1
        if counted % self.every == 0:
            for linear, limit in self.limits:
                constrain(linear.weight, limit, self.kind)


@torch.no_grad()
def constrain(weight: Float[Tensor, "unit input"], limit: float, kind: Kind) -> None:
    """Scale the inputs of each unit by min(limit / norm, 1), in place."""
    weight *= (limit / norms(weight, kind)).clamp(max=1)[:, None]


def norms(weight: Float[Tensor, "unit input"], kind: Kind) -> Float[Tensor, " unit"]:
    """The norm of what each unit takes from all its inputs."""
    return weight.norm(dim=1) / (weight.shape[1] ** 0.5 if kind == "rms" else 1)
