"""How long the columns of the dense layers are: what a limit of the norm constraint is chosen by (spec D8).

A column holds the weights of one unit. The released code of 2014 limits their root mean square, 0.4 and 0.23, which no
column ever comes near; as L2 norms the same numbers would bind.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import nn

from zoo import style
from zoo.drawing import Drawing
from zoo.errors import Incompatible
from zoo.model import GalaxyModel

KINDS = {"rms": "root mean square", "l2": "L2 norm"}
BINS = 60


def draw(model: GalaxyModel, limits: Mapping[str, float]) -> Drawing:
    """Draw two histograms per dense layer, with the limit of the layer as a line; the table has a row per column.

    Raises Incompatible for a network without dense layers.
    """
    layers = dense(model)
    if not layers:
        raise Incompatible(f"{type(model.backbone).__name__} has no dense layers: choose a run of the 16-part network.")
    numbers = pd.concat([norms(name, layer) for name, layer in layers.items()], ignore_index=True)
    return Drawing(_picture(numbers, limits), numbers)


def dense(model: GalaxyModel) -> dict[str, nn.Linear]:
    """The linear layers of the backbone, by the names of the layers that hold them."""
    return {
        name: linear
        for name, layer in model.backbone.layers()
        for linear in layer.modules()
        if isinstance(linear, nn.Linear)
    }


@torch.no_grad()
def norms(name: str, layer: nn.Linear) -> pd.DataFrame:
    """One row per unit: the root mean square and the L2 norm of its weights, without the bias."""
    l2 = layer.weight.float().norm(dim=1).cpu().numpy()
    return pd.DataFrame({"layer": name, "unit": range(len(l2)), "rms": l2 / layer.in_features**0.5, "l2": l2})


def _picture(numbers: pd.DataFrame, limits: Mapping[str, float]) -> Figure:
    layers = list(dict.fromkeys(numbers["layer"]))
    picture = Figure(figsize=(style.WIDTH, 0.4 + 1.9 * len(layers)), layout="constrained")
    for row, name in zip(picture.subplots(len(layers), 2, squeeze=False), layers, strict=True):
        own = numbers[numbers["layer"] == name]
        for axes, (kind, words) in zip(row, KINDS.items(), strict=True):
            limit = limits.get(name)
            axes.hist(own[kind], BINS, range=(0, 1.08 * max(own[kind].max(), limit or 0)), color=style.BLUE)
            if limit:
                axes.axvline(limit, color=style.VERMILION, lw=1.4)
                beyond = int((own[kind] > limit).sum())
                axes.set_title(f"{name}: {beyond} of {len(own)} beyond {limit:g}")
            else:
                axes.set_title(name)
            axes.set(xlabel=words, ylabel="columns")
            axes.set_xlim(left=0)
    return picture
