"""The layers of a model, from the views to the answers: shapes, parameters, work for one galaxy, what stages train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from zoo.stages import Stage, read, trained_modules

OPERATIONS = 2e6
"""Of floating point in a million multiplications with addition."""


def draw(model: GalaxyModel, num_bands: int, stages: Sequence[Mapping[str, Any]] | None = None) -> Drawing:
    """Draw a bar per layer for parameters and for the work of a forward pass; the table ends with `total`.

    num_bands: of the images that the model takes. stages: those of a training; the picture then shows what each one
    trains, and the table how many parameters, as `stage_<number>_<name>`. Raises Incompatible for a stage that trains
    from a layer on that is not there.
    """
    numbers = count(model, num_bands)
    for number, stage in enumerate(read(stages) if stages else (), start=1):
        numbers[f"stage_{number}_{stage.name}"] = numbers["layer"].map(trained(model, stage))
    return Drawing(_picture(model, numbers), numbers)


@torch.no_grad()
def count(model: GalaxyModel, num_bands: int = 3) -> pd.DataFrame:
    """Per layer: the shape of its output for one galaxy, parameters, and MMAC, a million multiplications with addition.

    Counted as torch counts operations: matrix products, convolutions and attention. `(rest)` is what lies in no layer.
    """
    layers = [*model.backbone.layers(), ("head", model.head)]
    rows = [{"layer": name, "shape": "", "parameters": parameters(layer), "MMAC": 0} for name, layer in layers]
    counter, hooks = FlopCounterMode(display=False), []
    for row, (_, layer) in zip(rows, layers, strict=True):
        hooks += _watch(layer, row, counter)
    size, weight = model.augmenter.view_size, next(model.parameters())
    views = torch.zeros(model.augmenter.num_views, 1, num_bands, size, size, device=weight.device)
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


def trained(model: GalaxyModel, stage: Stage) -> dict[str, int]:
    """How many parameters a stage trains: of each layer, of what lies in no layer, and in total."""
    chosen = {id(one) for module in trained_modules(stage.train, model) for one in module.parameters()}
    parts = [*model.backbone.layers(), ("head", model.head), ("total", model)]
    found = {name: sum(one.numel() for one in part.parameters() if id(one) in chosen) for name, part in parts}
    return {**found, "(rest)": 2 * found["total"] - sum(found.values())}


def parameters(module: nn.Module) -> int:
    """The number of values that can be trained."""
    return sum(parameter.numel() for parameter in module.parameters())


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
    stages = [name for name in numbers if str(name).startswith("stage_")]
    picture = Figure(figsize=(style.WIDTH, 1.1 + 0.27 * len(layers) + (0.3 if stages else 0)), layout="constrained")
    ratios = [4, 4, *([0.9 * len(stages)] if stages else [])]
    left, right, *more = picture.subplots(1, len(ratios), sharey=True, width_ratios=ratios)
    names = [f"{name}   {shape}".strip() for name, shape in zip(layers["layer"], layers["shape"], strict=True)]
    quantities = ((left, "parameters", "parameters", "{:,.0f}"), (right, "MMAC", "million multiplications", "{:,.1f}"))
    for axes, key, label, form in quantities:
        bars = axes.barh(range(len(layers)), layers[key], color=style.BLUE if axes is left else style.AMBER, height=0.7)
        axes.bar_label(bars, [form.format(value) for value in layers[key]], padding=3, fontsize=7.5)
        axes.set(xlabel=label, xlim=(0, 1.35 * max(layers[key].max(), 1e-9)))
        axes.locator_params(axis="x", nbins=4)
    left.xaxis.set_major_formatter(EngFormatter(sep=""))
    left.set_yticks(range(len(layers)), names)
    left.set_ylim(len(layers) - 0.4, -0.6)
    for axes in more:
        _stages(axes, numbers, stages)
    title = f"{type(model.backbone).__name__} with {type(model.head).__name__}: {total['parameters']:,} parameters"
    picture.suptitle(f"{title}, {total['MMAC']:,.1f} million multiplications a galaxy", fontsize=9.5)
    return picture


def _stages(axes: Any, numbers: pd.DataFrame, stages: list[str]) -> None:
    """A column per stage: a bar per layer, as full as the part of its parameters that is trained."""
    layers, total = numbers.iloc[:-1], numbers.iloc[-1]
    shares = layers[stages].div(layers["parameters"].where(layers["parameters"] > 0), axis=0)
    for place, name in enumerate(stages):
        for row, share in enumerate(shares[name].fillna(0)):
            axes.barh(row, 0.8, left=place - 0.4, height=0.7, color=style.PALE)
            axes.barh(row, 0.8 * share, left=place - 0.4, height=0.7, color=style.GREEN)
    told = [f"{name.split('_', 2)[2]}\n{EngFormatter(sep='')(float(f'{total[name]:.4g}'))}" for name in stages]
    axes.set_xticks(range(len(stages)), told, fontsize=6.5)
    axes.set_xlabel("trained by stage")
