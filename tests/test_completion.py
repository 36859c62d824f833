"""What a shell offers behind `zoo`: groups, parts, keys and paths, at once and from files alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class
from plant import plant

from conftest import forget
from zoo import completion
from zoo.cli import cli

HEAVY = ("torch", "lightning", "pandas", "hydra", "omegaconf", "numpy")
WIDE = "# Wider.\n_target_: zoo_wide.net.Wide\nwidth: 8  # enough\nblocks:\n- {units: 3}\nnoise: {strength: 0}\n"


def offered(typed: str, verb: str = "train") -> list[str]:
    """What the last of the typed words may become."""
    *before, incomplete = typed.split(" ")
    return [word.text for word in completion.words(verb, before, incomplete)]


def said(shell: str, typed: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that a shell's script gets for a line that is being typed."""
    words = typed.split(" ")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words) if shell == "bash" else typed)
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    return get_completion_class(shell)(cli, {}, "zoo", "_ZOO_COMPLETE").complete().splitlines()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("arch", ["architecture="]),
        ("architecture=tin", ["architecture=tiny"]),  # zsh, fish
        ("architecture = tin", ["tiny"]),  # bash, after the first letter
        ("architecture = tiny,tin", ["tiny,tiny"]),  # a sweep
        ("see", ["seed="]),
        ("check", ["checkpoints."]),
        ("checkpoints.", ["checkpoints.every_seconds="]),
        ("architecture=tiny architecture.w", ["architecture.width="]),
        ("architecture = tiny architecture.w", ["architecture.width="]),
        ("architecture=zoo-architecture-ti", []),  # it may also be the name of a part
        ("architecture=zoo-architecture-tiny/", ["architecture=zoo-architecture-tiny/tiny"]),
        ("architecture=zoo-architecture-tiny/tiny architecture.w", ["architecture.width="]),
        ("nonsense", []),
        ("architecture=nonsense", []),
        ("nonsense=", []),
    ],
)
def test_groups_parts_and_keys_are_offered(tiny: Path, typed: str, wanted: list[str]):
    assert offered(typed) == wanted


def test_bash_right_behind_the_equals_sign_gets_all_parts(tiny: Path):
    assert {"tiny", "resnet18"} <= {*offered("architecture =")}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("sta", ["state="]), ("architecture=tin", ["architecture=tiny"]), ("architecture = tin", ["tiny"])],
)
def test_runs_are_asked_for_by_keys_of_their_own_and_by_the_words_of_trainings(tiny: Path, typed: str, wanted):
    *before, incomplete = typed.split(" ")
    assert [word.text for word in completion.run_words(before, incomplete)][: len(wanted)] == wanted


def test_behind_the_equals_sign_of_bash_no_key_is_offered(tiny: Path):
    """`zoo runs architecture=s` may go on with a part in s, and never with `state=`."""
    assert not any(word.text.endswith("=") for word in completion.run_words(["architecture", "="], "s"))


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("architecture.conv_a", "architecture.conv_act="),  # of the command's own architecture
        ("model=xception architecture.pre", "architecture.pretrained="),  # a preset's, which inherits it
        ("experiment=khan2019 head.hid", "head.hidden="),  # of a preset that an experiment chooses
        ("stages=khan2019 stages.2.l", "stages.2.lr="),
        ("architecture.dense.1.u", "architecture.dense.1.units="),
        ("dataset=cutouts surv", "survey="),  # a group of a part's own
        ("experiment=khan2019 surv", "survey="),
        ("dataset=cutouts tree@", "tree@dataset.tree="),
        ("trainer.dev", "trainer.devices="),
    ],
)
def test_keys_are_those_of_the_parts_that_would_be_taken(typed: str, wanted: str):
    assert wanted in offered(typed)


def test_a_key_of_a_stage_is_offered_with_its_reason():
    assert completion.words("train", [], "stages.0.lr") == [
        ("stages.0.lr=", False, "the highest rate; the scheduler does the rest")
    ]


def test_what_is_typed_goes_before_what_a_preset_chooses():
    assert not offered("model=xception architecture=gz_convnet architecture.pretr")
    assert offered("experiment=khan2019 model=gz_convnet architecture.conv_a") == ["architecture.conv_act="]


def test_a_strangers_keys_are_offered_however_deep_and_with_their_reasons(site: Path):
    plant(site, "zoo-wide", conf={"architecture/wide": WIDE})
    forget()
    found = completion.words("train", ["architecture=wide"], "architecture.")
    keys = ["width", "blocks.0.units", "noise.strength"]
    assert [word.text for word in found] == [f"architecture.{key}=" for key in keys]
    assert (found[0].done, found[0].why) == (False, "enough")
    assert completion.words("train", [], "architecture=wi") == [("architecture=wide", True, "Wider.")]


def test_a_file_that_is_no_yaml_is_passed_over(site: Path):
    plant(site, "zoo-wide", conf={"architecture/wide": "# Wider.\nwidth: [\n"})
    forget()
    assert offered("architecture=wide se") == ["seed="]
    assert offered("architecture=wide architecture.") == []


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with some runs."""
    for name in ("runs/first", "runs/second", ".hidden", "with blank"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "rows.csv").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("verb", "typed", "wanted"),
    [
        ("predict", "run=", ["run=rows.csv", "run=runs/"]),
        ("predict", "run=runs/f", ["run=runs/first/"]),
        ("predict", "run = runs/", ["runs/first/", "runs/second/"]),  # bash
        ("predict", "run=.h", ["run=.hidden/"]),
        ("predict", "run=nowhere/", []),
        ("train", "dataset.table=ro", ["dataset.table=rows.csv"]),
        ("blend", "catalogues=[runs/first,runs/s", ["catalogues=[runs/first,runs/second/"]),
    ],
)
def test_paths_are_offered_where_a_key_takes_one(folders, verb: str, typed: str, wanted: list[str]):
    assert offered(typed, verb) == wanted


def test_a_figure_is_offered_by_its_name_alone_and_then_its_keys():
    assert "loss" in offered("lo", "figure")
    assert offered("exciting uni", "figure") == ["unit="]


def test_a_key_is_explained_without_its_equals_sign():
    assert [word.text for word in completion.key_words("train", [], "see")] == ["seed"]
    assert [word.text for word in completion.key_words("train", ["seed"], "mod")] == ["model="]


@pytest.mark.parametrize(
    ("shell", "typed", "wanted"),
    [
        ("bash", "zoo tra", ["plain,train "]),
        ("bash", "zoo train arch", ["plain,architecture="]),
        ("bash", "zoo train architecture = tin", ["plain,tiny "]),
        ("bash", "zoo data ver", ["plain,verify "]),
        ("bash", "zoo plugins show architecture/tin", ["plain,architecture/tiny "]),
        ("bash", "zoo plugins check zoo-architecture-tin", ["plain,zoo-architecture-tiny "]),
        ("bash", "zoo explain checkpoints.", ["plain,checkpoints.every_seconds "]),
        ("bash", "zoo plugins show zoo-architecture-tin", ["plain,zoo-architecture-tiny "]),
        ("bash", "zoo runs so", ["plain,sort="]),
        ("bash", "zoo runs architecture = tin", ["plain,tiny "]),
        ("zsh", "zoo train architecture=tin", ["plain", "architecture=tiny ", "Two convolutions and a mean."]),
        ("zsh", "zoo train see", ["plain", "seed=", "of order, augmentation, dropout and initial weights"]),
        ("fish", "zoo train architecture=tin", ["plain,architecture=tiny\tTwo convolutions and a mean."]),
        ("fish", "zoo train architecture=tiny,tin", ["plain,architecture=tiny,tiny\tTwo convolutions and a mean."]),
    ],
)  # fmt: skip
def test_each_shell_gets_its_form(tiny: Path, monkeypatch, shell: str, typed: str, wanted: list[str]):
    assert said(shell, typed, monkeypatch) == wanted


@pytest.mark.parametrize(
    ("shell", "own"),
    [("bash", "-o nospace"), ("zsh", "compadd -U -Q -S ''"), ("zsh", "-U -Q -S ''\n"), ("fish", 'split -m 1 ","')],
)
def test_the_scripts_of_the_shells_add_no_blank_of_their_own(shell: str, own: str):
    assert own in get_completion_class(shell).source_template, "click's script has changed: look at zoo.shells"


def test_completing_imports_neither_torch_nor_hydra():
    tell = f"import atexit, sys; atexit.register(lambda: print(*({set(HEAVY)!r} & set(sys.modules)), file=sys.stderr))"
    script = f"{tell}\nfrom zoo.cli import main\nmain()"
    typed = {
        "_ZOO_COMPLETE": "zsh_complete",
        "COMP_WORDS": "zoo train model=xception architecture.na",
        "COMP_CWORD": "3",
    }
    done = subprocess.run([sys.executable, "-c", script], env=os.environ | typed, capture_output=True, text=True)
    assert "architecture.name=" in done.stdout
    assert done.stderr.split() == []


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(("typed", "wanted"), [("architecture=tin", "tiny "), ("archit", "architecture=")])
def test_bash_itself_completes(tiny: Path, typed: str, wanted: str):
    """bash splits `architecture=ti` into three words and would add a blank behind `architecture=`."""
    words = ["zoo", "train", *(["architecture", "=", "tin"] if "=" in typed else [typed])]
    script = f"""
    eval "$(_ZOO_COMPLETE=bash_source zoo)"
    complete -p zoo
    COMP_WORDS=({" ".join(words)}) COMP_CWORD={len(words) - 1}
    _zoo_completion zoo {words[-1]} {words[-2]}
    printf '%s|' "${{COMPREPLY[@]}}"
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=os.environ | {"PATH": path})
    options, _, reply = done.stdout.partition("\n")
    assert "-o nospace" in options, done.stderr
    assert reply == f"{wanted}|"
