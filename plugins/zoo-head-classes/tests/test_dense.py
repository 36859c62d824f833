"""The dense head has the published layers, and learns and predicts as softmax over classes does."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from zoo_head_classes.dense import Dense

from zoo import build, compose
from zoo.errors import ZooError
from zoo.schema import Classes

SCHEMA = Classes(("elliptical", "spiral"))


@pytest.fixture
def shared() -> Path:
    """The folder with specifications: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


def head(hidden=(6, 4), dropout=0.5):
    torch.manual_seed(0)
    return Dense(SCHEMA, 5, hidden, dropout, 0.0)


def test_layers_have_the_published_parameters(shared):
    golden = json.loads((shared / "spec/golden/khan.json").read_text())["head_params"]
    values = compose.part_values("head", "classes_dense")
    with torch.device("meta"):
        built = build.part("head", "classes_dense", values, schema=SCHEMA, num_features=2048)
    counts = [sum(p.numel() for p in layer.parameters()) for layer in (built.hidden[0], built.hidden[3], built.softmax)]
    assert counts == [golden["dense1"], golden["second_last"], golden["softmax"]]
    assert sum(p.numel() for p in built.parameters()) == golden["sum"]
    assert [type(layer).__name__ for layer in built.hidden] == ["Linear", "ReLU", "Dropout", "Linear", "ReLU"]


def test_outputs_are_those_of_plain_products():
    """Dense, rectified, dense, rectified, dense (spec G17), by NumPy."""
    built, features = head().eval(), torch.randn(7, 5)
    value = features.numpy()
    for layer in (built.hidden[0], built.hidden[3]):
        value = np.maximum(value @ layer.weight.detach().numpy().T + layer.bias.detach().numpy(), 0)
    last = built.softmax.classes
    expected = value @ last.weight.detach().numpy().T + last.bias.detach().numpy()
    assert built(features).detach().numpy() == pytest.approx(expected, abs=1e-6)


def test_only_the_first_layer_is_dropped_and_only_in_training():
    built, features = head(hidden=(400, 400), dropout=0.7), torch.ones(1, 5)
    assert torch.equal(built.eval()(features), built(features))
    first = built.train().hidden[:3](features)
    assert 0.6 < (first[first != 0].numel() / (built.hidden[:2](features) > 0).sum().item()) / 0.3 < 1.5
    assert sum(isinstance(module, torch.nn.Dropout) and module.p > 0 for module in built.modules()) == 1


def test_the_untrained_head_predicts_about_the_frequencies_of_the_classes():
    built = head(hidden=(1024, 1024)).eval()
    built.start_from(np.array([0.2, 0.8]))
    found = built.predict(built(torch.randn(20, 5)))
    assert list(found) == ["elliptical", "spiral"]
    assert (found["spiral"] - 0.8).abs().max() < 0.02


def test_autocast_changes_no_output():
    built, features = head().eval(), torch.randn(6, 5)
    with torch.autocast("cpu", torch.bfloat16):
        under = built(features)
    assert torch.equal(under, built(features))


def test_a_head_without_dense_layers_is_refused():
    with pytest.raises(ZooError, match=r"head.hidden=\[\] leaves no dense layer.* take head=classes"):
        head(hidden=())


def test_the_penultimate_units_are_what_the_classes_are_made_of():
    built = head(hidden=(6, 4)).eval()
    features = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    units = built.penultimate(features)
    assert units.shape == (3, 4) and (units >= 0).all()
    torch.testing.assert_close(built.softmax.classes(units), built(features))
    assert head(hidden=(1024, 1024)).penultimate(features).shape == (3, 1024)
