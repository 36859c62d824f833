"""The architecture does what zoo expects of one, and what its author meant."""

import torch
from torch.nn import functional

from zoo.testing import ArchitectureConformance


class TestTemplateArchitecture(ArchitectureConformance):
    name = "template_architecture"
    overrides = {"width": 4}


def test_features_are_those_of_the_plain_way():
    net = TestTemplateArchitecture().build(num_bands=3)
    views = torch.rand(2, 5, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(net(views), (plainly(net, views[0]) + plainly(net, views[1])) / 2)


def plainly(net, images):
    """Slow and obvious: layer after layer, map after map."""
    for layer, padding in ((net.first, 2), (net.second, 1), (net.third, 1)):
        padded, maps = functional.pad(images, (padding,) * 4), []
        for weight, bias in zip(layer.weight, layer.bias, strict=True):
            maps.append(functional.conv2d(padded, weight[None], stride=2)[:, 0] + bias)
        images = torch.stack(maps, dim=1).clamp(min=0)
    return images.flatten(2).mean(2)
