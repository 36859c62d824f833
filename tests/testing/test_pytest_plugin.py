"""`pytest --zoo-plugin` tries an installed package, and is nothing where it is not asked."""

import subprocess
import sys
from pathlib import Path

import plant
import pytest
from testing.test_inspection import BACKBONE, DATASET, YAML

from zoo.testing import pytest_plugin

PLAIN = ["-p", "no:zoo", "-p", "no:xdist", "-p", "no:cacheprovider", "-s"]
"""Of the options: the module is handed over, however zoo is installed; one process; the outer test captures."""


@pytest.fixture
def run(tmp_path: Path, on_path, monkeypatch, capsys):
    """A function that installs `zoo-fake` and runs pytest in an empty project: exit code and output."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path / "project")

    def start(*words: str, more: str = "", **planted) -> tuple[int, str]:  # noqa: ANN003
        conf = {"architecture/net": YAML, "dataset/folder": DATASET}
        plant.plant(
            tmp_path, "zoo-fake", **{"conf": conf, "modules": {"net.py": BACKBONE.format(more=more)}, **planted}
        )
        on_path(tmp_path)
        code = pytest.main([*PLAIN, *words], plugins=[pytest_plugin])
        told = capsys.readouterr()
        return int(code), told.out + told.err

    return start


def test_the_checks_of_a_package_are_tests(run):
    Path("test_own.py").write_text("def test_own(): assert False")
    code, said = run("--zoo-plugin", "zoo_fake", "-k", "num_features or keys_are or folder", "-v", "-rs")
    assert code == 0 and "2 passed, 1 skipped" in said, "what lies in the working folder is not collected"
    assert "zoo_fake::architecture=net::num_features_is_true PASSED" in said
    assert "give dataset.root=…" in said


def test_a_failure_says_what_why_and_how_to_mend_it_without_a_traceback(run):
    code, said = run("--zoo-plugin", "zoo-fake", "-k", "num_features", more=" + 1")
    assert code == 1
    assert (
        "architecture=net fails the check num_features_is_true: num_features is 5, forward returns 4 features" in said
    )
    assert "  why: a head is built" in said and "  fix: set the integer" in said and "Traceback" not in said


def test_values_reach_the_parts_and_files_that_are_named_run_too(run):
    Path("test_own.py").write_text("def test_own(): pass")
    words = ["--zoo-plugin", "zoo-fake", "--zoo-value", "architecture.width=3", "-k", "num_features or own"]
    code, said = run("test_own.py", *words, more=" + (width != 3)")
    assert (code, "2 passed" in said) == (0, True)


def test_a_package_that_cannot_be_imported_is_an_error_of_collection(run):
    code, said = run("--zoo-plugin", "zoo-fake", source="import nowhere")
    assert code == 2
    assert "zoo-fake fails before its parts can be looked at: a process that imports zoo_fake ends with 1" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--zoo-plugin", "zoo-nobody"], "has no plugin zoo-nobody installed: pip install zoo-nobody"),
        (["--zoo-plugin", "zoo-fake", "--zoo-value", "width=3"], "'width=3' is no value of a part"),
    ],
)
def test_what_cannot_be_tried_is_a_usage_error(run, words: list[str], said: str):
    code, told = run(*words)
    assert code == pytest.ExitCode.USAGE_ERROR and "ERROR: " in told and said in told


def test_pytest_without_the_option_imports_nothing_for_it():
    tell = "import sys, pluggy, pytest; before = set(sys.modules); import zoo.testing.pytest_plugin"
    done = subprocess.run(
        [sys.executable, "-c", f"{tell}; print(*set(sys.modules) - before)"], capture_output=True, text=True
    )
    assert {*done.stdout.split()} == {"zoo", "zoo.testing", "zoo.testing.pytest_plugin"}
