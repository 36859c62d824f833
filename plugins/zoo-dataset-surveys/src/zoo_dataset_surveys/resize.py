"""Planes brought to a size, bilinearly."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Num


def corrected(plane: Num[np.ndarray, "height width"], size: int) -> Float[np.ndarray, "{size} {size}"]:
    """Bilinear; the border is repeated, and what is made smaller is averaged first. A constant stays constant."""
    import torch

    image = torch.from_numpy(np.ascontiguousarray(plane, np.float64))[None, None]
    return torch.nn.functional.interpolate(image, (size, size), mode="bilinear", antialias=True)[0, 0].numpy()


def as_coded(plane: Num[np.ndarray, "height width"], size: int) -> Float[np.ndarray, "{size} {size}"]:
    """Bilinear as skimage before 0.15 did it (spec G10, G13): zeros beyond the border, no averaging.

    Pixels at the border of an enlarged plane are drawn towards zero, but not beyond the range of the plane; one that is
    not square is made square.
    """
    from scipy.ndimage import zoom

    factors = [size / side for side in plane.shape]
    made = zoom(plane.astype(np.float64), factors, order=1, mode="grid-constant", grid_mode=True, cval=0)
    return np.clip(made, plane.min(), plane.max())
