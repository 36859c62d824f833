"""The layers of the 2014 networks: convolutions with a bias per pixel, and dense layers that end in a maximum."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import ZooError
from zoo_architecture_gz_convnet.pooling import Pool, StochasticPool


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
    """The maximum of each pair of neighbouring units or maps (Goodfellow et al. 2013; spec D5)."""

    def forward(self, units: Float[Tensor, "row unit *pixel"]) -> Float[Tensor, "row unit//2 *pixel"]:
        """Half as many units."""
        return units.unflatten(1, (-1, 2)).amax(2)


ACTIVATIONS: dict[str, tuple[Callable[[], nn.Module], int]] = {"maxout2": (Maxout, 2), "relu": (nn.ReLU, 1)}
"""What a layer may end in, and how many of its units, or maps, make one."""


def convolution(
    in_channels: int, channels: int, kernel: int, stride: int, size: int, untied_bias: bool, act: str, pool: Pool | None
) -> nn.Sequential:
    """A convolution to maps of `size` pixels, their biases, the pooling where asked, and `act`.

    The maximum comes before `act`: both orders give the same numbers, this one a quarter of the traffic. Raises
    ZooError for an activation that is none of ACTIVATIONS, or an odd number of channels for maxout2.
    """
    if act not in ACTIVATIONS or channels < 1 or channels % ACTIVATIONS[act][1]:
        raise ZooError(
            f"architecture.conv_channels has {channels} maps for conv_act={act}: choose conv_act="
            f"{' or '.join(ACTIVATIONS)}, and even numbers of channels for maxout2."
        )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["convolve"] = nn.Conv2d(in_channels, channels, kernel, stride, bias=not untied_bias)
    if untied_bias:
        layers["bias"] = UntiedBias(channels, size)
    if pool and pool.kind == "max":
        layers["pool"] = nn.MaxPool2d(pool.size, pool.stride, ceil_mode=True)
    layers[act] = ACTIVATIONS[act][0]()
    if pool and pool.kind == "stochastic":
        layers["pool"] = StochasticPool(pool)
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
    """The number of features, or maps, that a layer gives."""
    return units // ACTIVATIONS[act][1]
