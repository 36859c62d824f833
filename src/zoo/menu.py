"""What can be chosen and set behind a command, and the text of `--help`: read from YAML files alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo import registry, yaml_file

CHOICE = re.compile(r"^  - (?P<name>\w+(?:@\w+)?): (?P<value>\S+)(?:\s+# (?P<why>.+))?")
COMMENT = re.compile(r"\s+# (.+)$")


@dataclass(frozen=True)
class Entry:
    """A group or a key, its default as written, and the comment behind it."""

    name: str
    value: str
    why: str


def groups(verb: str) -> list[Entry]:
    """The groups that the defaults list of conf/<verb>.yaml offers, in its order."""
    found = map(CHOICE.match, yaml_file.lines(registry.CONF / f"{verb}.yaml"))
    return [Entry(m["name"], m["value"], m["why"] or "") for m in found if m]


def keys(verb: str) -> list[Entry]:
    """The keys of conf/<verb>.yaml itself, Hydra's own left out."""
    return [entry for entry in entries(registry.CONF / f"{verb}.yaml") if not entry.name.startswith("hydra.")]


def tops(verb: str) -> set[str]:
    """The first words of the keys of conf/<verb>.yaml."""
    return {entry.name.partition(".")[0] for entry in keys(verb)}


def entries(path: Path) -> list[Entry]:
    """The keys of a YAML file that have a value, with their dotted names and the comments behind them."""
    with yaml_file.valid(path):
        root = yaml_file.loader(path).get_single_node()
    text = yaml_file.lines(path)
    return [entry(name, node, text) for name, node in leaves(root) if not name.startswith("defaults.")]


def leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values below a node of YAML, with their dotted names; tables and lists in brackets are values, too."""
    if node is None or node.id == "scalar" or node.flow_style:
        pairs: Iterable[tuple[str, Any]] = ()
    elif node.id == "mapping":
        pairs = ((key.value, value) for key, value in node.value)
    else:
        pairs = ((str(number), value) for number, value in enumerate(node.value))
    for name, value in pairs:
        below = list(leaves(value, f"{prefix}{name}."))
        yield from below or [(f"{prefix}{name}", value)]


def entry(name: str, node: Any, text: Sequence[str]) -> Entry:
    """A value as it is written, on one line, and what stands behind it."""
    start, end = node.start_mark, node.end_mark
    written = [*text[start.line : end.line], text[end.line][: end.column]]
    comment = COMMENT.match(text[end.line][end.column :])
    return Entry(name, " ".join(" ".join(written)[start.column :].split()), comment[1] if comment else "")


def text(verb: str) -> Iterator[str]:
    """The lines of the help: each group with its parts and their summaries, then the keys with their defaults."""
    yield "Choose a part by group=name:"
    for group in groups(verb):
        yield f"\n  {group.name}=…  {group.why}".rstrip()
        if "@" in group.name:  # its parts stand above
            continue
        offered = registry.of(group.name)
        width = max((len(part.name) for part in offered), default=0)
        for part in offered:
            mark = "*" if part.name == group.value else " "
            yield f"   {mark} {part.name:{width}}  {part.summary}".rstrip()
        if not offered:
            yield "     none is installed"
    yield "\nSet a value by key=value (* and = show the defaults):"
    width = max(len(f"{key.name}={key.value}") for key in keys(verb))
    yield from (f"  {f'{key.name}={key.value}':{width}}  {key.why}".rstrip() for key in keys(verb))
    yield "\nThe keys of a part: zoo plugins show GROUP/NAME, then GROUP.KEY=value."
