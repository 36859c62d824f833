"""Pages about the parts, one for each group, written from their YAML and docstrings when the site is built."""

from __future__ import annotations

import inspect
import os
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import atomic, defaults_list, registry, signature
from zoo.registry import Part
from zoo.verbs import plugins

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path(__file__).parents[1] / "parts"
ROOT = Path(__file__).parents[2]
WIDTH = 118


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx write the pages before it reads any."""
    app.connect("config-inited", lambda *_: write(FOLDER))
    return {"parallel_read_safe": True}


def write(folder: Path) -> None:
    """Write a page for each group into a folder; those that would not change stay, and those of no group go."""
    folder.mkdir(exist_ok=True)
    pages = {f"{group}.md": "\n".join(page(group)) + "\n" for group in registry.groups()}
    for stray in {path.name for path in folder.iterdir()} - pages.keys():
        (folder / stray).unlink()
    for name, text in pages.items():
        with atomic.replacing(folder / name, same_stays=True) as file:
            file.write(text.encode())


def page(group: str) -> Iterator[str]:
    """The lines of a group's page."""
    yield f"# {group}\n"
    for part in registry.parts():
        if part.group == group:
            yield from section(part)


def section(part: Part) -> Iterator[str]:
    """What there is to say about a part: summary, provider, class, choices and arguments."""
    yield f"## {part.name}\n"
    yield f"{wrapped(plain(part.summary))}\n"
    yield f"From {provider(part)}.\n"
    if signature.naming(part):
        yield from described(signature.target(part))
    if chosen := defaults_list.chosen_by(part):
        yield f"Chooses {', '.join(f'`{group}={name}`' for group, name in chosen.items())}.\n"
    if rows := plugins.arguments(part):
        yield "| argument | type | default | meaning |\n|---|---|---|---|"
        yield from (
            f"| {code(name)} | {code(kind)} | {code(value)} | {plain(why)} |" for name, kind, value, why in rows
        )
        yield ""


def provider(part: Part) -> str:
    """The package, with a link to its README where that lies here."""
    readme = ROOT / "plugins" / part.provider / "README.md"
    if not readme.is_file():
        return f"`{part.provider}`"
    return f"[{part.provider}]({os.path.relpath(readme, FOLDER)})"


def described(target: str) -> Iterator[str]:
    """A class or function and its docstring."""
    yield f"`{target}`\n"
    for paragraph in (inspect.getdoc(signature.imported(target)) or "").split("\n\n"):
        yield f"{wrapped(plain(paragraph))}\n"


def wrapped(text: str) -> str:
    """A paragraph in lines that can be read."""
    return "\n".join(textwrap.wrap(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False))


def plain(text: str) -> str:
    """Text that means to Markdown what it means to people; words in backticks stay as they are."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece[:1] == "`" else re.sub(r"([\\*_<>\[\]|$#])", r"\\\1", piece) for piece in pieces)


def code(text: str) -> str:
    """A cell of code, or an empty one."""
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""
