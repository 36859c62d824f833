"""The smallest backbone."""

from jaxtyping import Float
from torch import Tensor, nn

from zoo.architecture import ImageBackbone


class Tiny(ImageBackbone):
    """Two convolutions and the mean over the image."""

    def __init__(self, num_bands: int, width: int = 8):
        super().__init__()
        self.num_features = width
        self.layers_in_order = nn.Sequential(
            nn.Conv2d(num_bands, width, 3, stride=2), nn.ReLU(), nn.Conv2d(width, width, 3, stride=2), nn.ReLU()
        )

    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """The mean of each map of the last layer."""
        return self.layers_in_order(images).mean((2, 3))
