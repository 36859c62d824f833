"""Every block of code in the README and the pages: commands are understood, Python runs, files make a plugin."""

import ast
import dataclasses
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import click
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from pages import COMMANDS, PAGES, ROOT, Block, as_zoo, blocks, commands, files
from PIL import Image
from plant import link

from conftest import forget
from zoo import build, compose, defaults_list, menu, registry
from zoo.cli import cli
from zoo.stages import Stage

LANGUAGES = {*COMMANDS, "python", "toml", "yaml", "text"}
OTHERS = {"cd", "export", "git", "head", "make", "pip", "pytest", "python", "source"}
"""What is typed beside zoo."""
RUNS = {"run", "runs", "recursion", "catalogues"}
"""Keys that name runs, of which there are none while a command is only looked at."""
INVENTED = {"architecture=spiral_net"}
"""Parts that the reader of a page has just made."""
ALL = [block for page in PAGES for block in blocks(page)]
PYTHON = [block for block in ALL if block.language == "python"]


def test_every_block_says_what_it_is_and_why_it_cannot_run():
    strange = [f"{block} is {block.language!r}" for block in ALL if block.language not in LANGUAGES]
    assert not strange, f"write one of {sorted(LANGUAGES)} behind the fence: {strange}"
    silent = [str(block) for block in ALL if "no-run" in block.language]
    assert not silent, f"write no-run: and the reason: {silent}"


@pytest.fixture
def invented(site: Path) -> None:
    """The example packages, as if they were installed: their pages have commands too."""
    for project in ROOT.glob("examples/**/pyproject.toml"):
        link(site, project.parent)
    forget()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_names_parts_keys_files_and_targets_that_are_there(page: Path, invented: None):
    read(page, lambda command, words: [look_up(command, word) for word in words])


@pytest.mark.torture
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_has_a_configuration(page: Path, invented: None):
    read(page, lambda command, words: compose.config(command.split()[0], with_data(words)))


def read(page: Path, understand: Callable[[str, list[str]], object]) -> None:
    """Hand the commands of a page that have a configuration to a function, with their words; look at all others."""
    for block in blocks(page):
        for words in commands(block) if block.language in COMMANDS else ():
            try:
                zoo = as_zoo(words)
                context = parsed(zoo) if zoo is not None else look_at(words)
                if context and "overrides" in context.params:
                    typed = [first(word) for word in context.params["overrides"] if not open_to_the_reader(word)]
                    understand(context.command_path.removeprefix("zoo "), typed)
            except Exception as error:
                raise AssertionError(f"{block}: {' '.join(words)}: {error}") from error


def look_at(words: list[str]) -> None:
    """Raise where a command that is not zoo's is unknown, or names a file, module or target that is not there."""
    assert words[0] in OTHERS or words[0].startswith("#"), "is this a command? Else give the block a language"
    if words[0] == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    if words[:3] == ["python", "-m", "pip"]:  # which an environment may have without being zoo's own
        words = words[2:]
    if words[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(words[2])
    elif words[:2] == ["python", "-c"]:
        compile(words[2], "-c", "exec")
    elif words[0] == "python":
        assert (ROOT / words[1]).is_file()
    if words[:2] == ["pip", "install"]:
        assert all((ROOT / word).is_dir() for word in words if word.startswith(("plugins/", "examples/")))


def parsed(words: list[str]) -> click.Context | None:
    """The context of the innermost command, not run; None where the words ask for help."""
    try:
        context = cli.make_context("zoo", list(words))
        while isinstance(context.command, click.Group) and context._protected_args:
            rest = [*context._protected_args, *context.args]
            name, command, rest = context.command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)
    except click.exceptions.Exit:
        return None
    return context


def open_to_the_reader(word: str) -> bool:
    """Whether a word stands for what only the reader has: a part just made, a data set, further words."""
    return word in INVENTED or ("…" in word and word.partition("=")[0] not in RUNS)


def look_up(command: str, word: str) -> None:
    """Raise unless a word chooses a part that is installed, or sets a key that some part or the command has."""
    verb = command.split()[0]
    key, equals, value = word.lstrip("+~").partition("=")
    group = key.partition("@")[0]
    if not equals and verb in registry.groups():
        registry.find(verb, word)
    elif group in registry.groups() and value != "null":
        registry.find(group, value)
    elif group not in registry.groups():
        assert any(re.fullmatch(known, key) for known in keys_of(verb)), f"nothing has the key {key}"


@cache
def keys_of(verb: str) -> list[str]:
    """Patterns of the keys that a command may be given: its own, those of parts, of stages, of Lightning and Hydra."""
    own = [re.escape(entry.name) for entry in menu.keys(verb)]
    groups = {group.name.partition("@")[2] or group.name: group.name.partition("@")[0] for group in menu.groups(verb)}
    taken = {**groups, "other": "dataset", "survey": "survey"}
    parts = [(name, part) for name, group in taken.items() for part in registry.parts() if part.group == group]
    own += [rf"{name}\.{key}" for name, part in parts for key in defaults_list.own_keys(part)]
    own += [
        key for part in registry.parts() if part.group in (verb, "experiment") for key in defaults_list.own_keys(part)
    ]
    stage = "|".join(field.name for field in dataclasses.fields(Stage))
    return [*own, rf"stages\.\d+\.({stage})", r"trainer\.\w+", r"hydra[./].+"]


def with_data(words: list[str]) -> list[str]:
    """The words with a data set in place of that of the run they name: there is no run while nothing runs."""
    keys = {word.partition("=")[0] for word in words}
    if not keys & RUNS or "dataset" in keys:
        return words
    return [f"dataset={'galaxy_zoo' if 'dataset.root' in keys else 'simulated'}", *words]


def first(word: str) -> str:
    """A word with the first of the values that it sweeps over, all of which are looked up if they are parts."""
    key, equals, value = word.partition("=")
    if found := re.fullmatch(r"glob\((\w+)\*\)|range\(\d+\)", value):
        names = [name for name in registry.names(key) if found[1] and name.startswith(found[1])]
        return f"{key}={names[0] if names else 0}"
    if searched := re.search(r"\b(?:interval|choice|range)\(([^,)]+),", value):
        return f"{key}={searched[1]}"
    if equals and key in registry.groups() and "," in value:
        return f"{key}={[registry.find(key, name).name for name in value.split(',')][0]}"
    return word


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_every_piece_of_python_can_be_compiled_and_its_imports_are_there(block: Block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0].startswith("zoo"):
            module = importlib.import_module(node.module) if known(node.module) else None
            assert not module or all(
                hasattr(module, name.name) or known(f"{node.module}.{name.name}") for name in node.names
            )


def known(module: str) -> bool:
    """Whether a module is zoo's or one of its plugins', not one that the page invents."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def test_make_train_leaves_the_model_to_an_experiment():
    typed = ["make", "-n", "--no-print-directory", "train", "ARGS=experiment=khan2019 survey=standin"]
    *_, last = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert compose.config("train", last.split()[2:]).hydra.runtime.choices["model"] == "xception_khan2019"
    *_, last = subprocess.run(typed[:-1], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert last.split()[1:] == ["train", "model=gz_convnet"]


def test_the_first_plugin_of_the_readme_is_one(site: Path, tmp_path: Path):
    for path, text in (file for block in blocks(ROOT / "README.md") for file in files(block)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    link(site, tmp_path)
    forget()
    assert registry.find("architecture", "tiny").provider == "zoo-architecture-tiny"
    net = build.part("architecture", "tiny", compose.part_values("architecture", "tiny"), num_bands=3)
    assert net(torch.rand(1, 2, 3, 16, 16)).shape == (2, net.num_features)


def test_the_figure_at_the_end_of_the_gallery_is_drawn():
    ((_, text),) = [
        file for block in blocks(ROOT / "docs" / "gallery.md") for file in files(block) if "sizes.py" in file
    ]
    told = {}
    exec(text, told)
    drawn = told["draw"](SimpleNamespace(table=pd.DataFrame({"size": [1.0, 2.0, 2.0]})), bins=2)
    assert list(drawn.numbers["size"]) == [1, 2, 2]


def test_the_page_of_hooks_has_every_group_of_parts():
    _, _, behind = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8").partition("## Groups of parts\n")
    groups = re.findall(r"^\| `(\w+)` \|", behind.partition("\n## ")[0], re.MULTILINE)
    assert sorted(groups) == registry.groups(), "the table of docs/hooks.md has a row for each group"


def test_the_kit_is_inherited_as_its_page_says():
    ((_, text),) = [file for block in blocks(ROOT / "docs" / "conformance.md") for file in files(block)]
    told = {}
    exec(text, told)
    assert told["TestTiny"]().part_name == "architecture=tiny"


LOOKING = [(block, zoo) for block in ALL if block.language in COMMANDS for zoo in map(as_zoo, commands(block)) if zoo]
LOOKING = [(block, zoo) for block, zoo in LOOKING if zoo[0] in ("explain", "plugins", "runs") or zoo[-1] == "--help"]


@pytest.mark.parametrize(("block", "words"), LOOKING, ids=lambda one: str(one) if isinstance(one, Block) else one[0])
def test_commands_that_only_look_run_as_they_stand(
    block: Block, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, f"{block}: {done.exception or done.output}"


@pytest.mark.torture
def test_the_first_galaxy_works_from_the_top_of_its_page_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Commands one after the other, `$RUN` being the run that was trained; then the pieces of Python."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (424, 424)).save("galaxy.jpg")
    told: dict[str, object] = {}
    for block in blocks(ROOT / "docs" / "first_galaxy.md"):
        for words in map(as_zoo, commands(block) if block.language in COMMANDS else ()):
            if words:
                run = next(iter(Path("runs").glob("*-*")), "") if Path("runs").is_dir() else ""
                typed = [word.replace("$RUN", str(run)) for word in words]
                done = subprocess.run([sys.executable, "-m", "zoo.cli", *typed], capture_output=True, text=True)
                assert done.returncode == 0, f"{block}: {done.stderr[-2000:]}"
        if block.language == "python":
            (run,) = Path("runs").glob("*-*")
            monkeypatch.setenv("RUN", str(run))
            exec(block.text, told)
    assert set(told["columns"]) >= {"Class1.1"}
    assert Path("sheet.png").is_file()
