"""Every preset of a model trains: the seventeen networks of 2014 with their published counts, and the others."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from zoo import build, compose, fit, registry, yaml_file
from zoo.errors import ZooError
from zoo.schema import read_tree

MODELS = sorted(part.name for part in registry.parts() if part.group == "model")
SEVENTEEN = [name for name in MODELS if name.startswith("gz_")]
TRAINED = [name for name in MODELS if not name.startswith(("ablation_", "xception_khan2019"))]
"""All but those whose parts have conformance tests of their own; test_ablations.py and test_khan2019.py build them."""
SHORT = ["dataset.size=60", "batch_size=2", "stages.0.steps=20", "trainer.accelerator=cpu", "optimizer=nesterov"]
"""Twenty steps within one pass over the data, with the optimizer that has the least to remember and to save."""


def composed(name: str, *words: str) -> tuple[dict, dict]:
    """The choices and values of `zoo train model=<name>`."""
    cfg = compose.config("train", [f"model={name}", *words])
    return fit.choices_of(cfg.hydra.runtime.choices), fit.values_of(cfg)


def published(name: str) -> str:
    """The name of a network in the table of the seventeen."""
    return {"gz_convnet": "maxout2048_extradense"}.get(name, name.removeprefix("gz_"))


def test_there_is_a_preset_for_each_of_the_seventeen(shared) -> None:
    table = json.loads((shared / "spec/golden/param_counts.json").read_text())
    assert sorted(map(published, SEVENTEEN)) == sorted(table)


@pytest.mark.parametrize("name", SEVENTEEN)
def test_the_preset_has_the_published_number_of_parameters_and_recentring(name: str, shared) -> None:
    row = json.loads((shared / "spec/golden/param_counts.json").read_text())[published(name)]
    choices, config = composed(name)
    tree = read_tree(yaml_file.read(registry.CONF / "tree/galaxy_zoo.yaml")["questions"])
    with torch.device("meta"):
        model = build.model(choices, config, tree, 3)
    assert sum(parameter.numel() for parameter in model.parameters()) == row["total"]
    assert config["augmenter"]["recentre"] == row["sextractor"]


def test_one_command_lists_all_seventeen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list = []
    monkeypatch.setattr("zoo.sweep.run", lambda made, *_: jobs.extend(made.jobs))
    assert compose.run_hydra("train", ["-m", "model=glob(gz_*)", f"runs={tmp_path}"]) == 0
    assert sorted(job.choices["model"] for job in jobs) == SEVENTEEN and len(jobs) == 17


def test_repetitions_begin_with_seeds_of_their_own() -> None:
    repeated = [name for name in SEVENTEEN if "_dup" in name]
    seeds = [composed(name)[1]["seed"] for name in repeated]
    assert len(repeated) == 3 and len({0, *seeds}) == 4
    assert composed(repeated[0], "seed=7")[1]["seed"] == 7


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
def test_it_trains_for_twenty_steps(name: str, tmp_path: Path) -> None:
    choices, config = composed(name, *SHORT, f"runs={tmp_path}")
    try:
        run = fit.train(fit.prepare(choices, config))
        assert run.status["step"] == 20 and run.metrics["metrics"]["rmse"]["value"] > 0
    finally:
        shutil.rmtree(tmp_path)  # 300 MB of weights each


def test_a_misspelt_variant_is_answered_with_the_nearest() -> None:
    with pytest.raises(ZooError, match="gz_shareddense"):
        compose.config("train", ["model=gz_shareddens"])
