"""What is done to the values of a view once it is warped, as a pure function of what was drawn."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


def gamma(
    views: Float[Tensor, "view galaxy band size size"], exponent: Float[Tensor, " galaxy"]
) -> Float[Tensor, "view galaxy band size size"]:
    """Values from 0 to 1 raised to each galaxy's exponent: below 1 brings out what is faint."""
    return views ** exponent.to(views)[:, None, None, None]


def noise(
    seed: Float[Tensor, " galaxy"], views: int, bands: int, size: int
) -> Float[Tensor, "view galaxy {bands} {size} {size}"]:
    """Standard normal numbers, a function of each galaxy's seed in [0, 1) alone: the same on every device.

    The counter-based generator is keyed by the seed; views=1 serves all views.
    """
    shape = (views, bands, size, size)
    keys = (seed.double().cpu() * 2**53).long().tolist()
    grains = [np.random.Generator(np.random.Philox(key=key)).standard_normal(shape, np.float32) for key in keys]
    return torch.from_numpy(np.stack(grains, axis=1) if grains else np.empty((views, 0, bands, size, size), np.float32))
