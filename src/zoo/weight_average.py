"""The exponential moving average of a model's weights along a stage, which scores better than the last step's."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

EARLY = 10
"""Steps by which the average lags at most at its beginning: it forgets the first weights quickly."""


class WeightAverage:
    """The average of the trained weights, by name (Polyak & Juditsky 1992; with the warm-up of Tan & Le 2019).

    decay: what is left of it after a step, 0.999 for the last thousand. known: the average so far, when a training goes
    on; else it begins with the weights as they are.
    """

    def __init__(self, model: nn.Module, decay: float, known: Mapping[str, Tensor] | None = None):
        self.model, self.decay = model, decay
        self.weights = {
            name: (known[name] if known else parameter.detach()).to(parameter.device, copy=True)
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after the step-th update of the stage."""
        share = 1 - min(self.decay, (1 + step) / (EARLY + step))
        current = self.current()
        torch._foreach_lerp_([self.weights[name] for name in current], list(current.values()), share)

    def current(self) -> dict[str, nn.Parameter]:
        """The weights of the last step; the average follows them to their device."""
        parameters = dict(self.model.named_parameters())
        self.weights = {name: weight.to(parameters[name].device) for name, weight in self.weights.items()}
        return {name: parameters[name] for name in self.weights}

    @torch.no_grad()
    def exchange(self) -> None:
        """Exchange the average and the weights of the model."""
        for name, parameter in self.current().items():
            parameter.data, self.weights[name] = self.weights[name], parameter.data
