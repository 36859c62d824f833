"""The part as zoo sees it."""

import zoo.testing


class TestGZConvNet(zoo.testing.ArchitectureConformance):
    """Everything zoo expects of an architecture, on a narrow network."""

    name = "gz_convnet"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (69, 45, 89)
    view_counts = (2,)
    exports = True


class TestMaxoutConvolutions(zoo.testing.ArchitectureConformance):
    """Convolutions that end in the maximum of two maps."""

    name = "gz_maxout_convolutions"
    overrides = {"conv_channels": [8, 8, 16, 16], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (69,)
    view_counts = (2,)
    exports = True


class TestOverlappingPooling(zoo.testing.ArchitectureConformance):
    """Blocks of three pixels, two apart."""

    name = "gz_overlapping_pooling"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (69,)
    view_counts = (2,)
    exports = True


class TestStochasticPooling(zoo.testing.ArchitectureConformance):
    """A pixel of each block, drawn by chance."""

    name = "gz_stochastic_pooling"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (69,)
    view_counts = (2,)
    exports = True


class TestSmallParts(zoo.testing.ArchitectureConformance):
    """Parts that hardly overlap."""

    name = "gz_small_parts"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (69, 37, 73)
    view_counts = (2,)
    exports = True


class TestFine(zoo.testing.ArchitectureConformance):
    """Images of half the pixel size, and a stride of 2."""

    name = "gz_fine"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (138,)
    view_counts = (2,)
    exports = True


class TestPolar(zoo.testing.ArchitectureConformance):
    """Convolutions around the galaxy."""

    name = "gz_polar"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (64,)
    view_counts = (1, 2)
    exports = True
