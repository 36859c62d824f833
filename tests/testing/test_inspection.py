"""`zoo plugins check` says what the kit finds, also in a package that cannot be imported."""

import functools
import json
from pathlib import Path
from types import SimpleNamespace

import plant
import pytest

from zoo import registry
from zoo.errors import ZooError
from zoo.testing import first_import, inspection, package
from zoo.testing.check import place
from zoo.verbs import check_plugin

BACKBONE = """
from torch import nn
from zoo.architecture import ImageBackbone

class Net(ImageBackbone):
    def __init__(self, num_bands: int, width: int):
        super().__init__()
        self.num_features = width{more}
        self.convolution = nn.Conv2d(num_bands, width, 5, stride=4)

    def image_features(self, images):
        return self.convolution(images).relu().mean((2, 3))
"""
YAML = "# A convolution.\n_target_: zoo_fake.net.Net\nwidth: 4\n"
DATASET = "# A folder.\n_target_: zoo_fake.folder.Folder\nroot: ???\n"


@pytest.fixture
def check(tmp_path, on_path, capsys):
    """A function that installs `zoo-fake` and checks it: its exit code and what is printed."""

    def run(*words: str, more: str = "", **planted) -> tuple[int, list[str]]:  # noqa: ANN003
        conf = {"architecture/net": YAML, "dataset/folder": DATASET}
        modules = {"net.py": BACKBONE.format(more=more)}
        plant.plant(tmp_path, "zoo-fake", **{"conf": conf, "modules": modules, **planted})
        on_path(tmp_path)
        code = check_plugin.main("zoo_fake", words)
        return code, capsys.readouterr().out.splitlines()

    return run


def test_every_check_is_told_failures_with_reason_and_remedy(check):
    code, printed = check("architecture.width=3", more=" + 1")
    failed = [k for k, line in enumerate(printed) if "fails the check" in line]
    named = {printed[k].split(":")[0].removeprefix("architecture=net fails the check ") for k in failed}
    assert {"package_requires_zoo", "readme_has_its_headings", "num_features_is_true"} <= named, "as it was planted"
    assert all(printed[k + 1].startswith("  why: ") and printed[k + 2].startswith("  fix: ") for k in failed)
    passed = [line for line in printed if line.startswith("passed")]
    assert "passed  architecture=net keys_are_arguments" in passed
    assert "skipped dataset=folder every_check: give dataset.root=…" in printed
    assert (code, printed[-1]) == (1, f"{len(passed)} passed, {len(failed)} failed")


def test_an_error_of_the_part_is_told_with_the_line_where_it_came_up(check):
    _, printed = check(more=" + None")
    failed = [line for line in printed if "fails the check shapes" in line]
    assert failed and "TypeError (net.py, line 8): unsupported operand" in failed[0]


def test_a_library_below_a_folder_of_the_packages_name_is_not_the_package():
    """As in a virtual environment within the checkout of a package."""
    above = Path(json.__file__).parts[-3]
    try:
        json.loads("{")
    except ValueError as error:
        assert place(SimpleNamespace(package=lambda: above), error) == ""
        assert place(SimpleNamespace(package=lambda: "json"), error).startswith(" (decoder.py, line ")


@pytest.mark.parametrize(
    ("refuses", "sizes", "counts"),
    [
        ("size != 69", (69,), (1, 2)),
        ("size < 64", (64, 69, 89), (1, 2)),
        ("len(views) != 2", (32, 45, 64), (2,)),
        ("True", (32, 45, 64), (1, 2)),
    ],
)
def test_an_architecture_is_tried_on_views_that_it_does_not_refuse(tmp_path, on_path, refuses, sizes, counts):
    own = f"""
    def forward(self, views):
        size = views.shape[-1]
        if {refuses}:
            raise Incompatible("Other views, please.")
        return super().forward(views)
"""
    source = "from zoo.errors import Incompatible\n" + BACKBONE.format(more="") + own
    plant.plant(tmp_path, "zoo-fake", conf={"architecture/net": YAML}, modules={"net.py": source})
    on_path(tmp_path)
    found = inspection.kit(registry.find("architecture", "net"), {})
    assert (found.view_sizes, found.view_counts) == (sizes, counts)


def test_of_a_preset_the_file_is_looked_at(check):
    presets = {"good": "classes", "bad": "no_such_head"}
    text = "# @package _global_\n# A preset.\ndefaults:\n- override /head: {}\n"
    code, printed = check(conf={f"model/{name}": text.format(head) for name, head in presets.items()})
    assert (code, printed[-1]) == (1, "1 passed, 1 failed")
    failed, why, fix, passed, _ = printed
    assert failed.startswith("model=bad fails the check file_is_sound: model/bad of zoo-fake chooses head=no_such_head")
    assert why.startswith("  why: ") and fix.startswith("  fix: ") and passed == "passed  model=good file_is_sound"


@pytest.mark.parametrize(("given", "galaxies"), [({}, 30), ({"size": 7}, 7)])
def test_a_data_set_is_tried_with_the_few_galaxies_that_it_names_unless_others_are_asked_for(given, galaxies):
    with inspection.kit(registry.find("dataset", "simulated"), given)().example() as dataset:
        assert len(dataset) == galaxies


def test_one_fresh_process_serves_all_checks_and_begins_with_the_first(monkeypatch):
    begun = []
    monkeypatch.setattr(first_import, "submitted", functools.cache(lambda *told: begun.append(told)))
    trials = [*inspection.trials_of(registry.find("dataset", "simulated"), {})]
    assert not begun, "before any check is run"
    for trial in trials[:3]:
        trial.run()
    assert [told[:2] for told in begun] == [("zoo_dataset_simulated", "zoo_dataset_simulated.simulated")]


def test_plugins_are_told_apart_by_their_packages_where_their_names_are_the_same(tmp_path, on_path):
    plant.plant(tmp_path, "zoo-fake", "import nowhere")
    plant.plant(tmp_path, "zoo-twin", conf={"architecture/net": YAML})
    entries = tmp_path / "zoo_twin-0.3.dist-info" / "entry_points.txt"
    entries.write_text("[zoo]\nzoo-fake = zoo_twin\n")
    on_path(tmp_path)
    assert package.trouble(*package.entry_of("zoo-twin")) == ""
    assert "No module named 'nowhere'" in package.trouble(*package.entry_of("zoo-fake"))
    assert "zoo-fake" in first_import.others("zoo_twin") and "zoo-twin" not in first_import.others("zoo_twin")


def test_a_part_whose_file_cannot_be_read_fails_and_the_others_are_tried(check):
    code, printed = check(conf={"head/lost": "# A head.\nwidth: [\n", "dataset/folder": DATASET})
    assert any(line.startswith("head=lost cannot be composed: ") for line in printed)
    assert "skipped dataset=folder every_check: give dataset.root=…" in printed
    assert (code, printed[-1]) == (1, "0 passed, 1 failed")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(7)", "a process that imports zoo_fake ends with 7: without a word"),
        ("import nowhere", "ends with 1: ModuleNotFoundError: No module named 'nowhere'"),
        ("while True: pass", "importing zoo_fake takes more than 2 s"),
        ("import zoo", "no function of zoo_fake is marked with @zoo.hookimpl"),
    ],
)
def test_p02_p03_a_package_that_cannot_be_imported_fails_and_harms_nobody(check, monkeypatch, source: str, said: str):
    monkeypatch.setattr(package, "SECONDS", 2.0)
    code, printed = check(source=source)
    assert code == 1 and said in printed[0] and printed[-1] == "0 passed, 1 failed"


@pytest.mark.parametrize(("package", "words", "said"), [
    ("zoo-nobody", (), "has no plugin zoo-nobody installed"),
    ("zoo-head-classes", ("dropout=0",), "'dropout=0' is no value of a part"),
])  # fmt: skip
def test_a_package_or_value_that_is_none_is_refused(package: str, words: tuple[str, ...], said: str):
    with pytest.raises(ZooError, match=said):
        check_plugin.main(package, words)
