"""`zoo train -m experiment=ablations`: one change at a time beside the published network, as one list of jobs."""

from pathlib import Path

import pytest
import torch

from zoo import build, compose, fit, registry, yaml_file
from zoo.schema import read_tree

BASELINE = "gz_convnet"
PARTS = ("architecture", "head", "augmenter")


def listed() -> list[str]:
    """The models that the sweep tries."""
    models = compose.config("train", ["experiment=ablations"]).hydra.sweeper.params.model
    return [name.strip() for name in models.split(",")]


def composed(name: str) -> tuple[dict, dict]:
    """The choices and values of one job."""
    cfg = compose.config("train", ["experiment=ablations", f"model={name}"])
    return fit.choices_of(cfg.hydra.runtime.choices), fit.values_of(cfg)


def test_the_sweep_is_a_list_that_begins_with_the_baseline_and_holds_every_ablation() -> None:
    names = listed()
    presets = {part.name for part in registry.parts() if part.group == "model" and part.name.startswith("ablation_")}
    assert names[0] == BASELINE and len(set(names)) == len(names)
    assert sorted(names[1:]) == sorted(presets), "add the preset to conf/experiment/ablations.yaml, or take it out"


@pytest.mark.parametrize("name", listed()[1:])
def test_an_ablation_changes_one_thing_and_can_be_built(name: str) -> None:
    choices, config = composed(name)
    _, published = composed(BASELINE)
    changed = {
        (group, key) for group in PARTS for key in config[group] if config[group][key] != published[group].get(key)
    }
    groups = {group for group, _ in changed}
    assert groups in ({"architecture"}, {"head"}, {"augmenter"}, {"architecture", "augmenter"}), changed
    assert {key: config[key] for key in config if key not in PARTS} == {
        key: published[key] for key in published if key not in PARTS
    }
    tree = read_tree(yaml_file.read(registry.CONF / "tree/galaxy_zoo.yaml")["questions"])
    with torch.device("meta"):
        model = build.model(choices, config, tree, 3)
    size = config["augmenter"]["view_size"]
    features = model.backbone(torch.empty(model.augmenter.num_views, 3, 3, size, size, device="meta"))
    assert features.shape == (3, model.head.answers.in_features)


def test_the_command_line_sets_size_and_length_of_every_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list = []
    monkeypatch.setattr("zoo.sweep.run", lambda made, *_: jobs.extend(made.jobs))
    words = ["-m", "experiment=ablations", "dataset.size=60", "stages.0.steps=2", f"runs={tmp_path}"]
    assert compose.run_hydra("train", words) == 0
    assert [job.choices["model"] for job in jobs] == listed()
    assert {(job.cfg.dataset.size, job.cfg.stages[0].steps, job.names["dataset"]) for job in jobs} == {
        (60, 2, "simulated")
    }
