"""The part as zoo sees it."""

import zoo.testing


class TestGZConvNet(zoo.testing.ArchitectureConformance):
    """Everything zoo expects of an architecture, on a narrow network."""

    name = "gz_convnet"
    overrides = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 32, "act": "maxout2"}]}
    view_sizes = (69, 45, 89)
    view_counts = (2,)
    exports = True
