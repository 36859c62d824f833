"""The saved state of an unfinished training: all that it needs to go on exactly, as plain types and tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from zoo.lit import LitModel


class Place(NamedTuple):
    """Where a training stands: its stage, the step at which that began, and the average of the weights there."""

    stage: int = 0
    first: int = 0
    average: Mapping[str, Tensor] | None = None


def state(lit: LitModel) -> dict[str, Any]:
    """The state of a training as it is now."""
    return {
        "format": 1,
        "stage": lit.stage_index,
        "first": lit.first,
        "step": lit.step,
        "model": lit.model.state_dict(),
        "momentum": lit.kept_momentum(),
        "average": lit.average.weights if lit.average is not None else {},
        "history": lit.history,
        "traces": lit.traces,
        "loss": [lit.loss_sum, lit.loss_count],
    }


def restore(lit: LitModel, state: Mapping[str, Any]) -> Place:
    """Put a training back into a state; some that were saved by earlier versions have no average and no traces."""
    lit.step = state["step"]
    lit.model.load_state_dict(state["model"])
    lit.momentum, lit.history = state["momentum"], state["history"]
    lit.traces = state.get("traces", [])
    lit.loss_sum, lit.loss_count = state["loss"]
    return Place(state["stage"], state["first"], state.get("average"))
