"""Training that begins with the weights of another run."""

import copy
from pathlib import Path

import pytest
import torch
from killer import PARTS, config
from safetensors.torch import load_file

from zoo import build, fit, transfer
from zoo.errors import CheckpointError, ZooError
from zoo.run import Run, name
from zoo.schema import Classes
from zoo.training import Training


@pytest.fixture
def choices(toy_run: Path) -> dict[str, dict[str, str]]:
    return fit.choices_of(PARTS)


def test_a_training_begins_where_the_other_ended(toy_run: Path, choices: dict, tmp_path: Path) -> None:
    training = Training(fit.prepare(choices, config(tmp_path, weights=str(toy_run), seed=9)))
    training.go_on()
    torch.testing.assert_close(training.model.state_dict(), load_file(toy_run / "model.safetensors"), rtol=0, atol=0)


def test_a_head_for_other_answers_is_new(toy_run: Path, choices: dict) -> None:
    run = Run.open(toy_run)
    model = build.model(choices, run.config, Classes(("red", "blue")), 3)
    before = copy.deepcopy(model.head.state_dict())
    assert transfer.begin_with(toy_run, model).endswith("the head is new")
    torch.testing.assert_close(model.head.state_dict(), before, rtol=0, atol=0)
    learnt = transfer.below("backbone.", load_file(toy_run / "model.safetensors"))
    torch.testing.assert_close(model.backbone.state_dict(), learnt, rtol=0, atol=0)


def test_weights_are_part_of_a_runs_name_by_their_content(toy_run: Path, choices: dict, tmp_path: Path) -> None:
    copied = tmp_path / "elsewhere"
    copied.mkdir()
    (copied / "model.safetensors").write_bytes((toy_run / "model.safetensors").read_bytes())
    names = [name(choices, config(tmp_path, weights=w), "data") for w in (None, str(toy_run), str(copied))]
    assert names[0] != names[1] == names[2]


def test_another_network_and_an_absent_run_are_refused_before_a_folder_is_made(
    toy_run: Path, choices: dict, tmp_path: Path
) -> None:
    wider = {"width": 5, "dropout": 0.2, "crash": False}
    with pytest.raises(CheckpointError, match="belong to another network"):
        fit.prepare(choices, config(tmp_path / "runs", weights=str(toy_run), architecture=wider))
    with pytest.raises(ZooError, match="There is no run folder"):
        fit.prepare(choices, config(tmp_path / "runs", weights="nowhere"))
    assert not (tmp_path / "runs").exists()
