"""Gradient descent with Nesterov momentum whose velocity holds the rate, as Theano's recipes of 2014 had it."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import SGD


class Nesterov(SGD):
    """v ← m·v − r·g, then w ← w + m·v − r·g, with the gradient g at w, rate r and momentum m (spec D13).

    torch's SGD keeps v/−r instead. As long as the rate is constant both are the same; when it changes, torch's next
    steps would carry the old velocity at the new rate, here its buffers are rescaled by old/new.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Rescale the velocities whose rate has changed, then step as SGD does."""
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                if state.get("momentum_buffer") is not None and state.get("lr", group["lr"]) != group["lr"]:
                    state["momentum_buffer"] *= state["lr"] / group["lr"]
        result = super().step(closure)
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter]["lr"] = group["lr"]
        return result
