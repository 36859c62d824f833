"""How far the weights of each layer spread, pass by pass: shows layers that run away or die."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

Trace = dict[str, Any]
"""After one pass over the data: `step`, `stage`, and `std`, a table of standard deviations by parameter."""


@torch.no_grad()
def spreads(model: nn.Module) -> dict[str, float]:
    """The standard deviation of each parameter's values; one value alone has none."""
    return {name: p.float().std(correction=0).item() for name, p in model.named_parameters() if p.numel() > 1}


def rows(traces: list[Trace]) -> list[Mapping[str, Any]]:
    """One row per pass and parameter, for a table."""
    return [
        {"step": one["step"], "stage": one["stage"], "parameter": name, "std": std}
        for one in traces
        for name, std in one["std"].items()
    ]
