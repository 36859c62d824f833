"""Averaging over a grid of views: sharing parts changes the cost and nothing else."""

import pytest
import torch

from zoo import averaging, build, compose, registry, yaml_file
from zoo.model import GalaxyModel
from zoo.schema import read_tree

SMALL = {
    "part_size": 45,
    "conv_kernels": [8, 5],
    "conv_channels": [3, 4],
    "conv_pool_after": [1, 2],
    "conv_weight_std": [0.1, 0.1],
    "dense": [{"units": 8, "act": "maxout2"}],
}


@pytest.fixture(scope="module")
def make():
    """A small network of sixteen parts behind an augmenter of this name."""

    def model(augmenter: str = "affine", **changes) -> GalaxyModel:
        torch.manual_seed(0)
        tree = read_tree(yaml_file.read(registry.CONF / "tree/galaxy_zoo.yaml")["questions"])
        values = {"augmenter": compose.part_values("augmenter", augmenter) | changes}
        values["architecture"] = compose.part_values("architecture", "gz_convnet") | SMALL
        values["head"] = compose.part_values("head", "decision_tree")
        names = {"augmenter": augmenter, "architecture": "gz_convnet", "head": "decision_tree"}
        return build.model({group: {"name": name} for group, name in names.items()}, values, tree, 3).eval()

    return model


def images(n: int = 3) -> torch.Tensor:
    return torch.randint(0, 256, (n, 3, 424, 424), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def outputs(model: GalaxyModel, *arguments):
    """The outputs under each point of a grid."""
    return averaging.outputs(model.augmenter, model.backbone, model.head, *arguments)


def one_by_one(model: GalaxyModel, galaxies, grid, measured=None):
    """The outputs view by view: the slow witness."""
    return torch.stack([model(galaxies, model.augmenter.at(parameters, measured)) for parameters in grid])


@pytest.mark.parametrize("grid", ["published60", "dihedral8"])
@torch.inference_mode()
def test_shared_parts_give_the_outputs_of_each_view_by_itself(make, grid: str) -> None:
    model = make()
    points = model.augmenter.grid(grid)
    together = torch.stack(list(outputs(model, images(), points)))
    torch.testing.assert_close(together, one_by_one(model, images(), points), rtol=0, atol=1e-6)


@torch.inference_mode()
def test_recentred_galaxies_share_their_parts_too(make) -> None:
    model = make("affine_gen2")
    points = model.augmenter.grid("published60")[::7]
    measured = torch.tensor([[215.0, 209.5, 30, 20, 0, 5.28], [200.25, 220, 25, 20, 0, 5.94], [torch.nan] * 6]).double()
    together = torch.stack(list(outputs(model, images(), points, measured)))
    torch.testing.assert_close(together, one_by_one(model, images(), points, measured), rtol=0, atol=1e-6)


@torch.inference_mode()
def test_grids_know_nothing_of_noise_gamma_and_shear_and_share_the_parts_of_several_scales(make) -> None:
    model = make(shear=10, gamma=0.5, noise=0.1, noise_per_view=True, normalise="maximum", factor=[3, 1.5])
    points = model.augmenter.grid("published60")[::7]
    dark = images() // 3
    together = torch.stack(list(outputs(model, dark, points)))
    torch.testing.assert_close(together, one_by_one(model, dark, points), rtol=0, atol=1e-6)
    still = make(normalise="maximum", factor=[3, 1.5])
    torch.testing.assert_close(together, one_by_one(still, dark, points), rtol=0, atol=1e-6)


def test_the_sixty_views_hold_240_distinct_parts(make) -> None:
    """Forty angles, plain and mirrored, at three zooms (spec F1); the four quarter turns of dihedral8 hold 16."""
    model = make()
    for grid, count in (("published60", 240), ("dihedral8", 16)):
        cutting = model.backbone.part_matrices(model.augmenter.view_size)
        points = model.augmenter.grid(grid)
        canonical = [averaging.places(model.augmenter, cutting, p, images(1))[:, :, 0] for p in points]
        first, which = averaging.distinct(torch.stack(canonical))
        assert len(first) == count and which.shape == (len(points), 2, 8)
        assert (which.flatten()[first] == torch.arange(count)).all()


@torch.inference_mode()
def test_more_galaxies_than_go_through_at_once_keep_their_order(make, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make()
    points = model.augmenter.grid("dihedral8")
    expected = torch.stack(list(outputs(model, images(5), points)))
    monkeypatch.setattr(averaging, "PARTS_AT_ONCE", 33)  # two galaxies
    found = torch.stack(list(outputs(model, images(5), points)))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@torch.inference_mode()
def test_a_model_without_parts_looks_at_each_view(toy: None) -> None:
    from zoo_toy.parts import Convolution, Logistic, Roll

    from zoo.schema import Classes

    backbone = Convolution(width=4, dropout=0.0, crash=False, num_bands=3)
    model = GalaxyModel(Roll(), backbone, Logistic(Classes(("a", "b")), 4)).eval()
    galaxies = torch.randint(0, 256, (3, 3, 12, 12), dtype=torch.uint8)
    points = [model.augmenter.canonical(3)] * 2
    found = torch.stack(list(outputs(model, galaxies, points)))
    torch.testing.assert_close(found, one_by_one(model, galaxies, points), rtol=0, atol=0)
