"""What an architecture must do: views in, one vector of features per galaxy out."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from zoo.architecture import Backbone
from zoo.part_class import TOLD
from zoo.testing.check import check
from zoo.testing.module import ModuleConformance, close, gap, outputs


class ArchitectureConformance(ModuleConformance):
    """The checks of an architecture.

    view_sizes, view_counts: heights of square views and numbers of views that it can take. num_bands: bands of most
    checks; more_bands: another number, tried where the constructor has an argument `num_bands`.
    exports: whether it claims to work with torch.export.
    """

    group = "architecture"
    told = TOLD["architecture"]
    view_sizes: ClassVar[tuple[int, ...]] = (32, 45, 64)
    view_counts: ClassVar[tuple[int, ...]] = (1, 2)
    num_bands: ClassVar[int] = 3
    more_bands: ClassVar[int] = 5
    exports: ClassVar[bool] = False

    def module(self) -> Backbone:
        """The backbone for images of `num_bands`."""
        return self.build(num_bands=self.num_bands)

    def inputs(self, module: nn.Module, n: int) -> Tensor:
        """Views of the first size and the largest count."""
        return self.views(max(self.view_counts), n, self.num_bands, self.view_sizes[0])

    def objective(self, module: nn.Module, outputs: Tensor) -> Tensor:
        """The squared distance of a fixed linear readout from fixed targets; skips where features are no rows."""
        rows_of(outputs)
        random = torch.Generator().manual_seed(1)
        readout = torch.randn(outputs.shape[1], 3, generator=random).to(outputs) / outputs.shape[1] ** 0.5
        return (outputs @ readout - torch.randn(len(outputs), 3, generator=random).to(outputs)).square().mean()

    def galaxies(self, inputs: Tensor, index: Any) -> Tensor:
        """The views of some galaxies."""
        return inputs[:, index]

    def views(self, num_views: int, n: int, num_bands: int, size: int) -> Tensor:
        """Noise in [0, 1], different in each view of each galaxy."""
        return torch.rand(num_views, n, num_bands, size, size, generator=torch.Generator().manual_seed(size))

    @check(
        why="zoo hands over views as [view galaxy band height width] and expects [galaxy feature]",
        fix="return one row per galaxy, whatever their number and that of the views; view_sizes and view_counts "
        "of the test say what it can take",
    )
    def test_shapes(self) -> None:
        backbone = self.rested()
        for size in self.view_sizes:
            for num_views in self.view_counts:
                for n in (1, 3):
                    found = outputs(backbone, self.views(num_views, n, self.num_bands, size))
                    told = f"{num_views} views of {size} pixels of {n} galaxies"
                    assert found.ndim == 2 and len(found) == n, f"{told} give {tuple(found.shape)}"
                    assert found.isfinite().all(), f"{told} give features that are not finite"

    @check(
        why="a head is built from num_features before any image is seen",
        fix="set the integer num_features in __init__ to the length of the vector that forward returns",
    )
    def test_num_features_is_true(self) -> None:
        backbone = self.rested()
        stated = getattr(backbone, "num_features", None)
        found = rows_of(outputs(backbone, self.inputs(backbone, 1))).shape[1]
        assert type(stated) is int, f"num_features is {stated!r}"
        assert stated == found, f"num_features is {stated}, forward returns {found} features"

    @check(
        why="surveys have one to ten bands",
        fix="size the first layer by num_bands, or take the argument out where only three bands can work",
    )
    def test_bands(self) -> None:
        from zoo import build

        if "num_bands" not in inspect.signature(build.locate(self.group, self.name)).parameters:
            pytest.skip("its constructor has no argument num_bands")
        backbone = self.build(num_bands=self.more_bands).eval()
        views = self.views(max(self.view_counts), 2, self.more_bands, self.view_sizes[0])
        found = rows_of(outputs(backbone, views))
        if type(getattr(backbone, "num_features", None)) is not int:
            pytest.skip("the check num_features_is_true fails, which this one builds on")
        assert found.shape == (2, backbone.num_features), f"{self.more_bands} bands give {tuple(found.shape)}"
        views[:, :, -1] = 1 - views[:, :, -1]
        assert not torch.equal(outputs(backbone, views), found), "the last band does not reach the features"

    @check(
        why="convolutions are faster on tensors that keep bands last, so zoo may choose that layout",
        fix="reshape with flatten or reshape instead of view",
    )
    def test_channels_last(self) -> None:
        backbone = self.rested()
        inputs = self.inputs(backbone, 2)
        expected = outputs(backbone, inputs)
        views = inputs.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, inputs.shape[:2])
        found = outputs(backbone._apply(bands_last), views)
        assert close(found, expected, 1e-4), f"channels-last gives features that differ by {gap(found, expected):.2g}"

    @check(
        why="a stage freezes or trains layers by their place between image and features",
        fix="let layers() list (name, module) from the image to the features: unique names, every parameter in exactly "
        "one layer",
    )
    def test_layers_are_in_order(self) -> None:
        backbone = self.rested()
        layers = backbone.layers()
        names = [name for name, _ in layers]
        assert layers, "layers() is empty"
        assert all(isinstance(n, str) and isinstance(layer, nn.Module) for n, layer in layers), (
            "not all are (name, module)"
        )
        assert len(set(names)) == len(names), f"layers() names {sorted({n for n in names if names.count(n) > 1})} twice"
        held = [id(p) for _, layer in layers for p in layer.parameters()]
        own = {id(p): name for name, p in backbone.named_parameters()}
        assert set(held) <= own.keys(), "layers() has parameters that are not the backbone's"
        assert len(set(held)) == len(held), "two layers share a parameter"
        left_out = [own[key] for key in own.keys() - set(held)]
        assert not left_out, f"no layer has {', '.join(sorted(left_out)[:5])}"
        used = [name for name in self.order_of_use(backbone) if name in names]
        assert used == [name for name in names if name in used], f"forward uses the layers in the order {used}"

    def order_of_use(self, backbone: Backbone) -> list[str]:
        """Names of layers in the order in which forward first calls a module of theirs."""
        seen: dict[str, None] = {}
        for name, layer in backbone.layers():
            for module in layer.modules():
                module.register_forward_pre_hook(lambda *_, name=name: seen.setdefault(name))
        outputs(backbone, self.inputs(backbone, 1))
        return list(seen)

    @check(
        why="a model is handed to those who have no zoo as an exported program",
        fix="avoid control flow that depends on values, or take exports = True out of the test",
    )
    def test_exports(self) -> None:
        if not self.exports:
            pytest.skip("it does not claim to export (exports = True)")
        backbone = self.rested()
        inputs = self.inputs(backbone, 2)
        program = torch.export.export(backbone, (inputs,))
        found, expected = outputs(program.module(), inputs), outputs(backbone, inputs)
        assert close(found, expected), f"the exported program differs by {gap(found, expected):.2g}"


def rows_of(features: Tensor) -> Tensor:
    """The features; skips where they are not [galaxy feature], for `shapes` is the check that says so."""
    if features.ndim != 2:
        pytest.skip(
            f"the check shapes fails, which this one builds on: features have the shape {tuple(features.shape)}"
        )
    return features


def bands_last(weights: Tensor) -> Tensor:
    """The weights of a convolution in the layout that keeps bands last; all others, of five axes too, as they are."""
    return weights.contiguous(memory_format=torch.channels_last) if weights.ndim == 4 else weights
