"""A model refuses features that are not what its backbone promises, and is exported as if it did not look."""

from pathlib import Path

import pytest
import torch
from plant import plant
from torch import Tensor, nn

from conftest import forget
from zoo import compose
from zoo.architecture import Backbone, features_of
from zoo.errors import Incompatible

NET = '''
from zoo_toy.parts import Convolution

class Net(Convolution):
    """States twice as many features as it returns."""

    def __init__(self, num_bands: int):
        super().__init__(4, 0.0, False, num_bands)
        self.num_features = 8
'''


class Means(Backbone):
    """The mean of each band over views and pixels."""

    num_features = 3

    def forward(self, views: Tensor) -> Tensor:
        return views.mean((0, 3, 4))

    def layers(self) -> list[tuple[str, nn.Module]]:
        return []


class Other(Means):
    """What `change` makes of these means."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, views: Tensor) -> Tensor:
        return self.change(super().forward(views))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x[:, :2], r"shape \(4, 2\) where num_features=3 is stated and \(4, 3\), a row for each galaxy"),
        (lambda x: x[:1], r"shape \(1, 3\) where num_features=3 is stated and \(4, 3\)"),
        (lambda x: x[..., None], r"shape \(4, 3, 1\) where num_features=3"),
        (lambda x: x.double(), r"features of torch.float64 for views of torch.float32: .* \(no \.double\(\)\)"),
        (lambda x: (255 * x).long(), "features of torch.int64 for views of torch.float32"),
        (lambda x: (x, x), "tuple where a tensor of features belongs"),
    ],
    ids=["too few", "one galaxy", "three axes", "double", "whole numbers", "tuple"],
)
def test_features_that_are_not_as_promised_are_refused_in_a_sentence(change, said: str):
    with pytest.raises(Incompatible, match=f"^Other returns .*{said}"):
        features_of(Other(change), torch.rand(2, 4, 3, 5, 5))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_features_of_the_views_kind_and_of_half_precision_pass(dtype: torch.dtype):
    views = torch.rand(2, 4, 3, 5, 5, dtype=dtype)
    assert features_of(Means(), views).dtype == dtype
    assert features_of(Other(lambda x: x.bfloat16()), views).dtype == torch.bfloat16


def test_an_exported_model_takes_any_number_of_galaxies():
    class Exported(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = Means()

        def forward(self, views: Tensor) -> Tensor:
            return features_of(self.backbone, views)

    galaxies = torch.export.Dim("galaxies", min=2)
    program = torch.export.export(Exported(), (torch.rand(2, 4, 3, 5, 5),), dynamic_shapes=({1: galaxies},))
    views = torch.rand(2, 7, 3, 5, 5)
    torch.testing.assert_close(program.module()(views), Means()(views))


def test_a_training_with_another_number_of_features_ends_with_exit_2(toy: None, site: Path, tmp_path: Path, capsys):
    plant(site, "zoo-brk", conf={"architecture/brk": "# A net.\n_target_: zoo_brk.net.Net\n"}, modules={"net.py": NET})
    forget()
    words = ["architecture=brk", "dataset=blobs", "augmenter=roll", "head=logistic", "dataset.size=16"]
    assert compose.run_hydra("train", [*words, "stages.0.steps=1", "batch_size=4", f"runs={tmp_path / 'runs'}"]) == 2
    assert "Net returns features of shape (4, 4) where num_features=8 is stated and (4, 8)" in capsys.readouterr().err
