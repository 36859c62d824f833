"""The layers of the 2014 networks: convolutions with a bias per pixel, and dense layers that end in a maximum."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import ZooError


class UntiedBias(nn.Module):
    """Adds a bias of its own to each pixel and channel, shared by all parts (spec D2).

    The biases lie in memory as channels-last maps do, which makes their gradient one contiguous sum (sixteen times
    faster than across), and take the maps' type, which keeps bfloat16 maps from being up-cast.
    """

    def __init__(self, channels: int, size: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size, size, channels))

    def forward(self, maps: Float[Tensor, "part channel row column"]) -> Float[Tensor, "part channel row column"]:
        """The maps plus the biases."""
        return (maps.permute(0, 2, 3, 1) + self.bias.to(maps.dtype)).permute(0, 3, 1, 2)


class Maxout(nn.Module):
    """The maximum of each pair of neighbouring units (Goodfellow et al. 2013; spec D5)."""

    def forward(self, units: Float[Tensor, "row unit"]) -> Float[Tensor, "row unit//2"]:
        """Half as many units."""
        return units.unflatten(1, (-1, 2)).amax(-1)


ACTIVATIONS: dict[str, tuple[Callable[[], nn.Module], int]] = {"maxout2": (Maxout, 2), "relu": (nn.ReLU, 1)}
"""What a dense layer may end in, and how many of its units make one feature."""


def convolution(
    in_channels: int, channels: int, kernel: int, size: int, untied_bias: bool, pool: bool
) -> nn.Sequential:
    """A convolution to maps of `size` pixels, their biases, a 2×2 maximum where asked, and ReLU.

    The maximum comes before ReLU: both orders give the same numbers, this one a quarter of the traffic. Odd maps keep
    their border (spec D3).
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["convolve"] = nn.Conv2d(in_channels, channels, kernel, bias=not untied_bias)
    if untied_bias:
        layers["bias"] = UntiedBias(channels, size)
    if pool:
        layers["pool"] = nn.MaxPool2d(2, ceil_mode=True)
    layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)


def dense(in_features: int, units: int, act: str, dropout: float) -> nn.Sequential:
    """Dropout of the input, a linear layer of `units`, and `act`: see ACTIVATIONS. Raises ZooError for another one."""
    if act not in ACTIVATIONS or units < 1 or units % ACTIVATIONS[act][1]:
        raise ZooError(
            f"architecture.dense asks for {units} units with act={act}: choose act={' or '.join(ACTIVATIONS)}, and an "
            "even number of units for maxout2."
        )
    layers = {"dropout": nn.Dropout(dropout), "linear": nn.Linear(in_features, units), "act": ACTIVATIONS[act][0]()}
    return nn.Sequential(OrderedDict(layers))


def width(units: int, act: str) -> int:
    """The number of features that a dense layer gives."""
    return units // ACTIVATIONS[act][1]
