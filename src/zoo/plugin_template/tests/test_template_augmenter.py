"""The augmenter does what zoo expects of one, and what its author meant."""

import torch

from zoo.testing import AugmenterConformance


class TestTemplateAugmenter(AugmenterConformance):
    name = "template_augmenter"
    grids = ("mirror2",)
    neutral = {"flip": 0}


def test_a_mirror_image_exchanges_left_and_right():
    augmenter = TestTemplateAugmenter().build({"view_size": 8})
    images = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    plain, mirrored = (augmenter.views(images, one)[0] for one in augmenter.grid("mirror2"))
    torch.testing.assert_close(mirrored[..., 0], plain[..., -1])
    torch.testing.assert_close(plain, images)
