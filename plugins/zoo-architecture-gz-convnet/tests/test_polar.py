"""The network of polar views: turns of the galaxy change nothing, and arguments that make no network are refused."""

from typing import Any

import pytest
import torch

from zoo import build, compose
from zoo.errors import Incompatible, ZooError

SMALL = {"conv_channels": [4, 4, 8, 8], "dense": [{"units": 16, "act": "maxout2"}]}


def network(**changes: Any) -> Any:
    """A narrow network in double precision, as it predicts."""
    torch.manual_seed(1)
    values = compose.part_values("architecture", "gz_polar")
    return build.part("architecture", "gz_polar", values | SMALL | changes).double().eval()


def test_directions_that_move_by_whole_rows_of_the_last_maps_change_nothing() -> None:
    net, views = network(), torch.rand(1, 2, 3, 64, 64, dtype=torch.float64)
    for rows in (8, 16, -24):
        torch.testing.assert_close(net(views.roll(rows, dims=-2)), net(views))
    assert not torch.allclose(net(views.roll(3, dims=-2)), net(views)), "maxima of pairs of rows do see three rows"


def test_a_quarter_turn_of_a_galaxy_changes_nothing() -> None:
    augmenter = build.part("augmenter", "polar", compose.part_values("augmenter", "polar"))
    image = torch.randint(256, (1, 3, 424, 424), dtype=torch.uint8)
    net, as_it_is = network().float(), augmenter.canonical(1)
    features = net(augmenter.views(image, as_it_is))
    for quarter in (1, 2, 3):
        turned = net(augmenter.views(torch.rot90(image, quarter, (-2, -1)), as_it_is))
        torch.testing.assert_close(turned, features, rtol=1e-4, atol=1e-5)


def test_a_direction_reaches_its_neighbours_across_the_seam() -> None:
    net, views = network(), torch.rand(1, 1, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    net.convolutions(views[0])[0, :, 0].sum().backward()
    seen = views.grad[0, 0].abs().sum((0, 2)) > 0
    assert seen[:8].all() and seen[-4:].all(), "the first row of the last maps sees the last directions"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conv_kernels": [4, 5, 3, 3]}, "conv_kernels has 4: a circle needs odd kernels"),
        ({"conv_kernels": [5, 5, 3]}, "has 3 conv_kernels and 4 conv_channels: give each convolution one of each"),
        ({"conv_kernels": [61, 5, 3, 3]}, "choose smaller architecture.conv_kernels"),
        ({"conv_pool_after": [5]}, "conv_pool_after names convolution 5, and there are 4, counted from 1"),
        ({"view_size": 60}, "view_size=60 directions cannot be halved 3 times: take a multiple of 8"),
        ({"dense": []}, "dense is empty: what the convolutions find needs a dense layer"),
    ],
    ids=str,
)
def test_arguments_that_make_no_network_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ZooError, match=words):
        network(**changes)


def test_views_of_another_size_are_refused() -> None:
    with pytest.raises(Incompatible, match="augmenter=polar"):
        network()(torch.zeros(2, 1, 3, 69, 69, dtype=torch.float64))
