"""The 16-part convolutional network of the Galaxy Zoo challenge, and by its arguments all seventeen variants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.architecture import PartsBackbone
from zoo.errors import Incompatible, ZooError
from zoo_architecture_gz_convnet import arguments, layers, parts, pooling, weights
from zoo_architecture_gz_convnet.norm_constraint import Kind, NormConstraint

PARTS_AT_ONCE = 128
"""Parts that a CPU looks at together in prediction: the first maps of more would spill its cache."""


class Dense(TypedDict):
    """A dense layer: its linear units, and `maxout2` (the maximum of each pair of them) or `relu`."""

    units: int
    act: Literal["maxout2", "relu"]


class Limits(TypedDict):
    """The largest column norms of dense layers, how often they are enforced, and which norm is meant."""

    dense1: float
    dense2: NotRequired[float]
    every: int
    kind: Kind


class GZConvNet(PartsBackbone):
    """Sixteen parts of a galaxy through the same convolutions, merged and read by dense layers (Dieleman et al. 2015).

    num_views: views per galaxy, the second turned by 45°. part_size: pixels of a part. conv_kernels, conv_channels: one
    number per convolution. conv_act: `relu`, or `maxout2`, which halves the channels. conv_first_stride: pixels from
    one window of the first convolution to the next. conv_pool_after: the convolutions, counted from 1, that pooling
    follows: of blocks of pool_size pixels that lie pool_stride apart the maximum (pool_kind `max`), or a pixel drawn by
    chance (`stochastic`). conv_untied_bias: a bias per pixel, else one per
    channel. shared_dense: linear units of a maxout layer that reads each part before the merging, or None. dense: the
    layers behind it. input_dropout: probability with which an input of a dense layer is dropped in training.
    norm_constraint: limits of the dense layers' column norms, or None. init: `he`, or `published`, which alone uses
    conv_weight_std.

    Raises ZooError for arguments that make no network.
    """

    def __init__(
        self,
        num_views: int,
        part_size: int,
        conv_kernels: Sequence[int],
        conv_channels: Sequence[int],
        conv_act: Literal["relu", "maxout2"],
        conv_first_stride: int,
        conv_pool_after: Sequence[int],
        pool_kind: pooling.Kind,
        pool_size: int,
        pool_stride: int,
        conv_untied_bias: bool,
        conv_weight_std: Sequence[float],
        shared_dense: int | None,
        dense: Sequence[Dense],
        input_dropout: float,
        norm_constraint: Limits | None,
        init: Literal["he", "published"],
        num_bands: int = 3,
    ) -> None:
        super().__init__()
        self.num_views, self.part_size = num_views, part_size
        check(conv_kernels, conv_channels, conv_weight_std, conv_first_stride, conv_pool_after, dense, init)
        pooling.check(pool_kind, pool_size, pool_stride, conv_act)
        self.convolutions = nn.Sequential()
        channels, size = num_bands, part_size
        for number, (kernel, maps) in enumerate(zip(conv_kernels, conv_channels, strict=True), start=1):
            stride = conv_first_stride if number == 1 else 1
            size = map_size(size, kernel, stride, number)
            pool = pooling.Pool(pool_kind, pool_size, pool_stride) if number in conv_pool_after else None
            layer = layers.convolution(channels, maps, kernel, stride, size, conv_untied_bias, conv_act, pool)
            self.convolutions.add_module(f"conv{number}", layer)
            channels, size = layers.width(maps, conv_act), pool.of(size) if pool else size
        features = channels * size**2
        self.shared = nn.Sequential()
        if shared_dense is not None:
            self.shared.add_module("shared", layers.dense(features, shared_dense, "maxout2", input_dropout))
            features = layers.width(shared_dense, "maxout2")
        features *= parts.PARTS_PER_VIEW * num_views
        self.dense = nn.Sequential()
        for number, layer in enumerate(dense, start=1):
            self.dense.add_module(f"dense{number}", layers.dense(features, layer["units"], layer["act"], input_dropout))
            features = layers.width(layer["units"], layer["act"])
        self.num_features = features
        self.constraint = norm_constraint and NormConstraint(dict(self.dense.named_children()), **norm_constraint)
        self.initialise(init, conv_weight_std)

    def initialise(self, init: str, conv_weight_std: Sequence[float]) -> None:
        """Draw the first weights."""
        if init == "he":
            return weights.he(self)
        for layer, std in zip(self.convolutions, conv_weight_std, strict=True):
            weights.published(layer, std, weights.CONVOLUTION_BIAS)
        weights.published(self.shared, *weights.SHARED_DENSE)
        weights.published(self.dense, *weights.DENSE)

    def forward(self, views: Float[Tensor, "view galaxy band height width"]) -> Float[Tensor, "galaxy feature"]:
        """Features of each galaxy. Raises Incompatible for views that the parts cannot be cut from."""
        self.check_views(views)
        cut = parts.cut(views, self.part_size)
        return self.merged(self.part_features(cut.flatten(0, 1)).unflatten(0, cut.shape[:2]))

    def part_matrices(self, view_size: int) -> Float[Tensor, "view part 3 3"]:
        """Where the eight parts of each view lie."""
        return parts.matrices(view_size).expand(self.num_views, -1, -1, -1)

    def part_features(self, parts: Float[Tensor, "part band height width"]) -> Float[Tensor, "part feature"]:
        """The last maps of each part, or what the shared dense layer makes of them."""
        images = parts.contiguous(memory_format=torch.channels_last)
        if self.training or images.device.type != "cpu" or torch.compiler.is_compiling():
            return self.shared(self.convolutions(images).flatten(1))
        return torch.cat([self.shared(self.convolutions(some).flatten(1)) for some in images.split(PARTS_AT_ONCE)])

    def merged(self, features: Float[Tensor, "part galaxy feature"]) -> Float[Tensor, "galaxy feature"]:
        """What the dense layers read from all parts of a galaxy."""
        return self.dense(parts.merge(features))

    def after_step(self, step: int) -> None:
        """Enforce the norm constraint where there is one and it is time."""
        if self.constraint is not None:
            self.constraint.after(step)

    def check_views(self, views: Float[Tensor, "view galaxy band height width"]) -> None:
        """Raise Incompatible unless there are as many views as agreed, whose centre lies in all parts."""
        num_views, size, pixels = views.shape[0], self.part_size, tuple(views.shape[-2:])
        if num_views != self.num_views:
            raise Incompatible(
                f"This network was built for {self.num_views} views of a galaxy and was given {num_views}: let the "
                f"augmenter make {self.num_views}, or set architecture.num_views={num_views}."
            )
        if min(pixels) < size or max(pixels) >= 2 * size:
            raise Incompatible(
                f"Parts of {size} pixels that share the galaxy's centre need views of {size} to {2 * size - 1} pixels, "
                f"these have {pixels[0]}×{pixels[1]}: change the augmenter's view_size or architecture.part_size."
            )

    def layers(self) -> list[tuple[str, nn.Module]]:
        """conv1, conv2, …, shared where there is one, dense1, …"""
        return [
            *self.convolutions.named_children(),
            *self.shared.named_children(),
            *self.dense.named_children(),
        ]


def map_size(size: int, kernel: int, stride: int, number: int) -> int:
    """The size of the maps behind a convolution without padding. Raises ZooError if nothing is left of them."""
    if kernel > size:
        raise ZooError(
            f"Convolution {number} with its kernel of {kernel} pixels finds maps of {size}: choose smaller "
            "architecture.conv_kernels, fewer conv_pool_after, or a larger part_size."
        )
    return (size - kernel) // stride + 1


def check(
    kernels: Sequence[int],
    channels: Sequence[int],
    stds: Sequence[float],
    first_stride: int,
    pool_after: Sequence[int],
    dense: Sequence[Dense],
    init: str,
) -> None:
    """Raise ZooError for arguments that contradict each other."""
    each = {"conv_kernels": kernels, "conv_channels": channels, "conv_weight_std": stds}
    arguments.check(each, pool_after, dense)
    if first_stride < 1:
        raise ZooError(f"architecture.conv_first_stride={first_stride} moves nowhere: take 1, or 2 for fine images.")
    if init not in ("he", "published"):
        raise ZooError(f"architecture.init={init} is unknown: choose he or published.")
