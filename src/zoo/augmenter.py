"""From images to views: geometry in one resampling, then colour.

An augmenter is a pair of pure functions. `sample` maps uniform numbers to parameters; `views` maps images and
parameters to views. Neither keeps a random state, so a galaxy's views depend on nothing but its draws.
"""

from abc import ABC, abstractmethod
from typing import Any

from jaxtyping import Float, Shaped
from torch import Tensor

from zoo.measurement import Measurement

Parameters = Any
"""What `views` needs per galaxy: a plugin's own dataclass of tensors whose first axis is the galaxy."""


class Augmenter(ABC):
    """Turns images into views. Set the three attributes in `__init__`.

    num_draws: how many uniform numbers in [0, 1) one galaxy consumes in `sample`.
    num_views: length of the view axis.
    view_size: height and width of a view, pixels.
    measurement: what has to be known of each image beforehand, if anything.
    """

    num_draws: int
    num_views: int
    view_size: int
    measurement: Measurement | None = None

    @abstractmethod
    def sample(self, draws: Float[Tensor, "galaxy draw"]) -> Parameters:
        """Random parameters: a pure function of the draws."""

    @abstractmethod
    def canonical(self, n: int) -> Parameters:
        """Parameters of n galaxies without any perturbation, for evaluation and prediction."""

    @abstractmethod
    def grid(self, name: str) -> list[Parameters]:
        """The named test-time grid: a list of parameters of ONE galaxy each; `views` broadcasts them over a batch.

        Raises ZooError for an unknown name, listing those known.
        """

    def at(self, parameters: Parameters, measured: Float[Tensor, "galaxy number"] | None) -> Parameters:
        """The parameters of galaxies of which this was measured; for an augmenter without a measurement, the same."""
        return parameters

    @abstractmethod
    def views(
        self, images: Shaped[Tensor, "galaxy band height width"], parameters: Parameters
    ) -> Float[Tensor, "view galaxy band view_height view_width"]:
        """The views, float32 in [0, 1], on the device of the images; uint8 images count from 0 to 255."""


class AffineAugmenter(Augmenter):
    """An augmenter whose geometry is one affine matrix per view and galaxy, and whose grids leave colours alone."""

    @abstractmethod
    def matrices(self, parameters: Parameters, height: int, width: int) -> Float[Tensor, "view galaxy 3 3"]:
        """From pixels of each view to pixels of images of this size, (x, y, 1) counted from 0.

        Parameters of one galaxy give the matrices of one, which serve all.
        """

    @abstractmethod
    def warp(
        self,
        images: Shaped[Tensor, "galaxy band height width"],
        matrices: Float[Tensor, "any galaxy 3 3"],
        size: int,
    ) -> Float[Tensor, "any galaxy band {size} {size}"]:
        """The images where the matrices say, float32 in [0, 1], without any change of colour."""
