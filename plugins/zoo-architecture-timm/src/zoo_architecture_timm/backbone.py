"""Any network of timm as the backbone of a galaxy model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.architecture import ImageBackbone
from zoo.errors import Incompatible
from zoo_architecture_timm import names, pretrained, sizes


class TimmBackbone(ImageBackbone):
    """A network of timm (Wightman 2019) without its classifier; a galaxy's features are the mean over its views.

    name: as timm has it, with or without a tag (`resnet50`, `resnet50.tv_in1k`). pretrained: start from the weights of
    that name on timm's hub. weights: start from this safetensors file instead, which has timm's names of the layers.
    drop_rate: dropout before timm's classifier, where the network has it. normalise: subtract the mean and divide by
    the standard deviation of the images timm trained on, in units of white: 1 is 255 in images of 8 bits, and in floats
    the upper one of the data set's `limits`. They are constants of photographs, not of galaxies, and trained weights
    expect them. Images of other than three bands take their averages.

    Raises ZooError for an unknown name or weights that cannot be had, CheckpointError for weights of another network.
    """

    def __init__(
        self,
        name: str,
        pretrained: bool,
        weights: Path | None,
        drop_rate: float,
        normalise: bool,
        num_bands: int = 3,
    ) -> None:
        super().__init__()
        names.check(name)
        self.name = name
        self.net = build(name, num_bands, drop_rate, pretrained, weights)
        self.num_features = drop_hidden_layers(self.net)
        mean, std = (statistic(self.net.pretrained_cfg[key], num_bands) for key in ("mean", "std"))
        self.register_buffer("mean", mean if normalise else torch.zeros_like(mean))
        self.register_buffer("std", std if normalise else torch.ones_like(std))

    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """timm's pooled features. Raises Incompatible for images of a size that the network cannot take."""
        try:
            return self.net((images - self.mean) / self.std)
        except (AssertionError, RuntimeError) as error:
            shadow, size = sizes.shadow(self.net), (len(self.mean), *images.shape[2:])
            if sizes.accepts(shadow, *size):
                raise
            raise Incompatible(
                f"architecture.name={self.name} {sizes.advice(shadow, *size)}: choose an augmenter with other views, "
                "set its view_size, or choose another architecture."
            ) from error

    def layers(self) -> list[tuple[str, nn.Module]]:
        """timm's own modules in the order of its definition, which is that of use; lists of blocks are opened."""
        return list(opened(self.net))


def build(name: str, num_bands: int, drop_rate: float, from_hub: bool, weights: Path | None) -> nn.Module:
    """The network with its first weights. Raises CheckpointError for weights that are not this network's."""
    tensors = pretrained.read(name, weights) if from_hub or weights else None
    try:
        net = timm.create_model(
            name,
            num_classes=0,
            in_chans=num_bands,
            drop_rate=drop_rate or None,  # timm drops arguments that are None: not every network knows this one
            pretrained=tensors is not None,
            pretrained_cfg_overlay={"state_dict": tensors},
        )
    except RuntimeError as error:
        raise pretrained.foreign(name, weights, str(error)) from error
    net.pretrained_cfg.pop("state_dict", None)  # else the network would be copied with its first weights
    if tensors is not None:
        pretrained.check_complete(net, tensors, name, weights)
    return net


def drop_hidden_layers(net: nn.Module) -> int:
    """Take two dense layers off a VGG, and return any network's number of features.

    timm counts these layers (120 of 138 million parameters) to the network; transfer learning starts below them.
    """
    if isinstance(getattr(net, "pre_logits", None), nn.Module):
        net.pre_logits = nn.Identity()
        return int(net.num_features)
    return int(net.head_hidden_size)


def statistic(values: tuple[float, ...], num_bands: int) -> Float[Tensor, "band 1 1"]:
    """A number per band: those given, or their average where there are not as many."""
    numbers = torch.tensor(values)
    return (numbers if len(values) == num_bands else numbers.mean().repeat(num_bands)).view(-1, 1, 1)


def opened(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The children that have parameters; those of an nn.Sequential or nn.ModuleList instead of the list."""
    for name, child in module.named_children():
        if isinstance(child, (nn.Sequential, nn.ModuleList)):
            yield from opened(child, f"{prefix}{name}.")
        elif any(True for _ in child.parameters()):
            yield f"{prefix}{name}", child
