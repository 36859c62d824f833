"""Polar views: turns move rows, zooms move columns, and each pixel is the image's own."""

import numpy as np
import pytest
import torch
from zoo_augmenter_kornia.parameters import unperturbed

from zoo import build, compose
from zoo.errors import ZooError

from . import reference
from .test_matrices import column, parameters
from .test_views import random_bytes, random_image


def polar(**changes):
    return build.part("augmenter", "polar", compose.part_values("augmenter", "polar") | changes)


@pytest.mark.parametrize("size", [64, 97])
@pytest.mark.parametrize("innermost", [0, 2.0])
def test_a_quarter_turn_of_the_galaxy_moves_whole_rows(size, innermost):
    augmenter, image = polar(view_size=32, radius=30, innermost=innermost), random_bytes(1, 3, size, size)
    plain = augmenter.views(image, augmenter.canonical(1))
    for quarter in range(4):
        turned = augmenter.views(torch.rot90(image, quarter, (-2, -1)), augmenter.canonical(1))
        torch.testing.assert_close(turned, plain.roll(-8 * quarter, dims=-2))


def test_a_turn_by_the_augmenter_moves_rows_and_a_flip_mirrors_them():
    augmenter, image = polar(view_size=36, colour=0), random_image(1, 3, 424, 424)
    plain = augmenter.views(image, augmenter.canonical(1))
    torch.testing.assert_close(augmenter.views(image, parameters(50.0)), plain.roll(-5, dims=-2))
    mirrored = plain[..., [(18 - row) % 36 for row in range(36)], :]
    torch.testing.assert_close(augmenter.views(image, parameters(flip=True)), mirrored)


def test_a_zoom_moves_the_columns_of_a_log_polar_view():
    augmenter, image = polar(view_size=32, radius=64.0, innermost=2.0), random_image(1, 1, 200, 200)
    plain = augmenter.views(image, augmenter.canonical(1))
    larger = augmenter.views(image, unperturbed(column(0.0), zoom=2 ** (5 / 32 * 3)))
    torch.testing.assert_close(larger[..., 3:], plain[..., :-3])


def test_pixels_are_those_of_the_image_where_direction_and_radius_say():
    augmenter, image = polar(view_size=12, radius=30.0), random_image(1, 2, 70, 80, dtype=torch.float64)
    found = augmenter.views(image, augmenter.canonical(1))[0, 0]
    for row, place in [(0, 0), (3, 5), (7, 11), (10, 2)]:
        angle, radius = np.deg2rad(30 * row), 30 * (place + 0.5) / 12
        there = reference.move(39.5 + radius * np.cos(angle), 34.5 + radius * np.sin(angle))
        np.testing.assert_allclose(found[:, row, place], reference.warp(image[0].numpy(), there, 1)[:, 0, 0], atol=1e-6)


def test_radii_count_from_the_measured_position():
    augmenter = polar(recentre="gen2", recentre_bias=0.0)
    y, x = torch.meshgrid(*[torch.arange(424.0)] * 2, indexing="ij")
    light = torch.exp(-((x - 220) ** 2 + (y - 205) ** 2) / 800)[None, None]
    measured = column([221.0, 206.0, 20.0, 20.0, 0.0, 8.0])
    view = augmenter.views(light, augmenter.at(augmenter.canonical(1), measured))[0, 0, 0]
    assert view.std(0).max() < 2e-3, "a round galaxy looks the same in every direction"


def test_an_impossible_innermost_radius_is_refused():
    with pytest.raises(ZooError, match=r"innermost radius is 200: give it a value from 0 to below 103.5\."):
        polar(innermost=200)
