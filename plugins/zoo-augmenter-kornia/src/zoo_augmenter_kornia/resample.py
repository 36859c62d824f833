"""One bilinear resampling of images along affine matrices, straight from their own pixels.

Only the four neighbours of each output pixel are read and converted, so a uint8 image is never copied as float. Against
`grid_sample` from a float copy of the frame this is several times faster on a CPU (benchmarks/bench_input.py), and its
coordinates keep the matrices' precision.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float, Shaped
from torch import Tensor


def reflected(position: Float[Tensor, "galaxy 2 point"], last: Float[Tensor, "2 1"]) -> Float[Tensor, "galaxy 2 point"]:
    """Positions mirrored at the first and last pixel centres, which are not repeated, as often as needed (B9)."""
    period = 2 * last
    return (position - period * (position / period).round()).abs()


def clamped(position: Float[Tensor, "galaxy 2 point"], last: Float[Tensor, "2 1"]) -> Float[Tensor, "galaxy 2 point"]:
    """Positions held at the first and last pixel centres: Keras' and SciPy's border `nearest` (G16)."""
    return position.clamp(min=0).minimum(last)


def resample(
    images: Shaped[Tensor, "galaxy band height width"],
    matrices: Float[Tensor, "view galaxy 3 3"],
    size: int,
    points: Float[Tensor, "xy point"] | None = None,
    border: Callable[[Tensor, Tensor], Tensor] = reflected,
) -> Float[Tensor, "view galaxy band {size} {size}"]:
    """The images' values, interpolated, where the matrices put the pixels of views of this size.

    Images of at least 2×2 pixels, in any memory order; beyond their border they are mirrored (spec B8, B9), or as the
    function `border` says, which brings positions into the image. Values keep their range; float64 images give float64,
    all others float32. points: where the pixels of a view lie, row by row, before the matrices act; None is the usual
    grid.
    """
    bands, height, width = images.shape[1:]
    last = matrices.new_tensor([width - 1, height - 1])[:, None]
    where = matrices.transpose(0, 1)
    position = border(positions(where, size) if points is None else moved(where, points.to(where)), last)
    before = position.floor().minimum(last - 1)
    x, y = before.unbind(1)
    upper_left = (y * width + x).long()[:, None].expand(-1, bands, -1)

    pixels, dtype = images.flatten(2), torch.promote_types(images.dtype, torch.float32)
    to_right, down = (position - before).to(dtype)[:, :, None].unbind(1)

    def row(first: int) -> Float[Tensor, "galaxy band point"]:
        left, right = (pixels[..., offset:].gather(2, upper_left).to(dtype) for offset in (first, first + 1))
        return torch.lerp(left, right, to_right)

    interpolated = torch.lerp(row(0), row(width), down)
    return interpolated.unflatten(2, (len(matrices), size, size)).permute(2, 0, 1, 3, 4)


def positions(matrices: Float[Tensor, "galaxy view 3 3"], size: int) -> Float[Tensor, "galaxy 2 point"]:
    """Where the pixels of the views lie in the image, x and y: row by row, view by view."""
    pixel = torch.arange(size, dtype=matrices.dtype, device=matrices.device)
    along, down, start = matrices[:, :, :2, :, None].transpose(1, 2).unbind(3)
    return ((along * pixel + start)[..., None, :] + (down * pixel)[..., :, None]).flatten(2)


def moved(matrices: Float[Tensor, "galaxy view 3 3"], points: Float[Tensor, "xy point"]) -> Float[Tensor, "galaxy 2 _"]:
    """Where these points of the views lie in the image, x and y: view by view."""
    return (matrices[:, :, :2, :2] @ points + matrices[:, :, :2, 2:]).transpose(1, 2).flatten(2)
