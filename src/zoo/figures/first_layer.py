"""The filters of the first convolution, each as a small picture of the pattern that it answers to most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from torch import nn

from zoo import sheet, style
from zoo.drawing import Drawing
from zoo.errors import Incompatible
from zoo.model import GalaxyModel

COLUMNS = 8


def draw(model: GalaxyModel, filters: int) -> Drawing:
    """Draw the filters, grey where a weight is zero, each with its norm. Raises Incompatible without a convolution."""
    weights = first_convolution(model)
    shown = weights[:filters]
    captions = [f"{k}   |w| {np.linalg.norm(w):.2g}" for k, w in enumerate(shown)]
    name, size = type(model.backbone).__name__, "×".join(map(str, weights.shape[1:]))
    title = f"{name}: {len(shown)} of {len(weights)} filters of {size}; grey: zero"
    group = sheet.Group([as_picture(w) for w in shown], captions)
    return Drawing(sheet.drawn([group], COLUMNS, title), table(weights))


def first_convolution(model: GalaxyModel) -> Float[np.ndarray, "filter band row column"]:
    """The weights of the first convolution over images."""
    found = next((m for m in model.backbone.modules() if isinstance(m, nn.Conv2d)), None)
    if found is None:
        raise Incompatible(
            f"{type(model.backbone).__name__} has no convolution over images: its filters are no pictures."
        )
    return found.weight.detach().float().cpu().numpy()


def as_picture(weights: Float[np.ndarray, "band row column"]) -> Float[np.ndarray, "row column rgb"]:
    """Weights around middle grey, the largest of a filter at full brightness; other than three bands as their mean."""
    if len(weights) != 3:
        mean = weights.mean(0) / max(abs(weights.mean(0)).max(), 1e-12)
        import matplotlib

        return matplotlib.colormaps[style.SIGNED]((mean + 1) / 2)[..., :3]
    return np.moveaxis(0.5 + 0.5 * weights / max(abs(weights).max(), 1e-12), 0, -1)


def table(weights: Float[np.ndarray, "filter band row column"]) -> pd.DataFrame:
    """One row per weight."""
    places = np.indices(weights.shape).reshape(4, -1)
    columns = dict(zip(("filter", "band", "row", "column"), places, strict=True))
    return pd.DataFrame({**columns, "weight": weights.ravel()})
