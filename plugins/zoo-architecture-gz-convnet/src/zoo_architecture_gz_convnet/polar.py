"""A network of polar views whose rows, the directions, close to a circle: turning the galaxy changes nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from zoo.architecture import ImageBackbone
from zoo.errors import Incompatible, ZooError
from zoo_architecture_gz_convnet import arguments, layers, weights
from zoo_architecture_gz_convnet.backbone import Dense


class PolarConvNet(ImageBackbone):
    """Convolutions around the galaxy, their mean over all directions, and dense layers (wished for in 2014; spec H).

    conv_kernels, conv_channels: one number per convolution; kernels are odd. conv_pool_after: the convolutions, counted
    from 1, that 2×2 maxima follow. dense: the layers behind the mean. input_dropout: probability with which an input of
    a dense layer is dropped in training. view_size: directions, and radii, of the views. A turn of the galaxy by as
    many rows as one of the last maps stands for, or a multiple, leaves the features as they are.

    Raises ZooError for arguments that make no network.
    """

    def __init__(
        self,
        view_size: int,
        conv_kernels: Sequence[int],
        conv_channels: Sequence[int],
        conv_pool_after: Sequence[int],
        dense: Sequence[Dense],
        input_dropout: float,
        num_bands: int = 3,
    ) -> None:
        super().__init__()
        self.view_size = view_size
        check(view_size, conv_kernels, conv_channels, conv_pool_after, dense)
        self.convolutions = nn.Sequential()
        channels, radii = num_bands, view_size
        for number, (kernel, maps) in enumerate(zip(conv_kernels, conv_channels, strict=True), start=1):
            pooled = number in conv_pool_after
            self.convolutions.add_module(f"conv{number}", around(channels, maps, kernel, pooled))
            channels, radii = maps, radii_left(radii, kernel, pooled)
        features = channels * radii
        self.dense = nn.Sequential()
        for number, layer in enumerate(dense, start=1):
            self.dense.add_module(f"dense{number}", layers.dense(features, layer["units"], layer["act"], input_dropout))
            features = layers.width(layer["units"], layer["act"])
        self.num_features = features
        weights.he(self)

    def image_features(self, images: Float[Tensor, "image band direction radius"]) -> Float[Tensor, "image feature"]:
        """What the dense layers read of each radius. Raises Incompatible for views of another size."""
        if tuple(images.shape[-2:]) != (self.view_size, self.view_size):
            raise Incompatible(
                f"This network reads polar views of {self.view_size}×{self.view_size} and was given "
                f"{images.shape[-2]}×{images.shape[-1]}: take augmenter=polar, or set architecture.view_size."
            )
        return self.dense(self.convolutions(images).mean(2).flatten(1))

    def layers(self) -> list[tuple[str, nn.Module]]:
        """conv1, conv2, …, dense1, …"""
        return [*self.convolutions.named_children(), *self.dense.named_children()]


class Circle(nn.Module):
    """Repeats the last rows above the first and the first below the last: the directions around a galaxy."""

    def __init__(self, rows: int):
        super().__init__()
        self.rows = rows

    def forward(self, maps: Float[Tensor, "image channel row column"]) -> Float[Tensor, "image channel row2 column"]:
        """The maps with `rows` more on either side."""
        return nn.functional.pad(maps, (0, 0, self.rows, self.rows), mode="circular")


def around(in_channels: int, channels: int, kernel: int, pooled: bool) -> nn.Sequential:
    """A convolution that keeps all directions and loses radii at both ends, 2×2 maxima where asked, and ReLU."""
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    modules["circle"] = Circle(kernel // 2)
    modules["convolve"] = nn.Conv2d(in_channels, channels, kernel)
    if pooled:
        modules["pool"] = nn.MaxPool2d(2)
    modules["relu"] = nn.ReLU()
    return nn.Sequential(modules)


def radii_left(radii: int, kernel: int, pooled: bool) -> int:
    """The radii behind a convolution. Raises ZooError if none is left."""
    left = (radii - kernel + 1) // (2 if pooled else 1)
    if left < 1:
        raise ZooError(
            f"A convolution with a kernel of {kernel} pixels finds maps of {radii} radii: choose smaller "
            "architecture.conv_kernels, fewer conv_pool_after, or a larger view_size."
        )
    return left


def check(
    view_size: int,
    kernels: Sequence[int],
    channels: Sequence[int],
    pool_after: Sequence[int],
    dense: Sequence[Dense],
) -> None:
    """Raise ZooError for arguments that contradict each other, or maps whose directions cannot be halved so often."""
    arguments.check({"conv_kernels": kernels, "conv_channels": channels}, pool_after, dense)
    if even := [kernel for kernel in kernels if kernel % 2 == 0]:
        raise ZooError(f"architecture.conv_kernels has {even[0]}: a circle needs odd kernels.")
    if view_size % 2 ** len(set(pool_after)):
        raise ZooError(
            f"architecture.view_size={view_size} directions cannot be halved {len(set(pool_after))} times: take a "
            f"multiple of {2 ** len(set(pool_after))}."
        )
