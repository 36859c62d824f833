"""The network and stages of Khan et al. (2019) have the published numbers of parameters (spec G17, G18)."""

import json

import pytest
import torch
from torch import nn

from zoo import build, compose, fit, stages
from zoo.model import GalaxyModel
from zoo.schema import Classes

BOUNDARIES = {"upper": 40, "all": 2}
"""The first layer that each stage trains, in Keras' count."""


@pytest.fixture(scope="module")
def config() -> tuple[dict, dict]:
    cfg = compose.config("train", ["model=xception_khan2019", "stages=khan2019"])
    return fit.choices_of(cfg.hydra.runtime.choices), fit.values_of(cfg)


@pytest.fixture(scope="module")
def model(config: tuple[dict, dict]) -> GalaxyModel:
    with torch.device("meta"):
        return build.model(*config, Classes(("elliptical", "spiral")), 3)


def parameters(module: nn.Module) -> int:
    """As Keras counts them: moving averages of batch-norms are parameters that nothing trains."""
    averages = [b for name, b in module.named_buffers() if name.endswith(("running_mean", "running_var"))]
    return sum(tensor.numel() for tensor in (*module.parameters(), *averages))


def trained(model: GalaxyModel) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def test_the_network_has_the_published_parameters(model: GalaxyModel, shared) -> None:
    golden = json.loads((shared / "spec/golden/khan.json").read_text())["head_params"]
    assert parameters(model) == golden["model_total_printed"] == 24_011_306
    assert parameters(model.head) == golden["sum"] == 3_149_826


def test_xception_freeze_boundaries(config: tuple[dict, dict], model: GalaxyModel, shared) -> None:
    """Each stage trains what Keras' list of layers trains from its boundary on, without moving averages."""
    layers = json.loads((shared / "spec/golden/xception_layers_keras22.json").read_text())
    wanted = {"head": 3_149_826, "upper": 22_312_026, "all": 23_955_914}
    for stage in stages.read(config[1]["stages"]):
        stages.begin(stage, model)
        assert trained(model) == wanted[stage.name]
        if stage.name in BOUNDARIES:
            behind = layers[BOUNDARIES[stage.name] :]
            averages = sum(count for _, _, kind, count in behind if kind.startswith("BatchNor")) // 2
            assert trained(model) == sum(count for *_, count in behind) - averages


def test_the_stages_are_the_published_ones(config: tuple[dict, dict]) -> None:
    _, values = config
    found = [(s.epochs, s.patience, s.lr, s.keep, s.fresh_optimizer) for s in stages.read(values["stages"])]
    assert found == [(1, None, 1e-4, "last", True), *[(20, 3, 1e-4, "last", True)] * 2]
    assert (values["batch_size"], values["architecture"]["normalise"]) == (64, False)
    published = {"factor": 0.5, "patience": 2, "threshold": 1e-4, "minimum": 1e-8}
    assert values["scheduler"] == published | {"watches": "validation"}


def test_the_corrected_stages_differ_by_what_frozen_batch_norms_do(config: tuple[dict, dict]) -> None:
    words = ["model=xception_khan2019_corrected", "stages=khan2019_corrected"]
    coded, corrected = config[1], fit.values_of(compose.config("train", words))
    assert [stage["frozen_bn"] for stage in corrected["stages"]] == ["inference"] * 3
    other = {"stages": None, "augmenter": None, "frozen_bn": None}
    assert coded | other == corrected | other
    assert [s | {"frozen_bn": "batch_stats"} for s in corrected["stages"]] == coded["stages"]
    assert coded["augmenter"] | {"centre": "corrected"} == corrected["augmenter"]


def test_the_paper_s_network_sees_299_pixels_from_minus_one_to_one(config: tuple[dict, dict]) -> None:
    cfg = compose.config("train", ["model=xception_khan2019_published", "stages=khan2019"])
    published = fit.values_of(cfg)
    assert config[1]["augmenter"] | {"view_size": 299} == published["augmenter"]
    built = build.model(fit.choices_of(cfg.hydra.runtime.choices), published, Classes(("elliptical", "spiral")), 3)
    black_and_white = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
    assert ((black_and_white - built.backbone.mean) / built.backbone.std).unique().tolist() == [-1, 1]


def test_the_schedule_of_many_gpus_is_both_others(config: tuple[dict, dict]) -> None:
    both = compose.part_values("scheduler", "ranks_plateau")
    parts = [compose.part_values("scheduler", name) for name in ("ranks", "plateau")]
    assert both == parts[0] | parts[1]
    assert build.part("scheduler", "ranks_plateau", both, batch_size=64)
