"""Each check that all kinds of parts share finds the plugin that breaks its rule."""

import re
from pathlib import Path
from textwrap import dedent

import pytest
from testing.fake_plugin import README, install

import zoo.testing
from zoo.testing.check import CheckFailed, checks
from zoo.testing.part import PartConformance

HOOKS = """
from pathlib import Path
from zoo import hookimpl

@hookimpl
def zoo_conf():
    return Path(__file__).parent / "conf"
"""
PART = """
class Part:
    def __init__(self, width, sizes):
        self.width, self.sizes = width, sizes
"""
YAML = """# A part that does nothing.
_target_: zoo_fake.part.Part
width: 3
sizes: [1, 2]
"""


class Kit(zoo.testing.AugmenterConformance):
    name = "fake"


@pytest.fixture
def plugin(tmp_path, on_path):
    """A function that installs the plugin `zoo-fake`, sound but for what it is told."""

    def make(hooks: str = "", part: str = PART, yaml: str = YAML, package: str = "zoo_fake", **metadata: str) -> None:
        folder = tmp_path / package
        (folder / "conf" / "augmenter").mkdir(parents=True)
        (folder / "__init__.py").write_text(HOOKS + dedent(hooks))
        (folder / "part.py").write_text(dedent(part))
        (folder / "conf" / "augmenter" / "fake.yaml").write_text(yaml)
        install(tmp_path, package, **metadata)
        on_path(tmp_path)

    return make


def finding(check: str, kit: type = Kit) -> str:
    """What the check says about the fake plugin."""
    with pytest.raises(CheckFailed) as failure:
        getattr(kit(), f"test_{check}")()
    first, why, fix = str(failure.value).splitlines()
    known = {known.name: known for known in checks(kit)}[check]
    assert (why, fix) == (f"  why: {known.why}", f"  fix: {known.fix}")
    assert first.startswith(f"augmenter={kit.name} fails the check {check}: ")
    return first


def with_body(line: str) -> str:
    """A part whose constructor does something more."""
    return f"{PART}        {line}\n"


@pytest.mark.parametrize("name", [check.name for check in checks(PartConformance)])
def test_a_sound_plugin_passes(plugin, name):
    plugin()
    getattr(Kit(), f"test_{name}")()


def test_an_expected_failure_that_is_no_check_is_refused(plugin):
    plugin()
    kit = type("Kit", (Kit,), {"expected_failures": {"no_such_check": "a reason"}})
    assert "expected_failures names no_such_check" in finding("expected_failures_are_checks", kit)


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"requires": ""}, "zoo-fake does not require galaxy-model-zoo"),
        ({"requires": "galaxy-model-zoo"}, "zoo-fake requires galaxy-model-zoo in no version"),
        ({"summary": ""}, "zoo-fake has no summary"),
    ],
)
def test_a_package_must_say_what_it_is_and_which_zoo_it_needs(plugin, metadata, found):
    plugin(**metadata)
    assert found in finding("package_requires_zoo")


def test_two_packages_with_one_name_are_found(plugin):
    plugin(package="zoo_fake")
    plugin(package="zoo_twin")
    assert "provided by zoo-fake and zoo-twin" in finding("name_is_unique")


@pytest.mark.parametrize("name", ["two words", "a,b", "a=b", "../fake", "fake.", "größe"])
def test_a_name_that_cannot_be_typed_is_found(plugin, name):
    plugin()
    assert f"it is called {name!r}" in finding("name_can_be_typed", type("Kit", (Kit,), {"name": name}))


@pytest.mark.parametrize("first", ["", "#\n", "width: 3\n"])
def test_a_part_needs_a_summary(plugin, first):
    plugin(yaml=first + YAML.partition("\n")[2])
    assert "the first line of fake.yaml is" in finding("yaml_begins_with_a_summary")


@pytest.mark.parametrize(
    ("yaml", "part", "found"),
    [
        (YAML + "depth: 4\n", PART, "['depth'], which are no arguments"),
        (YAML.replace("width: 3\n", ""), PART, "arguments ['width'] have no key"),
        (YAML, "class Part:\n    def __init__(self, **options): ...\n", "takes **options"),
        (YAML + "schema: classes\n", PART.replace("width,", "width, schema,", 1), "passes"),
    ],
)
def test_yaml_and_constructor_must_agree(plugin, yaml, part, found):
    plugin(yaml=yaml, part=part)
    if found == "passes":  # only a head is told a schema
        Kit().test_keys_are_arguments()
    else:
        assert found in finding("keys_are_arguments")


def test_a_constructor_must_leave_its_values_alone(plugin):
    plugin(part=with_body("sizes.append(3)"))
    assert "changes the values that it is given" in finding("values_are_plain")


@pytest.mark.parametrize(
    ("value", "found"), [(".nan", "not JSON compliant"), ("!!binary aGVsbG8=", "bytes"), ("{1: 2}", "something else")]
)
def test_values_must_be_plain(plugin, value, found):
    plugin(yaml=YAML.replace("3", value))
    assert found in finding("values_are_plain")


@pytest.mark.parametrize(
    ("hooks", "found"), [("import scipy", "imports scipy"), ("import time; time.sleep(1.1)", "takes 1.")]
)
def test_a_heavy_plugin_is_found(plugin, hooks, found):
    plugin(hooks=hooks)
    assert found in finding("plugin_is_light")


@pytest.mark.parametrize("where", ["hooks", "part"])
def test_a_plugin_that_prints_is_found(plugin, where):
    plugin(**{where: (PART if where == "part" else "") + 'print("hello")'})
    assert "prints 'hello" in finding("import_is_silent")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import os; os.environ['OMP_NUM_THREADS'] = '7'", "environment"),
        ("import os; os.chdir('/')", "working directory"),
        ("import random; random.seed(0)", "random state of python"),
        ("import numpy; numpy.random.seed(0)", "random state of numpy"),
        ("import warnings; warnings.simplefilter('ignore')", "warning filters"),
        ("import logging; logging.basicConfig(level=10)", "logging"),
        ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal handlers"),
        ("import sys; sys.excepthook = print", "excepthook"),
    ],
)
def test_an_import_that_changes_the_process_is_found(plugin, line, found):
    plugin(part=f"import numpy\n{PART}\n{line}\n")
    assert f"changes the process's {found}" in finding("import_changes_nothing")


def test_an_import_that_changes_torch_is_found(plugin):
    lines = "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\ntorch.manual_seed(3)\n"
    lines += "torch.use_deterministic_algorithms(True)\ntorch.set_float32_matmul_precision('medium')\n"
    plugin(part=f"import torch\n{PART}\n{lines}torch.set_num_threads(7)\n")
    found = "random state of torch, default dtype, grad mode, deterministic algorithms, matmul precision, threads"
    assert f"process's {found}" in finding("import_changes_nothing")


def test_what_a_library_changes_is_not_held_against_the_plugin(plugin):
    plugin(part=f"import numpy.testing, pandas\n{PART}")
    Kit().test_import_changes_nothing()


@pytest.mark.parametrize("module", ["zoo_head_classes", "zoo.compose"])
def test_a_plugin_that_reaches_too_far_is_found(plugin, module):
    plugin(part=f"import {module}\n{PART}")
    assert f"imports {module}" in finding("stands_alone")


def test_a_class_that_cannot_be_imported_is_found(plugin):
    plugin(part="import no_such_module")
    assert "No module named 'no_such_module'" in finding("stands_alone")


def test_a_constructor_that_changes_the_process_is_found(plugin):
    plugin(part="import random\n" + with_body("random.seed(0)"))
    assert "random state of python" in finding("building_changes_nothing")


def test_a_constructor_that_changes_the_process_once_and_for_all_is_found(plugin, monkeypatch):
    monkeypatch.delenv("ZOO_FAKE", raising=False)
    plugin(part="import os\n" + with_body("os.environ['ZOO_FAKE'] = '1'"))
    Kit().build()
    assert "the process's environment" in finding("building_changes_nothing")


def test_a_constructor_that_calls_a_server_is_found(plugin):
    plugin(part="import urllib.request\n" + with_body('urllib.request.urlopen("http://192.0.2.1", timeout=0.1)'))
    assert "reaches for the network" in finding("needs_no_network")


def test_a_readme_without_its_headings_is_found(plugin):
    plugin(readme=README.replace("## Licence", ""))
    assert "no heading Licence" in finding("readme_has_its_headings")


def test_a_readme_of_the_template_is_skipped_and_not_passed(plugin):
    from zoo.template import TEMPLATE

    plugin(readme=(TEMPLATE / "README.md").read_text())
    with pytest.raises(pytest.skip.Exception, match="the template's sentence under Paper, Licence, Results, Diff"):
        Kit().test_readme_has_its_headings()


def test_a_readme_in_a_checkout_counts_before_that_of_the_metadata(plugin, tmp_path: Path):
    plugin(readme="")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "zoo-fake"\n')
    (tmp_path / "README.md").write_text(README)
    Kit().test_readme_has_its_headings()


PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "zoo-fake"
version = "1.0"
[tool.hatch.build.targets.wheel]
packages = ["zoo_fake"]
"""


def test_a_checkout_whose_wheel_has_the_yaml_passes(plugin, tmp_path: Path):
    plugin()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    Kit().test_wheel_carries_its_yaml()


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ('exclude = ["*.yaml"]\n', "the wheel of zoo-fake has no file augmenter/fake.yaml"),
        ('[tool.hatch.version]\nsource = "nowhere"\n[tool.hatch.metadata.hooks.nowhere]\n', "builds no wheel of"),
    ],
)
def test_a_package_that_leaves_its_yaml_behind_is_found(plugin, tmp_path: Path, more: str, found: str):
    plugin()
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + more)
    assert found in finding("wheel_carries_its_yaml")


def test_every_check_that_parts_share_has_a_plugin_that_fails_it():
    named = set(re.findall(r'finding\("(\w+)"', Path(__file__).read_text()))
    assert named == {check.name for check in checks(PartConformance)}
