"""What a plugin may rely on is written down, and changes only with a word of warning."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import interface
import pytest

from zoo import hookspecs, testing

ROOT = Path(__file__).parents[1]
SOURCES = [*ROOT.glob("plugins/*/src/**/*.py"), *ROOT.glob("src/zoo/plugin_template/**/*.py")]
UNRELEASED, RELEASED = "0.2.0 (unreleased)\n", "0.2.0\n"
BASE = {"zoo.head.Head": "class(ABC)", "zoo.head.Head.loss": "(self, outputs)", "zoo.schema.read_tree": "(entries)"}


def test_nothing_of_the_interface_changed_without_a_word():
    written, old = interface.newest()
    found = interface.complaints(old, interface.present(), written, interface.version(), interface.changes())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("dotted", interface.listed())
def test_every_name_of_the_page_can_be_imported(dotted: str):
    module, _, name = dotted.rpartition(".")
    assert hasattr(importlib.import_module(module), name)


def test_no_name_stands_twice_on_the_page():
    names = interface.listed()
    assert sorted(names) == sorted(set(names))


def test_the_page_has_every_hook_and_all_of_the_kit():
    names = set(interface.listed())
    assert {f"zoo.hookspecs.{hook}" for hook in hookspecs.HOOKS} <= names
    assert {f"zoo.testing.{name}" for name in testing.__all__} <= names


def test_our_plugins_and_the_template_use_what_stands_on_the_page_and_nothing_else():
    allowed = set(interface.listed())
    strange = [f"{path.relative_to(ROOT)}: {name}" for path in SOURCES for name in used(path) if name not in allowed]
    assert not strange, "add these to docs/interface.md, or do without them:\n" + "\n".join(sorted(set(strange)))


def used(path: Path) -> Iterator[str]:
    """The names of zoo that a file uses, as `zoo.module.name`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "zoo":
            for alias in node.names:
                if is_module(f"{node.module}.{alias.name}"):
                    modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                else:
                    yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield f"{modules[node.value.id]}.{node.attr}"


def is_module(dotted: str) -> bool:
    """Whether zoo has a module of this name."""
    path = ROOT / "src" / Path(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_a_class_is_written_down_with_the_members_of_bases_that_are_not_public():
    present = interface.present()
    assert present["zoo.dataset.Dataset.__getitem__"] == "@abstractmethod (self, index: int) -> Sample"
    assert present["zoo.dataset.Problem.code"] == "str = 'E-DATA'"
    assert "zoo.testing.ArchitectureConformance.test_yaml_begins_with_a_summary" in present
    assert "zoo.architecture.ImageBackbone.after_step" not in present, "Backbone stands on the page itself"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zoo.head.Head.loss": None}, "zoo.head.Head.loss is gone"),
        ({"zoo.head.Head.loss": "(self)"}, "zoo.head.Head.loss was (self, outputs) and is (self)"),
        ({"zoo.head.Head": "class(nn.Module)"}, "zoo.head.Head was class(ABC) and is class(nn.Module)"),
        ({"zoo.head.Head.draw": "@abstractmethod (self)"}, "zoo.head.Head.draw must now be implemented"),
    ],
)
def test_what_breaks_plugins_needs_a_new_version_and_a_line_in_the_changelog(change: dict, said: str):
    new = {name: what for name, what in {**BASE, **change}.items() if what}
    name = interface.short(said.split()[0])
    assert interface.complaints(BASE, new, "0.1", "0.2", UNRELEASED) == [f"{said}: announce it in CHANGELOG.md"]
    assert interface.complaints(BASE, new, "0.1", "0.2", f"{UNRELEASED}- `{name}` is another.") == []
    (refused, *_) = interface.complaints(BASE, new, "0.2", "0.2", f"{RELEASED}- `{name}` is another.")
    assert refused == f"{said}, and 0.2 is released: raise the version in pyproject.toml"
    (asked,) = interface.complaints(BASE, new, "0.2", "0.2", UNRELEASED)
    assert asked.startswith(f"{said}: if that is meant, `python tests/interface.py` writes")


def test_an_addition_needs_a_new_minor_version_and_no_more():
    new = BASE | {"zoo.head.Head.draw": "(self)", "zoo.schema.Ranks": "class(Schema)"}
    assert interface.complaints(BASE, new, "0.1", "0.2", UNRELEASED) == []
    assert interface.complaints(BASE, new, "0.2", "0.2", UNRELEASED) == []
    assert len(interface.complaints(BASE, new, "0.2", "0.2", RELEASED)) == 2


def test_a_released_interface_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(interface, "COPIES", tmp_path)
    copy = tmp_path / f"{interface.version()}.json"
    assert interface.main() == 0 and (written := copy.read_text())
    monkeypatch.setattr(interface, "changes", lambda: "0.1.0\n- Everything.")
    copy.write_text("{}")
    assert interface.main() == 2 and copy.read_text() == "{}"
    monkeypatch.setattr(interface, "changes", lambda: "0.1.0 (unreleased)\n")
    assert interface.main() == 0 and copy.read_text() == written


def test_the_last_interface_is_the_one_of_the_highest_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for version in ("0.9", "0.10", "0.2"):
        (tmp_path / f"{version}.json").write_text("{}")
    monkeypatch.setattr(interface, "COPIES", tmp_path)
    assert interface.newest() == ("0.10", {})
