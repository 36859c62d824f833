"""From views to features: the backbone of a model."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo.errors import Incompatible


class Backbone(nn.Module, ABC):
    """Maps the views of each galaxy to one vector of features.

    num_features: length of that vector, a plain attribute set in `__init__`. An `__init__` with an argument
    `num_bands` is told the number of bands of the images.
    """

    num_features: int

    @abstractmethod
    def forward(self, views: Float[Tensor, "view galaxy band height width"]) -> Float[Tensor, "galaxy feature"]:
        """Features of each galaxy."""

    @abstractmethod
    def layers(self) -> list[tuple[str, nn.Module]]:
        """The layers that can be frozen, named, from the image to the features."""

    def after_step(self, step: int) -> None:
        """Called when the weights have been updated for the `step`-th time: a backbone may restrict them."""
        return None


class ImageBackbone(Backbone):
    """A backbone of single images: the features of a galaxy are the mean over its views."""

    @abstractmethod
    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """Features of each image."""

    def forward(self, views: Float[Tensor, "view galaxy band height width"]) -> Float[Tensor, "galaxy feature"]:
        """The mean of the views' features; the images come channels last, which convolutions are fastest with."""
        images = views.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return self.image_features(images).unflatten(0, views.shape[:2]).mean(0)

    def layers(self) -> list[tuple[str, nn.Module]]:
        """The children, in the order in which they were assigned; a backbone may implement its own list."""
        return list(self.named_children())


class PartsBackbone(Backbone):
    """A backbone that cuts its views into parts, looks at each part alone, and then at what it found in all of them.

    Test-time averaging looks at a part once that several views share (`zoo.averaging`). part_size: pixels of a part.
    """

    part_size: int

    @abstractmethod
    def part_matrices(self, view_size: int) -> Float[Tensor, "view part 3 3"]:
        """Where the parts lie: matrices from a part's pixels (x, y, 1), counted from 0, to those of its view."""

    @abstractmethod
    def part_features(self, parts: Float[Tensor, "part band height width"]) -> Float[Tensor, "part feature"]:
        """What is found in each part by itself."""

    @abstractmethod
    def merged(self, features: Float[Tensor, "part galaxy feature"]) -> Float[Tensor, "galaxy feature"]:
        """The features of galaxies from those of their parts, view by view."""


def features_of(
    backbone: Backbone, views: Float[Tensor, "view galaxy band height width"]
) -> Float[Tensor, "galaxy feature"]:
    """What a backbone makes of views. Raises Incompatible where that is not what its `num_features` promises.

    Nothing is checked while torch.export or torch.compile looks on: no check becomes a part of the program.
    """
    found = backbone(views)
    if not torch.compiler.is_compiling() and (fault := wrong(found, views, backbone.num_features)):
        raise Incompatible(f"{type(backbone).__name__} returns {fault}")
    return found


def wrong(found: Tensor, views: Float[Tensor, "view galaxy band height width"], num_features: int) -> str:
    """What is wrong with the features of views, as half a sentence with a way out; empty where nothing is."""
    if not isinstance(found, Tensor):
        return f"{type(found).__name__} where a tensor of features belongs: let its forward return that."
    if found.shape != (views.shape[1], num_features):
        return (
            f"features of shape {tuple(found.shape)} where num_features={num_features} is stated and "
            f"{(views.shape[1], num_features)}, a row for each galaxy, expected: let its forward return as many."
        )
    if not found.is_floating_point() or (found.dtype == torch.float64 and views.dtype != torch.float64):
        return f"features of {found.dtype} for views of {views.dtype}: let its forward keep these (no .double())."
    return ""
