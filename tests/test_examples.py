"""The example packages are strangers: not installed here, built by the template, and working once they are."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import fresh_environment
import pytest
from fresh_environment import PROJECTS, ROOT, run
from plant import link

from conftest import forget
from zoo import registry, template

EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/pyproject.toml"))
NETWORK, GALAXY10 = "zoo-architecture-group-convnet", "zoo-dataset-galaxy10"


@pytest.fixture
def examples(site: Path) -> None:
    """The example packages, as if they were installed, for one test."""
    for folder in EXAMPLES:
        link(site, folder)
    forget()


def own_tests(package: str) -> ModuleType:
    """The module of an example's own tests, whose laws can be called."""
    (path,) = (ROOT / "examples" / package / "tests").glob("test_*.py")
    spec = importlib.util.spec_from_file_location(f"{path.stem}_of_the_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_example_is_installed_with_zoo():
    assert {NETWORK, GALAXY10} == {folder.name for folder in EXAMPLES}
    assert not {part.provider for part in registry.parts()} & {NETWORK, GALAXY10}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_has_every_file_of_the_template(folder: Path):
    kind, name = folder.name.split("-", 2)[1:]
    planned = {path for path, _ in template.files([template.NewPart(kind, name.replace("-", "_"))], folder.name)}
    missing = [path for path in planned if not (folder / path).is_file()]
    assert not missing, f"zoo plugins new wrote these too: {missing}"


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_imports_nothing_of_our_tests(folder: Path):
    ours = {path.stem for path in (ROOT / "tests").glob("*.py")}
    words = {line.split()[1].partition(".")[0] for path in folder.rglob("*.py") for line in imports(path)}
    assert not words & ours


def imports(path: Path) -> list[str]:
    """The lines of a file that import."""
    return [line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))]


def test_the_group_network_does_not_see_how_a_galaxy_lies(examples: None):
    laws = own_tests(NETWORK)
    for mirrors in (True, False):
        laws.test_features_are_the_same_for_every_pose_of_a_galaxy(mirrors, (24, 33))
    laws.test_features_differ_between_galaxies_and_without_mirrors_between_mirror_images()
    kit = laws.TestGroupConvnet()
    for check in (kit.test_shapes, kit.test_channels_last, kit.test_keys_are_arguments):
        check()


def test_galaxy10_gives_what_is_in_the_file(examples: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    laws = own_tests(GALAXY10)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    laws.write(tmp_path)
    laws.test_pixels_labels_and_positions_are_those_of_the_file(tmp_path)


@pytest.mark.torture
def test_the_examples_are_installed_as_wheels_tested_and_trained_where_only_wheels_are(tmp_path: Path):
    bin = fresh_environment.make(tmp_path, [*PROJECTS, *EXAMPLES])
    for folder in EXAMPLES:
        tests = shutil.copytree(folder / "tests", tmp_path / folder.name)
        run(bin / "python", "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", cwd=tests)
    laws = own_tests(GALAXY10)
    laws.ROWS = 60
    laws.write(tmp_path)
    words = ["architecture=group_convnet", "architecture.width=4", "head=classes", "dataset=galaxy10", "batch_size=4"]
    words += [f"dataset.root={tmp_path}", "dataset.sha256=null", "stages.0.steps=2", "augmenter=single"]
    folder = run(bin / "zoo", "train", *words, "augmenter.view_size=16", cwd=tmp_path).strip()
    assert (tmp_path / folder / "model.safetensors").is_file()
