"""The parts as zoo sees them."""

import zoo.testing


class Timm(zoo.testing.ArchitectureConformance):
    """What all these parts share: they take any number of views."""

    view_sizes = (48, 64)


class TestTimm(Timm):
    """The part that takes any name, on timm's smallest network of the kind."""

    name = "timm"
    overrides = {"name": "test_convnext"}
    exports = True


class TestResNet18(Timm):
    """The quick one."""

    name = "resnet18"
    exports = True


class TestResNet50(Timm):
    """Fifty layers."""

    name = "resnet50"


class TestXception(Timm):
    """Separable convolutions."""

    name = "xception"


class TestInceptionV3(Timm):
    """The one that needs views of 75 pixels."""

    name = "inception_v3"
    view_sizes = (75, 80)


class TestVGG16(Timm):
    """Thirteen convolutions."""

    name = "vgg16"


class TestVGG19(Timm):
    """Sixteen convolutions."""

    name = "vgg19"
