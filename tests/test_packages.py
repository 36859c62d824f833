"""A run made with a package that is gone, older or newer says which one to install, in one sentence."""

import json
import shutil
import sys
from pathlib import Path

import killer
import pytest
import yaml
from plant import plant

from conftest import forget
from zoo import build, compose, fit, packages, registry, run_dataset
from zoo.errors import CheckpointError, UnknownPart, ZooError
from zoo.run import Run, full_name

PART = "# A part.\n_target_: zoo_x.net.Net\n"
MADE = {"architecture": {"name": "net", "provider": "zoo-x", "version": "0.3"}}


def planted(site: Path, version: str, part: str | None = "architecture/net", **named) -> None:
    """zoo-x of this version, with this part."""
    plant(site, "zoo-x", version=version, conf={part or "architecture/other": PART}, **named)
    forget()


def said(choices: dict) -> str:
    """What is said of a run whose part is not here."""
    with pytest.raises(UnknownPart) as refused:
        packages.require(choices, choices)
    return str(refused.value)


def test_p15_a_package_that_is_gone_is_named_with_its_version():
    assert said(MADE) == "architecture=net comes from zoo-x 0.3, which is not installed here: pip install zoo-x==0.3."


@pytest.mark.parametrize("version", ["0.1", "0.5"])
def test_p15_a_package_that_lacks_the_part_now_is_named_with_both_versions(site: Path, version: str):
    planted(site, version, part=None)
    assert said(MADE) == (
        f"architecture=net comes from zoo-x 0.3, and zoo-x {version}, which is here, has no such part: "
        "pip install zoo-x==0.3."
    )


def test_p15_a_package_that_does_not_work_is_named_with_its_state(site: Path, monkeypatch: pytest.MonkeyPatch):
    planted(site, "0.3")
    monkeypatch.setenv("ZOO_DISABLE_PLUGINS", "zoo-x")
    forget()
    assert said(MADE) == (
        "architecture=net comes from zoo-x 0.3, and here the plugin zoo-x 0.3 is disabled: "
        "ZOO_DISABLE_PLUGINS names it → take it out of ZOO_DISABLE_PLUGINS."
    )


def test_a_folder_of_ones_own_has_no_version_and_is_to_be_given_again():
    mine = {"head": {"name": "mine", "provider": registry.MINE, "version": ""}}
    assert said(mine) == "head=mine comes from --config-dir, a folder of somebody's own: give that folder again."


def test_a_part_of_the_core_that_is_gone_names_the_distribution():
    core = {"optimizer": {"name": "old", "provider": "zoo", "version": "0.0.9"}}
    assert said(core).endswith("has no such part: pip install galaxy-model-zoo==0.0.9.")


def of_another_version(run: Path, folder: Path, version: str, **changed: object) -> Run:
    """A copy of a run as if it had been made with zoo-toy of this version, and with these values of its backbone."""
    copy = Run(shutil.copytree(run, folder / "copy"))
    choices = {group: part | {"version": version} for group, part in copy.choices.items() if part["provider"] != "zoo"}
    copy.tell(copy.choices | choices, copy.config | {"architecture": copy.config["architecture"] | changed})
    return Run(copy.folder)


@pytest.mark.parametrize("version", ["0.9", "1.1"])
def test_a_run_of_an_older_or_newer_package_is_used_and_that_is_said(toy_run, tmp_path, caplog, version: str):
    run = of_another_version(toy_run, tmp_path, version)
    assert build.load_model(run)
    (line,) = [record.getMessage() for record in caplog.records if "W-VERSION" in record.getMessage()]
    assert f"architecture=convolution was made with zoo-toy {version}, and 1.0 is here" in line
    assert line.endswith(f"; for its own numbers pip install zoo-toy=={version}")


def test_a_run_whose_weights_no_longer_fit_names_the_version_that_they_fit(toy_run: Path, tmp_path: Path):
    run = of_another_version(toy_run, tmp_path, "0.9", width=5)
    with pytest.raises(CheckpointError, match=r"made with zoo-toy 0\.9, and 1\.0 is here.*pip install zoo-toy==0\.9"):
        build.load_model(run)


def test_a_run_whose_values_no_longer_fit_names_the_version_that_they_fit(toy_run: Path, tmp_path: Path):
    run = of_another_version(toy_run, tmp_path, "0.9", gone=1)
    with pytest.raises(ZooError, match=r"cannot be built: the run has gone, which .*pip install zoo-toy==0\.9"):
        build.load_model(run)


def test_a_run_whose_class_renamed_an_argument_names_the_old_and_the_new(toy_run: Path, tmp_path: Path):
    run = Run(shutil.copytree(toy_run, tmp_path / "copy"))
    renamed = {"broad" if key == "width" else key: value for key, value in run.config["architecture"].items()}
    run.tell(run.choices, run.config | {"architecture": renamed})
    with pytest.raises(ZooError) as refused:
        build.load_model(Run(run.folder))
    assert str(refused.value) == (
        f"architecture=convolution of {run.folder} cannot be built: the run has broad, which Convolution does not "
        "take, and Convolution asks for width, which the run has not: bring back the code that it was made "
        "with, or train again."
    )


def test_a_job_that_goes_on_with_other_versions_says_so(toy_run, tmp_path, caplog, monkeypatch) -> None:
    run = of_another_version(toy_run, tmp_path, "0.9")
    run.say("stopped")
    monkeypatch.setattr(fit, "completed", lambda run: run)
    assert fit.train(run) is run
    (line,) = [record.getMessage() for record in caplog.records if "W-VERSION" in record.getMessage()]
    assert "dataset=blobs was made with zoo-toy 0.9, and 1.0 is here" in line


@pytest.mark.parametrize("group", ["augmenter", "architecture", "head"])
def test_p15_whichever_part_of_a_model_is_gone_is_named_before_anything_is_written(toy_run, tmp_path, capsys, group):
    run = Run(shutil.copytree(toy_run, tmp_path / "copy"))
    run.tell(run.choices | {group: {"name": "nebula", "provider": "zoo-nebulae", "version": "2.1"}}, run.config)
    assert compose.run_hydra("predict", [f"run={run.folder}", f"out={tmp_path / 'out'}"]) == 2
    assert f"{group}=nebula comes from zoo-nebulae 2.1, which is not installed here: pip" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_p15_a_command_that_uses_a_run_names_the_package_of_its_data_set(toy_run, tmp_path, capsys, command: str):
    run = Run(shutil.copytree(toy_run, tmp_path / "copy"))
    gone = run.choices | {"dataset": {"name": "nebulae", "provider": "zoo-dataset-nebulae", "version": "2.1"}}
    run.tell(gone, run.config)
    words = [f"run={run.folder}", f"out={tmp_path / 'out'}"][: 2 if command == "predict" else 1]
    assert compose.run_hydra(command, words) == 2
    told = capsys.readouterr()
    assert told.err == (
        f"zoo {command}: dataset=nebulae comes from zoo-dataset-nebulae 2.1, which is not installed here: "
        "pip install zoo-dataset-nebulae==2.1. [E-PART-UNKNOWN]\n"
    )
    assert not (tmp_path / "out").exists()


def test_p15_a_figure_of_what_the_run_folder_holds_needs_no_data_set(toy_run, tmp_path, capsys):
    run = Run(shutil.copytree(toy_run, tmp_path / "copy"))
    gone = run.choices | {"dataset": {"name": "nebulae", "provider": "zoo-dataset-nebulae", "version": "2.1"}}
    run.tell(gone, run.config)
    assert compose.run_hydra("figure", ["loss", f"run={run.folder}", f"out={tmp_path / 'loss'}"]) == 0
    capsys.readouterr()
    assert compose.run_hydra("figure", ["calibration", f"run={run.folder}", f"out={tmp_path / 'calibration'}"]) == 2
    assert "pip install zoo-dataset-nebulae==2.1" in capsys.readouterr().err


def test_an_unfinished_run_goes_on_with_its_own_version_only(toy: None, tmp_path: Path):
    choices, values = fit.choices_of(killer.PARTS), killer.config(tmp_path)
    run = fit.prepare(choices, values)
    newer = {group: part | {"version": "1.1"} for group, part in choices.items() if part["provider"] == "zoo-toy"}
    run.tell(choices | newer, run.config)
    with pytest.raises(ZooError, match=r"version 1\.1→1\.0.*: pip install zoo-toy==1\.1 to go on, or give rerun=true"):
        fit.prepare(choices, values)


def test_p15_the_same_command_without_the_package_is_told_what_its_run_was_made_with(tmp_path: Path, capsys):
    folder = tmp_path / "runs" / "net-1"
    folder.mkdir(parents=True)
    (folder / "choices.yaml").write_text(yaml.safe_dump(MADE))
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "choices.yaml").write_text("{")
    assert compose.run_hydra("train", ["architecture=net", f"runs={tmp_path / 'runs'}"]) == 2
    assert f"{folder} had it from zoo-x 0.3: pip install zoo-x==0.3. [E-PART-UNKNOWN]" in capsys.readouterr().err


def test_a_part_whose_package_is_here_as_it_was_and_has_it_no_more_needs_its_file_and_no_installation(
    site: Path, tmp_path: Path, capsys
):
    planted(site, "0.3", part=None)
    folder = tmp_path / "runs" / "net-1"
    folder.mkdir(parents=True)
    (folder / "choices.yaml").write_text(yaml.safe_dump(MADE))
    assert compose.run_hydra("train", ["architecture=net", f"runs={tmp_path / 'runs'}"]) == 2
    assert f"{folder} had it from zoo-x 0.3: bring back its net.yaml. [E-PART-UNKNOWN]" in capsys.readouterr().err
    assert said(MADE).endswith("and zoo-x 0.3, which is here, has no such part: bring back its net.yaml.")


def test_what_a_run_was_made_with_stands_in_its_choices(toy_run: Path):
    described = json.loads((toy_run / "model.json").read_text())["parts"]
    assert described["architecture"] == {"name": "convolution", "provider": "zoo-toy", "version": "1.0"}
    assert Run(toy_run).choices["architecture"] == described["architecture"]


def test_a_run_is_used_with_the_part_of_its_package(toy_run: Path, site: Path):
    """A package that comes later with a part of the same name, and before it in the alphabet, changes nothing."""
    names = ("architecture/convolution", "dataset/blobs", "augmenter/roll", "head/logistic")
    plant(site, "zoo-aaa", conf=dict.fromkeys(names, "# Another.\n_target_: zoo_aaa.no.Such\n"))
    forget()
    run = Run(toy_run)
    assert type(build.load_model(run).backbone).__module__ == "zoo_toy.parts"
    words = run_dataset.completed("predict", [f"run={toy_run}"])
    assert words[0] == "dataset=zoo-toy/blobs"
    cfg = compose.config("predict", [f"run={toy_run}", "out=nowhere"])
    assert full_name(fit.choices_of(cfg.hydra.runtime.choices)["dataset"]) == "zoo-toy/blobs"
    assert "zoo_aaa.no" not in sys.modules
