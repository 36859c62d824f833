"""The architecture does what zoo expects of one, and what its authors prove: turning a galaxy changes nothing."""

import pytest
import torch
from torch.nn import functional
from zoo_architecture_group_convnet.group_convolution import GroupConvolution, Lifting
from zoo_architecture_group_convnet.symmetry import Pose, poses

from zoo.testing import ArchitectureConformance


class TestGroupConvnet(ArchitectureConformance):
    name = "group_convnet"
    overrides = {"width": 2, "blocks": 2}
    exports = True


def noise(*shape, seed=0):
    """The same numbers in [0, 1] each time."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def net(mirrors, bands=3):
    """A small network in double precision, whose batch-norms have seen some images."""
    torch.manual_seed(1)
    built = TestGroupConvnet().build({"width": 4, "blocks": 3, "mirrors": mirrors}, num_bands=bands).double()
    built(noise(1, 8, bands, 32, 32).double())
    return built.eval()


@pytest.mark.parametrize("size", [(32, 32), (45, 45), (24, 33)])
@pytest.mark.parametrize("mirrors", [True, False])
def test_features_are_the_same_for_every_pose_of_a_galaxy(mirrors, size):
    views, backbone = noise(1, 4, 3, *size).double(), net(mirrors)
    expected = backbone(views)
    for pose in poses(mirrors):
        torch.testing.assert_close(backbone(pose.applied(views)), expected, rtol=1e-5, atol=1e-5)


def test_features_differ_between_galaxies_and_without_mirrors_between_mirror_images():
    views, backbone = noise(1, 4, 3, 32, 32).double(), net(mirrors=False)
    found = backbone(views)
    assert (found[0] - found[1]).abs().max() > 1e-3
    assert (backbone(views.flip(-1)) - found).abs().max() > 1e-3


@pytest.mark.parametrize("mirrors", [True, False])
def test_the_poses_are_a_group_that_acts_on_images(mirrors):
    image, group = noise(5, 5), poses(mirrors)
    for one in group:
        assert one.after(one.undone()) == Pose(False, 0)
        for other in group:
            assert torch.equal(one.after(other).applied(image), one.applied(other.applied(image)))


def plain(image, patterns):
    """Slow and obvious: a pattern of one plane per input plane, held against an image without being turned."""
    return functional.conv2d(image[None], patterns, padding="same")[0]


@pytest.mark.parametrize("mirrors", [True, False])
def test_lifting_is_turning_the_image_back_and_the_maps_forth(mirrors):
    layer, image = Lifting(poses(mirrors), 2, 3), noise(2, 9, 9)
    found = layer(image[None])[0]
    for number, pose in enumerate(poses(mirrors)):
        expected = pose.applied(plain(pose.undone().applied(image), layer.weight))
        torch.testing.assert_close(found[:, number], expected)


@pytest.mark.parametrize("mirrors", [True, False])
def test_a_convolution_of_poses_is_turning_all_maps_back_and_what_is_found_forth(mirrors):
    group = poses(mirrors)
    layer, maps = GroupConvolution(group, 2, 3), noise(2, len(group), 9, 9)
    found = layer(maps[None])[0]
    for number, pose in enumerate(group):
        seen = torch.stack([pose.undone().applied(maps[:, group.index(pose.after(h))]) for h in group], dim=1)
        expected = pose.applied(plain(seen.flatten(0, 1), layer.weight.flatten(1, 2)))
        torch.testing.assert_close(found[:, number], expected)
