"""The blocks of code in the README and in all pages, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md"]
PAGES += sorted(path for place in ("docs", "plugins/*", "examples/**") for path in ROOT.glob(f"{place}/*.md"))
COMMANDS = ("", "bash")
"""Blocks without a language are what one types."""


class Block(NamedTuple):
    """A block of code: its page and line, its language, and why it cannot run here, if it says so."""

    page: Path
    line: int
    language: str
    no_run: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, but for Sphinx's own directives."""
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block") and not token.info.startswith("{"):
            language, _, reason = token.info.partition(" no-run:")
            yield Block(page, token.map[0] + 1, language.strip(), reason.strip(), token.content)


def commands(block: Block) -> Iterator[list[str]]:
    """The commands of a block, word by word: lines that go on are joined, comments left out."""
    for line in re.sub(r"\s*\\\n\s*", " ", block.text).splitlines():
        for command in line.split(" && "):
            if words := shlex.split(command, comments=True):
                yield words


def as_zoo(words: list[str]) -> list[str] | None:
    """The words behind `zoo` of a command that is one, or `make train`, or is started by srun; None for another."""
    if words[0] == "srun":
        words = words[1:]
    if words[:2] == ["make", "train"]:
        given = dict(word.split("=", 1) for word in words[2:]).get("ARGS", "")
        own = [] if "experiment=" in given else ["model=gz_convnet"]  # as the Makefile says
        return ["train", *own, *shlex.split(given)]
    return words[1:] if words[0] == "zoo" else None


def files(block: Block) -> Iterator[tuple[str, str]]:
    """Path and text of the file that a block shows, if its first line names one in a comment."""
    first, _, rest = block.text.partition("\n")
    if found := re.fullmatch(r"# ([\w/.-]+\.\w+)", first):
        yield found[1], rest
