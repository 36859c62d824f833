"""The public interface as data: each name of docs/interface.md, with its signature as the source has it.

`python tests/interface.py` writes it down as `interfaces/<version>.json`, which the tests compare with.
"""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIES = Path(__file__).parent / "interfaces"
ROW = re.compile(r"^\| `(?P<module>zoo[\w.]*)` \| (?P<names>.+?) \|", re.MULTILINE)
SHOWN = ("abstractmethod", "property", "cached_property", "classmethod", "staticmethod")
NEEDED = "@abstractmethod"
WRITE = "`python tests/interface.py` writes the interface down anew"

Interface = Mapping[str, str]
"""Dotted name → what it is: the bases of a class, the signature of a function or method, the annotation of a value."""


def listed() -> list[str]:
    """The dotted names on the page, in its order."""
    page = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")
    return [f"{row['module']}.{name}" for row in ROW.finditer(page) for name in re.findall(r"`(\w+)`", row["names"])]


def present() -> Interface:
    """The interface as the source has it now."""
    return {name: what for dotted in listed() for name, what in described(dotted)}


def described(dotted: str) -> Iterator[tuple[str, str]]:
    """A name of the page and, of a class, its members. Raises KeyError where the source has no such name."""
    module, _, name = dotted.rpartition(".")
    _, node = defined(module, name)
    yield dotted, text(node)
    if isinstance(node, ast.ClassDef):
        yield from ((f"{dotted}.{member}", what) for member, what in sorted(members(module, name).items()))


@cache
def defined(module: str, name: str) -> tuple[str, ast.stmt]:
    """The module and the statement that define a name, wherever it is imported from."""
    for node in statements(module):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("zoo"):
            if origin := next((alias.name for alias in node.names if (alias.asname or alias.name) == name), None):
                return defined(node.module, origin)
        elif name in names(node):
            return module, node
    raise KeyError(f"{module}.{name} stands in docs/interface.md, and the source has no such name")


@cache
def statements(module: str) -> list[ast.stmt]:
    """The statements of a module at its top level, with what it imports for type checkers."""
    path = ROOT / "src" / Path(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found = ast.parse(source.read_text(encoding="utf-8")).body
    return found + [inner for node in found if isinstance(node, ast.If) for inner in node.body]


def names(node: ast.stmt) -> list[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]


def members(module: str, name: str) -> dict[str, str]:
    """The public members of a class, those of bases that the page does not list among them."""
    home, node = defined(module, name)
    assert isinstance(node, ast.ClassDef)
    found: dict[str, str] = {}
    for base in node.bases:
        try:
            above, _ = defined(home, ast.unparse(base))
        except KeyError:  # a class of another library
            continue
        if f"{above}.{ast.unparse(base)}" not in listed():
            found |= members(above, ast.unparse(base))
    own = {inner: text(statement) for statement in node.body for inner in names(statement) if public(inner)}
    return found | own


def public(name: str) -> bool:
    """Whether a member is for others: `__init__` and its like are."""
    return not name.startswith("_") or name.endswith("__")


def text(node: ast.stmt) -> str:
    """What a definition says in one line: bases, arguments, annotation; of a plain value only that it is one."""
    if isinstance(node, ast.ClassDef):
        return f"class({', '.join(map(ast.unparse, node.bases))})"
    if isinstance(node, ast.FunctionDef):
        marks = [f"@{mark} " for mark in map(ast.unparse, node.decorator_list) if mark in SHOWN]
        answer = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"{''.join(marks)}({ast.unparse(node.args)}){answer}"
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) + (f" = {ast.unparse(node.value)}" if node.value else "")
    return "value"


def difference(old: Interface, new: Interface) -> tuple[list[str], list[str]]:
    """What would break a plugin written for the old interface, as sentences; and the names that were added."""
    broken = [f"{name} is gone" for name in old if name not in new]
    broken += [f"{name} was {old[name]} and is {new[name]}" for name in old if new.get(name, old[name]) != old[name]]
    added = [name for name in new if name not in old]
    demanded = [name for name in added if new[name].startswith(NEEDED) and name.rpartition(".")[0] in old]
    return broken + [f"{name} must now be implemented" for name in demanded], added


def complaints(old: Interface, new: Interface, written: str, version: str, changes: str) -> list[str]:
    """What is wrong with a changed interface.

    written: the version of the old one; version: the present one; changes: the newest section of the changelog, which
    is that of a release unless it says `(unreleased)`.
    """
    broken, added = difference(old, new)
    if written != version:
        return [f"{line}: announce it in CHANGELOG.md" for line in broken if short(line.split()[0]) not in changes]
    if "(unreleased)" in changes.partition("\n")[0]:
        return [f"{line}: if that is meant, {WRITE} while {version} is unreleased" for line in broken]
    added = [f"{name} is new" for name in added]
    return [f"{line}, and {version} is released: raise the version in pyproject.toml" for line in broken + added]


def short(dotted: str) -> str:
    """A name as people write it: `Head.loss`, `read_tree`."""
    last = dotted.split(".")[-2:]
    return ".".join(last) if last[0][:1].isupper() else last[-1]


def version() -> str:
    """The version of the interface: the first two numbers of the package's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ".".join(project["version"].split(".")[:2])


def changes() -> str:
    """The newest section of the changelog."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]


def newest() -> tuple[str, Interface]:
    """The version and the names of the last interface that was written down."""
    path = max(COPIES.glob("*.json"), key=lambda path: [int(number) for number in path.stem.split(".")])
    return path.stem, json.loads(path.read_text(encoding="utf-8"))


def main() -> int:
    """Write the present interface down, unless a released one of this version would be lost."""
    path = COPIES / f"{version()}.json"
    if path.exists() and "(unreleased)" not in changes().partition("\n")[0]:
        print(f"{version()} is released: raise the version in pyproject.toml.", file=sys.stderr)
        return 2
    path.write_text(json.dumps(present(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
