"""Two packages with a part of one name: the package before the name chooses, wherever a part is named."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from plant import plant

from conftest import forget
from zoo import build, compose, explanation, fit, menu, packages, registry, run_dataset
from zoo.cli import cli
from zoo.errors import UnknownPart, ZooError
from zoo.run import Run, full_name, identity

TWIN = "# {0}'s.\n_target_: zoo_{0}.net.Twin\nwidth: {1}\n"
WIDE = "# Wider.\ndefaults: [twin, _self_]\ndepth: 2\n"
PRESET = "# @package _global_\n# A's own twin.\ndefaults:\n  - override /architecture: twin\n"
OTHERS = ["dataset=blobs", "augmenter=roll", "head=logistic"]


@pytest.fixture
def twins(site: Path, toy: None) -> Path:
    """Two packages with `architecture/twin`: width 1 in a, 2 in b; a inherits from its own, and has a preset."""
    conf = {"architecture/twin": TWIN.format("a", 1), "architecture/wide": WIDE, "model/mine": PRESET}
    plant(site, "zoo-a", conf=conf, modules={"net.py": "class Twin: ..."})
    plant(site, "zoo-b", conf={"architecture/twin": TWIN.format("b", 2)}, modules={"net.py": "class Twin: ..."})
    forget()
    return site


@pytest.mark.parametrize(("name", "width"), [("zoo-a/twin", 1), ("zoo-b/twin", 2), ("Zoo_B/twin", 2)])
def test_the_package_before_the_name_chooses(twins: Path, name: str, width: int):
    cfg = compose.config("train", [f"architecture={name}", *OTHERS])
    assert cfg.architecture.width == width
    assert registry.find("architecture", name).provider == f"zoo-{'ab'[width - 1]}"
    assert build.locate("architecture", name).__module__ == f"zoo_{'ab'[width - 1]}.net"


def test_without_it_both_are_named_and_how_to_choose(twins: Path):
    said = "is provided by zoo-a 0.3 and zoo-b 0.3: choose architecture=zoo-a/twin or architecture=zoo-b/twin, pip un"
    with pytest.raises(ZooError, match=said):
        compose.config("train", ["architecture=twin", *OTHERS])


def test_it_may_always_stand_there(toy: None):
    cfg = compose.config("train", ["architecture=zoo-toy/convolution", "optimizer=zoo/adamw", *OTHERS])
    assert (cfg.architecture.width, cfg.hydra.runtime.choices.optimizer) == (4, "zoo/adamw")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("zoo-a/twn", "No installed package has architecture=zoo-a/twn. Did you mean zoo-a/twin"),
        ("zoo-c/twin", "Did you mean zoo-b/twin or zoo-a/twin"),
        ("zoo-b/wide", "No installed package has architecture=zoo-b/wide. Did you mean zoo-a/wide"),
    ],
)
def test_what_a_package_does_not_have_is_answered_with_what_is_near(twins: Path, name: str, said: str):
    with pytest.raises(UnknownPart, match=said):
        compose.config("train", [f"architecture={name}", *OTHERS])


def test_a_packages_files_mean_its_own_parts(twins: Path):
    inherited = compose.config("train", ["architecture=wide", *OTHERS])
    assert (inherited.architecture.width, inherited.architecture.depth) == (1, 2)
    assert compose.config("train", ["model=mine", *OTHERS]).hydra.runtime.choices.architecture == "zoo-a/twin"
    assert registry.target(registry.find("architecture", "wide")) == "zoo_a.net.Twin"
    assert compose.part_values("architecture", "zoo-b/twin") == {"width": 2}


def test_a_preset_is_overridden_by_the_part_of_another_package(twins: Path):
    assert compose.config("train", ["model=mine", "architecture=zoo-b/twin", *OTHERS]).architecture.width == 2


def test_a_part_is_shown_by_its_package(twins: Path):
    told = CliRunner().invoke(cli, ["plugins", "show", "zoo-b/twin"]).stdout
    assert "architecture/twin: b's." in told and "class: zoo_b.net.Twin" in told
    assert CliRunner().invoke(cli, ["plugins", "show", "architecture/zoo-b/twin"]).stdout == told


def test_a_package_with_several_parts_of_a_name_is_asked_which(site: Path):
    plant(site, "zoo-a", conf={"architecture/twin": TWIN.format("a", 1), "head/twin": TWIN.format("a", 1)})
    forget()
    with pytest.raises(ZooError, match="several parts twin: write architecture/zoo-a/twin or head/zoo-a/twin"):
        registry.meant("zoo-a/twin")


def test_a_value_is_explained_by_the_file_of_the_chosen_package(twins: Path):
    (origin,) = explanation.origins("train", ["architecture=zoo-b/twin", *OTHERS], "architecture.width")
    assert origin.value == 2 and "architecture/twin of zoo-b 0.3" in origin.where
    assert "architecture.width" in menu.settable("train", ["architecture=zoo-b/twin"])


def test_a_misspelt_key_names_the_file_of_the_chosen_package(twins: Path):
    with pytest.raises(ZooError, match=r"`architecture.width` \(conf/architecture/twin.yaml of zoo-b\)"):
        compose.config("train", ["architecture=zoo-b/twin", "architecture.wdith=3", *OTHERS])


def test_a_folder_with_blanks_and_percent_signs_holds_parts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "my parts 100%20"
    (folder / "optimizer").mkdir(parents=True)
    (folder / "optimizer" / "mine.yaml").write_text("# Mine.\ndefaults: [adamw, _self_]\nweight_decay: 0.5\n")
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(folder))
    forget()
    assert compose.part_values("optimizer", "mine")["weight_decay"] == 0.5


def test_runs_of_two_packages_are_two_runs(twins: Path):
    values = {"dataset": {}, "architecture": {"width": 1}}
    one, other = (fit.choices_of({"architecture": f"zoo-{letter}/twin"}) for letter in "ab")
    assert one == {"architecture": {"name": "twin", "provider": "zoo-a", "version": "0.3"}}
    assert identity(one, values, "") != identity(other, values, "")


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


def test_a_run_does_not_take_another_packages_part_for_its_own(twins: Path):
    gone = {"architecture": {"name": "twin", "provider": "zoo-c", "version": "0.3"}}
    with pytest.raises(UnknownPart, match="zoo-c 0.3, which is not installed here: pip install zoo-c==0.3"):
        packages.require(gone, gone)
