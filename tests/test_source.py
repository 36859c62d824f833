"""A run whose package was edited since says so, wherever it is found again or used."""

import importlib
import shutil
from pathlib import Path

import killer
import pytest
from plant import plant

from conftest import forget
from zoo import build, fit, registry, source
from zoo.errors import CheckpointError
from zoo.run import Run

CHOSEN = {"architecture": {"name": "net", "provider": "zoo-x", "version": "0.3"}}
PART = {"architecture/net": "# A net.\n_target_: zoo_x.net.Net\n"}


@pytest.fixture
def edited(toy_run: Path, tmp_path: Path) -> Run:
    """A copy of a finished run that began with other code of zoo-toy."""
    run = Run(shutil.copytree(toy_run, tmp_path / "copy"))
    before = source.hashes(run.choices, run.choices)
    source.atomic.write_json(run.folder / source.FILE, dict.fromkeys(before, "another"))
    return run


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of changed code."""
    return [line for record in caplog.records if (line := record.getMessage()).startswith("W-CODE")]


def test_a_change_of_any_module_of_a_package_shows_and_its_yaml_or_place_does_not(site: Path, tmp_path: Path):
    package = plant(site, "zoo-x", conf=PART, modules={"net.py": "a = 1\n", "deep/layer.py": ""})
    forget()
    source.write(tmp_path, CHOSEN)
    (package / "conf" / "architecture" / "net.yaml").write_text("# Other words.\n_target_: zoo_x.net.Net\n")
    assert source.changed(tmp_path, CHOSEN, CHOSEN) == []
    (package / "deep" / "layer.py").write_text("b = 2\n")
    assert source.changed(tmp_path, CHOSEN, CHOSEN) == ["zoo-x"]


def test_looking_at_the_source_imports_nothing(site: Path):
    plant(site, "zoo-x", conf=PART, modules={"net.py": "raise RuntimeError\n"})
    forget()
    assert source.hashes(CHOSEN, CHOSEN).keys() == {"architecture"}


def test_the_core_and_a_package_that_is_gone_have_no_hash(monkeypatch: pytest.MonkeyPatch):
    core = {"name": "sgd", "provider": "zoo", "version": "1"}
    assert source.hashes({"optimizer": core, **CHOSEN}, ["optimizer", "architecture"]) == {}


def test_a_class_of_ones_own_folder_counts_with_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    conf = tmp_path / "conf" / "architecture"
    conf.mkdir(parents=True)
    (conf / "mine.yaml").write_text("# Mine.\n_target_: my_own_nets.Net\n")
    (tmp_path / "my_own_nets.py").write_text("a = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(tmp_path / "conf"))
    importlib.invalidate_caches()
    forget()
    mine = {"architecture": {"name": "mine", "provider": registry.MINE, "version": ""}}
    source.write(tmp_path, mine)
    (tmp_path / "my_own_nets.py").write_text("a = 2\n")
    assert source.changed(tmp_path, mine, mine) == [registry.MINE]


def test_a_finished_run_of_edited_code_is_found_and_that_is_said(toy: None, tmp_path: Path, monkeypatch, caplog):
    choices, values = fit.choices_of(killer.PARTS), killer.config(tmp_path)
    run = fit.prepare(choices, values)
    assert warnings(caplog) == []
    run.say("finished")
    monkeypatch.setattr(source, "sha256", lambda paths: "edited")
    assert fit.prepare(choices, values).folder == run.folder, "the code is no part of the name"
    (line,) = warnings(caplog)
    assert line == (f"W-CODE: the code of zoo-toy has changed since this run, {run.folder}; rerun=true trains again")
    caplog.clear()
    run.say("stopped")
    monkeypatch.setattr(fit, "completed", lambda run: run)
    fit.train(fit.prepare(choices, values))
    assert len(warnings(caplog)) == 1, "an unfinished run that goes on says it too"
    caplog.clear()
    fit.prepare(choices, values | {"rerun": True})
    fit.prepare(choices, values)
    assert warnings(caplog) == [], "a run that is begun afresh remembers the new code"


def test_whatever_uses_a_run_of_edited_code_says_so(edited: Run, caplog: pytest.LogCaptureFixture):
    build.load_model(edited)
    (line,) = warnings(caplog)
    assert line.startswith("W-CODE: the code of zoo-toy has changed since this run")


def test_weights_that_no_longer_fit_are_told_with_the_code_that_has_changed(edited: Run, monkeypatch):
    def other(*_: object) -> None:
        raise CheckpointError("The weights belong to another network.")

    monkeypatch.setattr(build.weights, "load_into", other)
    with pytest.raises(CheckpointError, match="the code of zoo-toy has changed since: bring back the code that it was"):
        build.load_model(edited)


def test_a_run_that_recorded_no_source_is_silent(edited: Run, caplog: pytest.LogCaptureFixture):
    (edited.folder / source.FILE).unlink()
    build.load_model(edited)
    assert warnings(caplog) == []
