"""A backbone of the steerable convolutions of e2cnn."""

import copy

from e2cnn import gspaces
from e2cnn import nn as steerable
from jaxtyping import Float
from torch import Tensor

from zoo.architecture import ImageBackbone


class E2cnnSteerable(ImageBackbone):
    """Blocks of steerable convolution, batch-norm, ReLU and smoothed pooling, then the largest over all directions.

    num_bands: bands of the images, told by zoo. rotations: directions of the group. width: fields of the first layer;
    each further one has twice as many. blocks: layers.
    """

    def __init__(self, num_bands: int, rotations: int, width: int, blocks: int):
        super().__init__()
        space = gspaces.Rot2dOnR2(rotations)
        self.image = fields = steerable.FieldType(space, num_bands * [space.trivial_repr])
        for k in range(blocks):
            wider = steerable.FieldType(space, width * 2**k * [space.regular_repr])
            convolution = steerable.R2Conv(fields, wider, kernel_size=5, padding=2, bias=False)
            pooling = steerable.PointwiseAvgPoolAntialiased(wider, sigma=0.66, stride=2)
            rest = steerable.InnerBatchNorm(wider), steerable.ReLU(wider), pooling
            # e2cnn keeps one set of filters for all equal layers: two names of one tensor, which no file may hold.
            self.add_module(f"block{k + 1}", copy.deepcopy(steerable.SequentialModule(convolution, *rest)))
            fields = wider
        self.rotations, self.num_features = rotations, width * 2 ** (blocks - 1)
        self.train()

    def train(self, mode: bool = True) -> ImageBackbone:
        """As of any module, but for the convolutions: in evaluation they would have tensors that no file has."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, steerable.R2Conv):
                module.train()
        return self

    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """The mean over positions of what is left when no direction counts: e2cnn's own pooling forgets float64."""
        fields = steerable.GeometricTensor(images, self.image)
        for layer in self.children():
            fields = layer(fields)
        return fields.tensor.unflatten(1, (-1, self.rotations)).amax(2).mean((2, 3))
