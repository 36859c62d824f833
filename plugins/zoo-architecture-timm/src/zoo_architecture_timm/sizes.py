"""Which sizes of images a network takes: found by trying it on tensors without memory."""

import copy

import torch
from torch import nn


def shadow(net: nn.Module) -> nn.Module:
    """A copy of the network without memory, in which only shapes are computed."""
    return copy.deepcopy(net).to("meta").eval()


@torch.no_grad()
def accepts(shadow: nn.Module, bands: int, height: int, width: int) -> bool:
    """Whether the network has features for one image of this size."""
    try:
        shadow(torch.empty(1, bands, height, width, device="meta"))
    except (AssertionError, RuntimeError):
        return False
    return True


def smallest(shadow: nn.Module, bands: int, refused: int, accepted: int) -> int:
    """The least size of square images that the network takes, above one it refuses, up to one it accepts."""
    while accepted - refused > 1:
        middle = (refused + accepted) // 2
        refused, accepted = (refused, middle) if accepts(shadow, bands, middle, middle) else (middle, accepted)
    return accepted


def advice(shadow: nn.Module, bands: int, height: int, width: int) -> str:
    """What the network, which refuses images of this size, takes instead."""
    own = shadow.pretrained_cfg["input_size"][-1]
    least = smallest(shadow, bands, min(height, width, own - 1), own)
    more = "or more" if accepts(shadow, bands, least + 1, least + 1) else "only"
    return f"takes views of {least} pixels {more}, these have {height}×{width}"
