"""Words become a configuration, or one sentence that says what to type instead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plant import plant

from conftest import forget
from zoo import compose, registry, words, yaml_file
from zoo.errors import Incompatible, UnknownPart, ZooError

TINY = "# Two convolutions.\n_target_: zoo_tiny.net.Tiny\nwidth: 8  # enough\n"
HEAD = "# A head.\n_target_: zoo_tiny.net.Head\ndropout: 0.5\n"
DATA = "# Galaxies.\n_target_: zoo_tiny.net.Data\nroot: null\nsize: 3\n"
AUGMENTER = "# Nothing.\n_target_: zoo_tiny.net.Nothing\n"
CHOICES = ["architecture=tiny", "head=small", "dataset=three", "augmenter=nothing"]


@pytest.fixture(autouse=True)
def parts(site: Path) -> None:
    """One small part of each kind, so that these tests need no plugin of ours."""
    files = {"architecture/tiny": TINY, "head/small": HEAD, "dataset/three": DATA, "augmenter/nothing": AUGMENTER}
    plant(site, "zoo-tiny", conf=files)
    forget()


def answer(capsys: pytest.CaptureFixture[str], *words: str, verb: str = "train") -> tuple[int, str]:
    """The exit code and the one line on stderr of a command that is refused."""
    flags = [word for word in words if word.startswith("-")]
    code = compose.run_hydra(verb, [*flags, *CHOICES, *(word for word in words if word not in flags)])
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1, told.err
    return code, told.err.strip()


def test_a_configuration_has_the_chosen_parts_and_their_values():
    cfg = compose.config("train", [*CHOICES, "architecture.width=16", "stages.0.epochs=2"])
    assert cfg.architecture.width == 16
    assert cfg.stages[0].epochs == 2
    assert cfg.hydra.runtime.choices.architecture == "tiny"
    assert "zoo_tiny.net" not in sys.modules


def test_every_verb_composes_and_its_summary_is_its_first_line():
    for verb in ("train", "evaluate", "predict", "blend", "data"):
        words = CHOICES if verb == "train" else ["dataset=three"]
        assert compose.config(verb, words)
        assert yaml_file.summary(registry.CONF / f"{verb}.yaml")


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("sed=3", "Key 'sed' is not known: did you mean `seed` (conf/train.yaml)?"),
        ("modle=gz_convnet", "did you mean `model` (conf/train.yaml)"),
        ("run=nowhere", "Key 'run' is not known: did you mean `runs` (conf/train.yaml)"),
        ("lr=3", "`stages.0.lr` (conf/stages/default.yaml)"),
        ("architecture.wdith=3", "`architecture.width` (conf/architecture/tiny.yaml of zoo-tiny)"),
        ("augmentr=nothing", "`augmenter` (conf/augmenter/nothing.yaml of zoo-tiny)"),
        ("hydra.swep.dir=x", "Key 'hydra.swep.dir' is not known: did you mean `hydra.sweep.dir` (Hydra)"),
        ("hydra.launcher.paralel=2", "`hydra.launcher.parallel` (Hydra)"),
        ("head.temperature=2", "head has dropout; +head.temperature=… would add it."),
    ],
)
def test_a_misspelt_key_is_answered_with_the_nearest_and_its_file(capsys, word: str, advice: str):
    code, line = answer(capsys, word)
    assert code == 2
    assert advice in line
    assert line.startswith("zoo train: ") and line.endswith("[E-CONFIG]")


def test_a_misspelt_key_in_a_sweep_is_answered_too(capsys, tmp_path: Path):
    code, line = answer(capsys, "-m", "sed=1,2", f"runs={tmp_path}")
    assert (code, "did you mean `seed`" in line) == (2, True)


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("seed=1,2", "'seed=1,2' gives several values: add -m to try each, or write a list as seed=[1,2]."),
        ("seed=a b=c", "put a value with blanks, brackets or = into quotes"),
        ("architecture._target_=os.system", "chooses a class, and only a part does that"),
        ("architecture={_target_: os.system}", "chooses a class, and only a part does that"),
        (
            "hydra/launcher=slurm",
            "Hydra has no hydra/launcher=slurm: choose one of basic, processes, submitit_local, submitit_slurm.",
        ),
    ],
)
def test_words_that_cannot_work_are_refused_with_a_way_out(capsys, word: str, advice: str):
    code, line = answer(capsys, word)
    assert code == 2
    assert advice in line


def test_an_unknown_part_says_what_is_near(capsys):
    code, line = answer(capsys, "architecture=tinny")
    assert (code, "architecture=tinny. Did you mean tiny?" in line) == (2, True)
    assert line.endswith("[E-PART-UNKNOWN]")


def test_an_unknown_part_that_a_preset_names_is_answered_as_if_typed(site: Path):
    preset = "# @package _global_\n# A preset.\ndefaults:\n  - override /architecture: tinny\n"
    plant(site, "zoo-preset", conf={"model/mine": preset})
    forget()
    with pytest.raises(UnknownPart, match=r"No installed package has architecture=tinny\. Did you mean tiny"):
        compose.config("train", [*CHOICES[1:], "model=mine"])


def test_without_any_plugin_the_core_says_which_package_has_the_default_dataset():
    names = ",".join(plugin.name for plugin in registry.plugins())
    done = subprocess.run(
        [sys.executable, "-m", "zoo.cli", "data", "show"],
        env=os.environ | {"ZOO_DISABLE_PLUGINS": names},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "dataset=simulated. The plugin zoo-dataset-simulated " in done.stderr and "is disabled" in done.stderr


def test_a_part_of_two_providers_is_refused_when_a_preset_chooses_it(site: Path):
    plant(site, "zoo-twin", conf={"architecture/tiny": TINY})
    forget()
    with pytest.raises(ZooError, match="architecture/tiny is provided by zoo-tiny 0.3 and zoo-twin 0.3"):
        compose.config("train", CHOICES)


def test_a_value_that_must_be_given_is_named(capsys):
    assert compose.run_hydra("predict", ["dataset=three"]) == 2
    assert "zoo predict needs out=… and run=…" in capsys.readouterr().err


def test_a_folder_of_ones_own_adds_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "architecture").mkdir()
    (tmp_path / "architecture" / "mine.yaml").write_text("# Mine.\ndefaults: [tiny, _self_]\nwidth: 99\n")
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(tmp_path))
    cfg = compose.config("train", [*CHOICES, "architecture=mine"])
    assert (cfg.architecture.width, cfg.architecture["_target_"]) == (99, "zoo_tiny.net.Tiny")


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_any_path_reaches_the_configuration_as_it_was_typed(path: str):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    if words.quoted(path) == path:  # null, choice(…), or in quotes already
        return
    (override,) = OverridesParser.create().parse_overrides([words.override(f"dataset.root={path}")])
    assert override.value() == path


@pytest.mark.parametrize("path", ["a b", "x=1,y=2", "[1]", "it's", "back\\slash\\", "{a: b}", "~/data", "1e3", "true"])
def test_awkward_paths_are_composed_as_typed(path: str):
    assert compose.config("train", [*CHOICES, f"dataset.root={path}"]).dataset.root == path


def test_no_path_stays_null():
    assert compose.config("train", [*CHOICES, "dataset.root=null"]).dataset.root is None


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (Incompatible("This cannot work."), 2, "zoo train: This cannot work. [E-INCOMPATIBLE]\n"),
        (ValueError("two\nlines"), 1, "zoo train: ValueError: two lines (ZOO_DEBUG=1 shows where)\n"),
        (KeyboardInterrupt(), 130, "zoo train: interrupted\n"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(capsys, monkeypatch, error, code, line):
    def fails(cfg: object) -> None:
        raise error

    monkeypatch.setattr("zoo.verbs.train.main", fails)
    assert compose.run_hydra("train", CHOICES) == code
    assert capsys.readouterr() == ("", line)


def test_debugging_shows_the_error_itself(monkeypatch: pytest.MonkeyPatch):
    def fails(cfg: object) -> None:
        raise Incompatible("This cannot work.")

    monkeypatch.setattr("zoo.verbs.train.main", fails)
    monkeypatch.setenv("ZOO_DEBUG", "1")
    with pytest.raises(Incompatible):
        compose.run_hydra("train", CHOICES)


def test_a_broken_plugin_is_mentioned_once_and_the_command_runs(site: Path, capsys, monkeypatch):
    plant(site, "zoo-x", "import foo_nobody_has")
    forget()
    monkeypatch.setattr("zoo.verbs.train.main", lambda cfg: print("ran"))
    assert compose.run_hydra("train", CHOICES) == 0
    told = capsys.readouterr()
    assert told.out == "ran\n"
    assert told.err.count("zoo: plugin zoo-x 0.3 failed to load: No module named 'foo_nobody_has'") == 1


def test_hydra_leaves_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("zoo.verbs.train.main", lambda cfg: None)
    assert compose.run_hydra("train", CHOICES) == 0
    assert list(tmp_path.glob("**/*.log")) == [] and not (tmp_path / ".hydra").exists()
