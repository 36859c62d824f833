"""Rules of the house as tests. Each says what it found, where, and what to do instead."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo import registry, yaml_file

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/**/pyproject.toml"))
PLACES = ("src/zoo/**", "plugins/*/src/**", "examples/**/src/**", "benchmarks/**", "docs/site/**")
SOURCES = sorted(path for place in PLACES for path in ROOT.glob(f"{place}/*.py"))
OWNERS = ("", "plugins/*/", "examples/*/", "src/zoo/*/")
TESTS = sorted(path for owner in OWNERS for path in ROOT.glob(f"{owner}tests/**/*.py"))
SOURCES = [path for path in SOURCES if path not in TESTS]
PROSE = sorted(
    path
    for place in ("", "docs/**/", "plugins/*/", "examples/**/", "benchmarks/**/")
    for path in ROOT.glob(f"{place}*.md")
)
PARTS = sorted(
    path for place in ("", "plugins/*/src/*/", "examples/**/src/*/") for path in ROOT.glob(f"{place}conf/*/*.yaml")
)
TEXTS = [*SOURCES, *TESTS, *PROSE, *PARTS, *ROOT.glob("conf/*.yaml"), *ROOT.glob("**/pyproject.toml")]
TEXTS += [ROOT / "Makefile", ROOT / "requirements.lock", ROOT / ".ci" / "run"]
TEXTS = [path for path in TEXTS if not {".venv", ".tools"} & set(path.parts) and path.is_file()]
HEADINGS = ("Paper", "Licence", "Results", "Differences from the paper")
MACHINE = re.compile(r"(?<![\w.:/<}*)\]])/(?!(dev|proc|usr|bin|sys|etc)/)[a-z]\w+/[\w.-]+/")
HOSTS = re.compile(r"pypi\.org/simple|index-url|extra-index|--find-links|files\.pythonhosted|(artifactory|nexus)\.")
VAGUE = re.compile(r"^(utils?|helpers?|common|managers?|base|misc|tools?)$")


def name(path: Path) -> str:
    """A path as people of the house would say it."""
    return str(path.relative_to(ROOT))


def lines(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern is found, as file:line."""
    return [
        f"{name(path)}:{number} {line.strip()[:80]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call in a file, with the dotted name of what is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def keyword(call: ast.Call, wanted: str) -> str | None:
    """The text of a keyword argument of a call."""
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == wanted), None)


def unsafe(path: Path) -> Iterator[str]:
    """C05: what could run code that lies in a file, and what unpacks or starts more than it says."""
    for call, what in calls(path):
        last = what.rpartition(".")[2]
        if what in ("eval", "exec", "compile", "os.system", "__import__"):
            yield f"{name(path)}:{call.lineno} {what}: no text becomes code"
        copies = what == "pickle.dumps" or (
            what == "pickle.loads" and ast.unparse(call.args[0]).startswith("pickle.dumps")
        )
        if what.startswith(("pickle.", "cPickle.", "joblib.", "dill.")) and not copies:
            yield f"{name(path)}:{call.lineno} {what}: store text and tensors, nothing to unpickle"
        if what == "torch.load" and keyword(call, "weights_only") != "True":
            yield f"{name(path)}:{call.lineno} torch.load without weights_only=True"
        if what in ("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"):
            yield f"{name(path)}:{call.lineno} {what}: use yaml.safe_load, or zoo.plain.read for a file people share"
        if last in ("extractall", "unpack_archive"):
            yield f"{name(path)}:{call.lineno} {last}: read the members you know by name"
        for option, forbidden in (("shell", "True"), ("allow_pickle", "True"), ("weights_only", "False")):
            if keyword(call, option) == forbidden:
                yield f"{name(path)}:{call.lineno} {option}={forbidden}"


def test_c05_nothing_in_the_source_runs_what_a_file_says():
    found = [line for path in SOURCES for line in unsafe(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "pickle.load(f)", "torch.load(f)", "torch.load(f, weights_only=False)", "yaml.load(f, Loader=L)", "eval(x)",
        "tar.extractall()", "subprocess.run(x, shell=True)", "numpy.load(f, allow_pickle=True)",
    ],
)  # fmt: skip
def test_c05_the_rule_finds_each_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "bad.py").write_text(line)
    assert list(unsafe(tmp_path / "bad.py"))


def test_no_path_of_a_machine_and_no_registry_host_is_written_down():
    found = lines([path for path in TEXTS if path != Path(__file__)], MACHINE)
    found += lines([path for path in TEXTS if path not in (Path(__file__), ROOT / "Makefile")], HOSTS)
    assert not found, "paths and hosts belong to the machine that installs:\n" + "\n".join(found)


def test_every_part_begins_with_a_line_that_says_what_it_is():
    silent = [name(path) for path in PARTS if not re.fullmatch(r".{10,}[.]", yaml_file.summary(path))]
    assert not silent, f"write one sentence as the first comment, on one line: `zoo plugins` shows that line: {silent}"


def test_every_module_class_and_public_function_opens_with_a_sentence():
    silent = [f"{name(path)}:{line} {what}" for path in SOURCES for line, what in undocumented(path)]
    assert not silent, "say it in one sentence first:\n" + "\n".join(silent)


def undocumented(path: Path) -> Iterator[tuple[int, str]]:
    """Public definitions without a docstring; methods of subclasses may have theirs where they are declared."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body and not ast.get_docstring(tree):
        yield 1, "the module"
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and public(node)]
    inherited = {node for one in classes if one.bases for node in one.body if isinstance(node, ast.FunctionDef)}
    for node in (node for scope in (tree, *classes) for node in scope.body):
        documented = not isinstance(node, ast.ClassDef | ast.FunctionDef) or ast.get_docstring(node)
        if not documented and public(node) and node not in inherited:
            yield node.lineno, node.name


def public(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """Whether a definition is for others to use."""
    return not node.name.startswith("_")


def test_lines_are_short_enough_to_read():
    texts = [path for path in TEXTS if path.suffix != ".lock"]  # a lock's lines are its tool's
    found = lines(texts, re.compile(r"^(?!\|).{121,}$"))  # a row of a table is one line
    assert not found, "at most 120 characters:\n" + "\n".join(found)


def test_no_file_has_a_name_that_says_nothing():
    found = [name(path) for path in [*SOURCES, *TESTS] if VAGUE.match(path.stem) or VAGUE.match(path.parent.name)]
    assert not found, f"name the noun that lives there: {found}"


def test_our_tables_of_galaxies_are_catalogues():
    """One spelling; `catalog` remains where others' names have it."""
    pattern = re.compile(r"(?<![\w./`-])[Cc]atalogs?\b(?![\w./`(=-])")
    found = lines([path for path in [*SOURCES, *PROSE, *PARTS] if path.name != "names.md"], pattern)
    assert not found, "write catalogue:\n" + "\n".join(found)


@pytest.mark.parametrize("plugin", [*PLUGINS, *EXAMPLES], ids=lambda plugin: plugin.name)
def test_every_plugin_tells_paper_licence_results_and_differences(plugin: Path):
    text = (plugin / "README.md").read_text(encoding="utf-8")
    titles = {match.strip() for match in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert set(HEADINGS) <= titles, f"{name(plugin)}/README.md lacks {set(HEADINGS) - titles}"


@pytest.mark.parametrize("plugin", [*PLUGINS, *EXAMPLES], ids=lambda plugin: plugin.name)
def test_every_plugin_is_called_by_its_kind_and_requires_zoo_by_its_distribution(plugin: Path):
    import tomllib

    project = tomllib.loads((plugin / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == plugin.name
    assert re.match(r"zoo-(dataset|augmenter|architecture|head)-", plugin.name)
    assert any(need.startswith("galaxy-model-zoo") for need in project["dependencies"]), "`zoo` is a stranger's name"
    assert list(project["entry-points"]["zoo"]) == [plugin.name]


def test_modules_know_each_other_in_one_direction():
    """The contracts stand in pyproject.toml."""
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts") :]


def test_every_package_that_lies_here_is_known_for_all_its_parts_and_for_no_other():
    for plugin in PLUGINS:
        known = set(yaml_file.read(ROOT / "conf" / "packages.yaml").get(plugin.name, []))
        here = {f"{path.parent.name}/{path.stem}" for path in plugin.glob("src/*/conf/*/*.yaml")}
        assert not here - known, f"conf/packages.yaml lacks parts of {plugin.name}: {sorted(here - known)}"
        assert not known - here, f"conf/packages.yaml promises of {plugin.name} what it lacks: {sorted(known - here)}"


def test_presets_choose_parts_and_set_no_key_of_one():
    """Else the key would reach whatever part the user chooses instead: make a part of its own that inherits."""
    found = [
        f"{name(path)}: {key}"
        for path in PARTS
        for key in yaml_file.read(path)
        if path.parent.name in ("model", "experiment") and key in registry.groups()
    ]
    assert not found, f"a variant with other values is a part of its own, which inherits: {found}"


def test_every_test_that_the_table_of_faults_names_is_there():
    defined = {found for path in TESTS for found in re.findall(r"^ *def (test_\w+)", path.read_text(), re.MULTILINE)}
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")))
    assert named <= defined, f"docs/faults.md names tests that are not there: {sorted(named - defined)}"
