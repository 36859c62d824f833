"""Pooling: the maximum of each block of pixels, or one of them drawn by chance."""

from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import ZooError

Kind = Literal["max", "stochastic"]


class Pool(NamedTuple):
    """Blocks of `size` pixels, `stride` pixels apart, of which one number remains; maps keep their border (spec D3)."""

    kind: Kind
    size: int
    stride: int

    def of(self, size: int) -> int:
        """The size of the maps behind it. Raises ZooError for maps before it that are too small."""
        if size <= self.size - self.stride:
            raise ZooError(
                f"Pooling blocks of {self.size} pixels, {self.stride} apart, find maps of {size}: choose a smaller "
                "architecture.pool_size, or fewer conv_pool_after."
            )
        return -(-max(size - self.size, 0) // self.stride) + 1


class StochasticPool(nn.Module):
    """Draws one pixel of each block with a chance proportional to its value (Zeiler & Fergus 2013).

    At evaluation the mean under the same chances takes its place. Maps must not be negative; a block of zeros gives 0.
    """

    def __init__(self, pool: Pool):
        super().__init__()
        self.pool = pool

    def forward(self, maps: Float[Tensor, "part channel row column"]) -> Float[Tensor, "part channel row2 column2"]:
        """Smaller maps."""
        _, size, stride = self.pool
        beyond = [(self.pool.of(n) - 1) * stride + size - n for n in maps.shape[-2:]]
        padded = nn.functional.pad(maps, (0, max(beyond[1], 0), 0, max(beyond[0], 0)))  # zeros have no chance
        blocks = padded.unfold(2, size, stride).unfold(3, size, stride).flatten(4)
        total = blocks.sum(-1, keepdim=True)
        if not self.training:
            return (blocks * blocks).sum(-1) / total.squeeze(-1).clamp(min=torch.finfo(total.dtype).tiny)
        with torch.no_grad():
            levels = blocks.float().cumsum(-1)
            drawn = torch.rand_like(levels[..., :1]) * levels[..., -1:]
            chosen = (levels <= drawn).sum(-1, keepdim=True).clamp(max=blocks.shape[-1] - 1)
        return blocks.gather(-1, chosen).squeeze(-1)


def check(kind: str, size: int, stride: int, act: str) -> None:
    """Raise ZooError for an unknown kind, or blocks that do not move or between which pixels are lost."""
    if kind not in ("max", "stochastic"):
        raise ZooError(f"architecture.pool_kind={kind} is unknown: choose max or stochastic.")
    if kind == "stochastic" and act != "relu":
        raise ZooError(f"architecture.conv_act={act} gives negative maps, which no chance can be: set pool_kind=max.")
    if not 1 <= stride <= size:
        raise ZooError(
            f"architecture.pool_stride={stride} does not fit pool_size={size}: take 1 to {size}, else blocks would "
            "stand still, or pixels between them be lost."
        )
