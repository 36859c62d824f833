"""The layers of a model, from the views to the answers: shapes, parameters, and the work for one galaxy."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from zoo import style
from zoo.drawing import Drawing
from zoo.model import GalaxyModel

OPERATIONS = 2e6
"""Of floating point in a million multiplications with addition."""


def draw(model: GalaxyModel) -> Drawing:
    """Draw a bar per layer for parameters and for the work of a forward pass; the table ends with `total`."""
    numbers = count(model)
    return Drawing(_picture(model, numbers), numbers)


@torch.no_grad()
def count(model: GalaxyModel) -> pd.DataFrame:
    """Per layer: the shape of its output for one galaxy, parameters, and MMAC, a million multiplications with addition.

    Counted as torch counts operations: matrix products, convolutions and attention. `(rest)` is what lies in no layer.
    """
    layers = [*model.backbone.layers(), ("head", model.head)]
    rows = [{"layer": name, "shape": "", "parameters": parameters(layer), "MMAC": 0} for name, layer in layers]
    counter, hooks = FlopCounterMode(display=False), []
    for row, (_, layer) in zip(rows, layers, strict=True):
        hooks += _watch(layer, row, counter)
    size, weight = model.augmenter.view_size, next(model.parameters())
    views = torch.zeros(model.augmenter.num_views, 1, bands(model), size, size, device=weight.device)
    training = model.training
    model.eval()
    with counter:
        model.head(model.backbone(views))
    model.train(training)
    for hook in hooks:
        hook.remove()
    total = {"parameters": parameters(model), "MMAC": counter.get_total_flops()}
    rest = {key: total[key] - sum(row[key] for row in rows) for key in total}
    rows += [{"layer": "(rest)", "shape": "", **rest}] if any(rest.values()) else []
    table = pd.DataFrame([*rows, {"layer": "total", "shape": "", **total}])
    return table.assign(MMAC=table["MMAC"] / OPERATIONS)


def parameters(module: nn.Module) -> int:
    """The number of values that can be trained."""
    return sum(parameter.numel() for parameter in module.parameters())


def bands(model: GalaxyModel) -> int:
    """The bands of the images that the backbone takes, as its first convolution says; 3 where it has none."""
    return next((m.in_channels for m in model.backbone.modules() if isinstance(m, nn.Conv2d)), 3)


def _watch(layer: nn.Module, row: dict[str, Any], counter: FlopCounterMode) -> list[Any]:
    """Note what a layer gives and what it costs, over all its calls."""

    def before(*_: Any) -> None:
        row["MMAC"] -= counter.get_total_flops()

    def after(module: nn.Module, given: Any, output: Any) -> None:
        row["MMAC"] += counter.get_total_flops()
        if isinstance(output, Tensor):
            row["shape"] = "×".join(map(str, output.shape[1:] if len(output) == 1 else output.shape))

    return [layer.register_forward_pre_hook(before), layer.register_forward_hook(after)]


def _picture(model: GalaxyModel, numbers: pd.DataFrame) -> Figure:
    layers, total = numbers.iloc[:-1], numbers.iloc[-1]
    picture = Figure(figsize=(style.WIDTH, 1.1 + 0.27 * len(layers)), layout="constrained")
    left, right = picture.subplots(1, 2, sharey=True)
    names = [f"{name}   {shape}".strip() for name, shape in zip(layers["layer"], layers["shape"], strict=True)]
    quantities = ((left, "parameters", "parameters", "{:,.0f}"), (right, "MMAC", "million multiplications", "{:,.1f}"))
    for axes, key, label, form in quantities:
        bars = axes.barh(range(len(layers)), layers[key], color=style.BLUE if axes is left else style.AMBER, height=0.7)
        axes.bar_label(bars, [form.format(value) for value in layers[key]], padding=3, fontsize=7.5)
        axes.set(xlabel=label, xlim=(0, 1.35 * max(layers[key].max(), 1e-9)))
        axes.locator_params(axis="x", nbins=4)
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    left.set_yticks(range(len(layers)), names)
    left.invert_yaxis()
    title = f"{type(model.backbone).__name__} with {type(model.head).__name__}: {total['parameters']:,} parameters"
    picture.suptitle(f"{title}, {total['MMAC']:,.1f} million multiplications a galaxy", fontsize=9.5)
    return picture
