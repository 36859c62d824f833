"""A backbone of three convolutions."""

from jaxtyping import Float
from torch import Tensor, nn

from zoo.architecture import ImageBackbone


class TemplateArchitecture(ImageBackbone):
    """Three convolutions, each half as fine as the one before it, and the mean over what is left.

    num_bands: bands of the images, told by zoo. width: maps of the first convolution.
    """

    def __init__(self, num_bands: int, width: int):
        super().__init__()
        self.num_features = 4 * width
        self.first = nn.Conv2d(num_bands, width, 5, stride=2, padding=2)
        self.second = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.third = nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)

    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """The mean of each map of the last convolution."""
        x = images
        for convolution in (self.first, self.second, self.third):
            x = convolution(x).relu()
        return x.mean((2, 3))
