"""A network whose features do not change when a galaxy is turned by quarters or mirrored."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from zoo.architecture import ImageBackbone
from zoo_architecture_group_convnet.group_convolution import GroupConvolution, Lifting
from zoo_architecture_group_convnet.symmetry import poses


class GroupConvnet(ImageBackbone):
    """Group convolutions, each followed by batch-norm, ReLU and a pooling, then the mean over positions and poses.

    num_bands: bands of the images, told by zoo. width: patterns of the first layer; each further one has twice as many.
    blocks: layers. mirrors: whether mirror images are poses too.
    """

    def __init__(self, num_bands: int, width: int, blocks: int, mirrors: bool):
        super().__init__()
        group = poses(mirrors)
        widths = [width * 2**k for k in range(blocks)]
        self.num_features = widths[-1]
        self.lifting = Block(Lifting(group, num_bands, width), width)
        for number, (before, after) in enumerate(zip(widths, widths[1:], strict=False), 2):
            self.add_module(f"block{number}", Block(GroupConvolution(group, before, after), after))

    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """How much of each pattern there is, wherever and in whichever pose."""
        for layer in self.children():
            images = layer(images)
        return images.mean((2, 3, 4))


class Block(nn.Module):
    """A convolution, a batch-norm that treats all poses of a pattern alike, ReLU and a pooling."""

    def __init__(self, convolution: nn.Module, patterns: int):
        super().__init__()
        self.convolution = convolution
        self.norm = nn.BatchNorm3d(patterns)

    def forward(self, maps: Float[Tensor, "image ..."]) -> Float[Tensor, "image pattern pose half_height half_width"]:
        """The maps, half as fine."""
        return halved(self.norm(self.convolution(maps)).relu())


def halved(
    maps: Float[Tensor, "image pattern pose height width"],
) -> Float[Tensor, "image pattern pose half_height half_width"]:
    """The largest of two pixels of an even side, and of three that overlap by one of an odd side.

    Both cut a side symmetrically, so that pooling and turning may be exchanged; two of an odd side would leave out its
    last pixel.
    """
    odd = [side % 2 for side in maps.shape[-2:]]
    return functional.max_pool3d(maps, (1, 2 + odd[0], 2 + odd[1]), (1, 2, 2), (0, *odd))
