"""The figures of the 16-part network: what is drawn is what the network sees and holds."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from zoo_architecture_gz_convnet.figures import column_norms, parts, views

from zoo import registry
from zoo.augmenter import Augmenter
from zoo.dataset import Sample
from zoo.drawing import Drawing
from zoo.errors import DataError, Incompatible
from zoo.figures import architecture
from zoo.model import GalaxyModel

from .test_backbone import variant


class Halves(Augmenter):
    """Two views: the image, and the image turned by a quarter instead of 45°."""

    num_draws, num_views, view_size = 0, 2, 69

    def sample(self, draws):
        return None

    def canonical(self, n):
        return None

    def grid(self, name):
        return []

    def views(self, images, parameters):
        return torch.stack([images, images.rot90(1, (-2, -1))])


class Two:
    """Two galaxies of noise."""

    table = pd.DataFrame({"object_id": ["a", "b"], "split": ["train", "validation"]})
    measured = None

    def __getitem__(self, row):
        image = torch.rand(3, 69, 69, generator=torch.Generator().manual_seed(row))
        return Sample(image, torch.tensor(0), self.table["object_id"].iat[row], row)


class Answers(nn.Linear):
    """A head of 37 answers."""


def model(network, device: str = "meta") -> GalaxyModel:
    with torch.device(device):
        return GalaxyModel(Halves(), network, Answers(network.num_features, 37))


def test_the_plugin_brings_three_figures():
    brought = {part.name for part in registry.parts() if part.provider == "zoo-architecture-gz-convnet"}
    assert {"views", "parts", "column_norms"} <= brought


def test_parameters_and_work_of_all_variants_are_the_published_ones(make, golden):
    """Spec D9: `zoo figure architecture` counts what the golden table has, layer by layer and in total."""
    known = {name: wanted for name, wanted in golden("param_counts").items() if "layers" in wanted}
    assert len(known) == 17
    for name, wanted in known.items():
        table = architecture.count(model(make(**variant(wanted["layers"])))).set_index("layer")
        assert table.index[-1] == "total"
        assert table.loc["total", "parameters"] == wanted["total"], name
        assert round(table.loc["total", "MMAC"] * 1e6) == wanted["macs_per_galaxy"], name
        for layer in wanted["layers"]:
            row = {"output": "head", "dense_shared_per_part": "shared"}.get(layer["layer"], layer["layer"])
            own = layer["weights"] + layer.get("biases_untied", layer.get("biases"))
            assert table.loc[row, "parameters"] == own, (name, row)


def test_the_best_single_network_has_the_published_numbers(make):
    table = architecture.count(model(make())).iloc[-1]
    assert (table["parameters"], round(table["MMAC"])) == (42_377_125, 420)


def test_the_views_are_each_followed_by_their_mirror_image():
    drawn = views.draw(Halves(), Two(), "b", "train")
    image = Two()[1].image
    shown = [axes.images[0].get_array().filled() for axes in drawn.picture.axes]
    turned = image.rot90(1, (-2, -1))
    for found, wanted in zip(shown, (image, image.flip(-1), turned, turned.flip(-1)), strict=True):
        np.testing.assert_allclose(found, wanted.permute(1, 2, 0).numpy())
    assert drawn.numbers["name"].drop_duplicates().tolist() == ["0°", "0°, mirrored", "45°", "45°, mirrored"]
    assert drawn.picture.get_suptitle() == "Galaxy b: 4 views of 69×69 pixels, as the 16-part network takes them"


def test_the_parts_are_those_of_the_golden_index_maps(golden):
    """Spec C1 to C3."""
    drawn = parts.draw(Halves(), Two(), None, 45, "train")
    shown = [axes.images[0].get_array().filled() for axes in drawn.picture.axes]
    image = Two()[0].image
    sources = [image, image.rot90(1, (-2, -1))]
    maps, named = golden("parts")["full_index_maps_16x45x45"], golden("parts")["parts"]
    for part, (found, indices) in enumerate(zip(shown, maps, strict=True)):
        wanted = sources[part // 8].reshape(3, -1)[:, torch.tensor(indices)]
        np.testing.assert_allclose(found, wanted.permute(1, 2, 0).numpy())
        own = drawn.numbers[drawn.numbers["part"] == part]
        np.testing.assert_allclose(own["mean"], wanted.mean((1, 2)), rtol=1e-5)
        assert own["turned"].iloc[0] == named[part]["rotation_ccw_deg"]
        assert own["corner"].iloc[0] == named[part]["corner"].replace("-", " ").replace("_", " ")


def test_a_galaxy_that_is_not_there_and_parts_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="The data set has no galaxy c: take galaxy="):
        views.draw(Halves(), Two(), "c", "train")
    with pytest.raises(DataError, match="The split test has 0 galaxies"):
        parts.draw(Halves(), Two(), None, 45, "test")
    with pytest.raises(Incompatible, match="Parts of 30 pixels do not fit views of 69"):
        parts.draw(Halves(), Two(), "a", 30, "train")


def test_column_norms_are_those_of_each_units_weights(small):
    drawn = column_norms.draw(model(small, "cpu"), {"dense1": 0.4})
    assert isinstance(drawn, Drawing)
    for (name, kind), norms in {
        (name, kind): drawn.numbers.loc[drawn.numbers["layer"] == name, kind]
        for name in ("shared", "dense1", "dense2")
        for kind in ("rms", "l2")
    }.items():
        layer = dict(small.layers())[name].linear
        rows = layer.weight.detach().numpy()
        wanted = [np.sqrt(np.mean(w**2)) if kind == "rms" else np.sqrt(np.sum(w**2)) for w in rows]
        np.testing.assert_allclose(norms, wanted, rtol=1e-5)


def test_the_norms_of_the_golden_columns(golden):
    """Spec D8: the same weights, column by column."""
    known = golden("norm_constraint")
    layer = nn.Linear(4, 3)
    layer.weight.data = torch.tensor(known["W_in_by_out"]).T
    table = column_norms.norms("dense1", layer)
    np.testing.assert_allclose(table["rms"], known["column_rms"], rtol=1e-6)
    np.testing.assert_allclose(table["l2"], known["column_l2"], rtol=1e-6)
