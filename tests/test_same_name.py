"""Two packages with a part of one name: the package before the name chooses, wherever a part is named."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from plant import plant

from conftest import forget
from zoo import build, completion, compose, explanation, fit, packages, registry, run_table, signature
from zoo.cli import cli
from zoo.errors import UnknownPart, ZooError
from zoo.run import Run, found_in, identity

TWIN = "# {0}'s.\n_target_: zoo_{0}.net.Twin\nwidth: {1}\n"
WIDE = "# Wider.\ndefaults: [twin, _self_]\ndepth: 2\n"
PRESET = "# @package _global_\n# A's own twin.\ndefaults:\n  - override /architecture: twin\n"
OTHERS = ["dataset=blobs", "augmenter=roll", "head=logistic"]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two packages with `architecture/twin`: width 1 in a, 2 in b; a inherits from its own, and has a preset."""
    site = tmp_path_factory.mktemp("site")
    conf = {"architecture/twin": TWIN.format("a", 1), "architecture/wide": WIDE, "model/mine": PRESET}
    plant(site, "zoo-a", conf=conf, modules={"net.py": "class Twin: ..."})
    plant(site, "zoo-b", conf={"architecture/twin": TWIN.format("b", 2)}, modules={"net.py": "class Twin: ..."})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        patch.syspath_prepend(Path(__file__).parent / "toy")
        forget()
        yield
    forget()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("zoo_a", "zoo_b")]:
        del sys.modules[name]


@pytest.mark.parametrize(("name", "width"), [("zoo-a/twin", 1), ("zoo-b/twin", 2), ("Zoo_B/twin", 2)])
def test_the_package_before_the_name_chooses(twins: None, name: str, width: int):
    assert compose.part_values("architecture", name) == {"width": width}
    assert registry.find("architecture", name).provider == f"zoo-{'ab'[width - 1]}"
    assert build.locate("architecture", name).__module__ == f"zoo_{'ab'[width - 1]}.net"


def test_without_it_both_are_named_and_how_to_choose(twins: None):
    said = "is provided by zoo-a 0.3 and zoo-b 0.3: choose architecture=zoo-a/twin or architecture=zoo-b/twin, pip un"
    with pytest.raises(ZooError, match=said):
        compose.config("train", ["architecture=twin", *OTHERS])


def test_it_may_always_stand_there(twins: None):
    for group, name in (("architecture", "zoo-toy/convolution"), ("optimizer", "zoo/adamw")):
        assert compose.part_values(group, name) == compose.part_values(group, name.rpartition("/")[2])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("zoo-a/twn", "No installed package has architecture=zoo-a/twn. Did you mean zoo-a/twin"),
        ("zoo-c/twin", "Did you mean zoo-b/twin or zoo-a/twin"),
        ("zoo-b/wide", "No installed package has architecture=zoo-b/wide. Did you mean zoo-a/wide"),
    ],
)
def test_what_a_package_does_not_have_is_answered_with_what_is_near(twins: None, name: str, said: str):
    with pytest.raises(UnknownPart, match=said):
        registry.find("architecture", name)


def test_so_is_what_is_typed(twins: None):
    with pytest.raises(UnknownPart, match="No installed package has architecture=zoo-b/wide. Did you mean zoo-a/wide"):
        compose.config("train", ["architecture=zoo-b/wide", *OTHERS])


def test_a_packages_files_mean_its_own_parts(twins: None):
    assert compose.part_values("architecture", "wide") == {"width": 1, "depth": 2}
    assert signature.target(registry.find("architecture", "wide")) == "zoo_a.net.Twin"
    assert compose.config("train", ["model=mine", *OTHERS]).hydra.runtime.choices.architecture == "zoo-a/twin"


def test_a_preset_is_overridden_by_the_part_of_another_package(twins: None):
    assert compose.config("train", ["model=mine", "architecture=zoo-b/twin", *OTHERS]).architecture.width == 2


def test_a_part_is_shown_by_its_package(twins: None):
    told = CliRunner().invoke(cli, ["plugins", "show", "zoo-b/twin"]).stdout
    assert "architecture/twin: b's." in told and "class: zoo_b.net.Twin" in told
    assert CliRunner().invoke(cli, ["plugins", "show", "architecture/zoo-b/twin"]).stdout == told


def test_a_package_with_several_parts_of_a_name_is_asked_which(site: Path):
    plant(site, "zoo-d", conf={"architecture/twin": TWIN.format("d", 1), "head/twin": TWIN.format("d", 1)})
    forget()
    with pytest.raises(ZooError, match="several parts twin: write architecture/zoo-d/twin or head/zoo-d/twin"):
        registry.meant("zoo-d/twin")


def test_a_name_alone_is_the_part_that_has_it_or_asks_which(twins: None):
    assert str(registry.meant("simulated")) == "dataset/simulated"
    with pytest.raises(ZooError, match="several parts twin: write architecture/zoo-a/twin or architecture/zoo-b/twin"):
        registry.meant("twin")
    with pytest.raises(ZooError, match="'simulatd' is neither a part nor .*did you mean dataset/simulated"):
        registry.meant("simulatd")


def test_a_package_without_that_part_says_what_it_has(twins: None):
    with pytest.raises(UnknownPart, match="^zoo-a has no part nope: it has .*architecture/twin") as unknown:
        registry.meant("zoo_a/nope")
    assert "zoo-b" not in str(unknown.value)


def test_a_value_is_explained_by_the_file_of_the_chosen_package(twins: None):
    (origin,) = explanation.origins("train", ["architecture=zoo-b/twin", *OTHERS], "architecture.width")
    assert origin.value == 2 and "architecture/twin of zoo-b 0.3" in origin.where
    found = completion.words("train", ["architecture=zoo-b/twin"], "architecture.w")
    assert [word.text for word in found] == ["architecture.width="]


def test_a_misspelt_key_names_the_file_of_the_chosen_package(twins: None):
    with pytest.raises(ZooError, match=r"`architecture.width` \(conf/architecture/twin.yaml of zoo-b\)"):
        compose.config("train", ["architecture=zoo-b/twin", "architecture.wdith=3", *OTHERS])


def test_a_folder_with_blanks_and_percent_signs_holds_parts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "my parts 100%20"
    (folder / "optimizer").mkdir(parents=True)
    (folder / "optimizer" / "mine.yaml").write_text("# Mine.\ndefaults: [adamw, _self_]\nweight_decay: 0.5\n")
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(folder))
    forget()
    assert compose.part_values("optimizer", "mine")["weight_decay"] == 0.5


def test_runs_of_two_packages_are_two_runs(twins: None):
    values = {"dataset": {}, "architecture": {"width": 1}}
    one, other = (fit.choices_of({"architecture": f"zoo-{letter}/twin"}) for letter in "ab")
    assert one == {"architecture": {"name": "twin", "provider": "zoo-a", "version": "0.3"}}
    assert identity(one, values, "") != identity(other, values, "")


def test_a_run_does_not_take_another_packages_part_for_its_own(twins: None):
    gone = {"architecture": {"name": "twin", "provider": "zoo-c", "version": "0.3"}}
    with pytest.raises(UnknownPart, match="zoo-c 0.3, which is not installed here: pip install zoo-c==0.3"):
        packages.require(gone, gone)


def test_a_sweep_over_both_has_a_job_for_each(twins: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    jobs = []
    monkeypatch.setattr("zoo.sweep.run", lambda found, *rest: jobs.extend(found.jobs))
    words = ["--multirun", "architecture=zoo-a/twin,zoo-b/twin", *OTHERS, f"runs={tmp_path}"]
    assert compose.run_hydra("train", words) == 0
    chosen = [fit.choices_of(job.names)["architecture"] for job in jobs]
    assert [(part["name"], part["provider"]) for part in chosen] == [("twin", "zoo-a"), ("twin", "zoo-b")]
    assert [job.choices["architecture"] for job in jobs] == ["zoo-a/twin", "zoo-b/twin"]
    assert [job.cfg.architecture.width for job in jobs] == [1, 2]


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """A run of each twin."""
    for letter in "ab":
        (tmp_path / letter).mkdir()
        choice = {"name": "twin", "provider": f"zoo-{letter}", "version": "0.3"}
        Run(tmp_path / letter).tell({"architecture": choice}, {"seed": 0})
    return found_in(tmp_path)


def test_runs_are_filtered_by_package_and_name(runs: list[Run]):
    found = {word: run_table.wanted(runs, {"architecture": word}) for word in ("twin", "zoo-b/twin", "x")}
    names = {word: [one.folder.name for one in those] for word, those in found.items()}
    assert names == {"twin": ["a", "b"], "zoo-b/twin": ["b"], "x": []}


def test_a_table_of_runs_tells_two_packages_apart_and_names_one_by_its_part_alone(runs: list[Run]):
    lines = [run_table.Line([one]) for one in runs]
    assert [row["architecture"] for row in run_table.rows(lines, None, [])] == ["zoo-a/twin", "zoo-b/twin"]
    assert [row["architecture"] for row in run_table.rows(lines[:1], None, [])] == ["twin"]
