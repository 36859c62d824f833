"""docs/map.md as data: every module of zoo below the noun that it serves, with the sentence that it opens with.

`python tests/module_map.py` writes the sentences anew, and puts modules that the page lacks at its end, for somebody to
move them below their noun.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "map.md"
SOURCE = ROOT / "src" / "zoo"
ROW = re.compile(r"^\| `(?P<module>[\w.]+)` \| (?P<sentence>.+) \|$", re.MULTILINE)
WRITE = "`python tests/module_map.py` writes the page anew"


@cache
def modules() -> dict[str, str]:
    """Every module of zoo by its name below `zoo`, a package by its own, with its first paragraph on one line."""
    paths = [path for path in sorted(SOURCE.rglob("*.py")) if "plugin_template" not in path.parts]
    found = {name_of(path): sentence(path) for path in paths}
    return {name: text for name, text in found.items() if name}


def name_of(path: Path) -> str:
    """The name of a file's module below `zoo`, empty for zoo itself."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def sentence(path: Path) -> str:
    """What a module says of itself in the first paragraph of its docstring."""
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(told.split("\n\n")[0].split())


def written() -> list[tuple[str, str]]:
    """Modules and sentences as the page has them, in its order."""
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


def renewed(page: str) -> str:
    """The page with the present sentences, without modules that are gone, and with those it lacks at its end."""
    now = modules()
    placed = {found["module"] for found in ROW.finditer(page)}
    kept = [line for line in page.splitlines() if not (row := ROW.match(line)) or row["module"] in now]
    lines = [row_of(found["module"], now) if (found := ROW.match(line)) else line for line in kept]
    return "\n".join([*lines, *(row_of(module, now) for module in now if module not in placed)]) + "\n"


def row_of(module: str, sentences: dict[str, str]) -> str:
    """A row of the page."""
    return f"| `{module}` | {sentences[module]} |"


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
