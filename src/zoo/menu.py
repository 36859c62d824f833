"""What can be chosen and set behind a command: the text of `--help`, and shell completion. Both read YAML only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo import registry

CHOICE = re.compile(r"^  - (?P<name>\w+(?:@\w+)?): (?P<value>\S+)(?:\s+# (?P<why>.+))?")
KEY = re.compile(r"^(?P<indent>(?:  )*)(?P<name>\w+):(?: (?P<value>.*?))?(?:\s+# (?P<why>.+))?$")


@dataclass(frozen=True)
class Entry:
    """A group or a key, its default as written, and the comment behind it."""

    name: str
    value: str
    why: str


def groups(verb: str) -> list[Entry]:
    """The groups that the defaults list of conf/<verb>.yaml offers, in its order."""
    found = map(CHOICE.match, lines(registry.CONF / f"{verb}.yaml"))
    return [Entry(m["name"], m["value"], m["why"] or "") for m in found if m]


def keys(verb: str) -> list[Entry]:
    """The keys of conf/<verb>.yaml itself, Hydra's own left out."""
    return [entry for entry in entries(registry.CONF / f"{verb}.yaml") if not entry.name.startswith("hydra.")]


def tops(verb: str) -> set[str]:
    """The first words of the keys of conf/<verb>.yaml."""
    return {entry.name.partition(".")[0] for entry in keys(verb)}


def entries(path: Path) -> list[Entry]:
    """The keys of a YAML file that have a value, with their dotted names and the comments behind them."""
    found, above = [], list[str]()
    for line in lines(path):
        if (m := KEY.match(line)) and not line.startswith("  - "):
            above = [*above[: len(m["indent"]) // 2], m["name"]]
            if m["value"]:
                found.append(Entry(".".join(above), m["value"], m["why"] or ""))
    return found


def lines(path: Path) -> list[str]:
    """The lines of a YAML file."""
    return path.read_text(encoding="utf-8").splitlines()


def text(verb: str) -> Iterator[str]:
    """The lines of the help: each group with its parts and their summaries, then the keys with their defaults."""
    yield "Choose a part by group=name:"
    for group in groups(verb):
        yield f"\n  {group.name}=…  {group.why}".rstrip()
        if "@" in group.name:  # its parts stand above
            continue
        offered = [part for part in registry.parts() if part.group == group.name]
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


def own_keys(part: registry.Part) -> list[str]:
    """The keys of a part's YAML, with those that it inherits."""
    values = {key: None for one in reversed(registry.lineage(part)) for key in registry.read_yaml(one.path)}
    return [key for key in values if key not in ("_target_", "defaults")]


def completions(verb: str, before: Sequence[str], incomplete: str) -> list[str]:
    """How the word being typed may go on: groups and keys, and behind `group=` the parts.

    zsh and fish hand over `group=part` as one word; bash splits it into `group`, `=` and `part`.
    """
    named = [group.name for group in groups(verb)]
    key, equals, value = incomplete.partition("=")
    if before and before[-1] in named and incomplete in ("", "="):
        key, value, lead = before[-1], "", ""
    elif len(before) > 1 and before[-1] == "=":
        key, value, lead = before[-2], incomplete, ""
    elif equals:
        lead = f"{key}="
    else:
        return [word for word in openings(verb, before, "." in incomplete) if word.startswith(incomplete)]
    done, comma, last = value.rpartition(",")
    return [f"{lead}{done}{comma}{name} " for name in registry.names(key.partition("@")[0]) if name.startswith(last)]


def openings(verb: str, before: Sequence[str], deep: bool) -> list[str]:
    """What an override may begin with: groups and keys, or the keys below them."""
    named = [group.name for group in groups(verb)]
    keys_of_parts = settable(verb, before)
    if deep:
        return [f"{name}=" for name in keys_of_parts if "." in name]
    alone = [f"{name} " for name in registry.names(verb)] if verb in registry.groups() else []
    if alone and not any("=" not in word for word in before):
        return alone
    tops = {name.partition(".")[0]: "." if "." in name else "=" for name in keys_of_parts}
    return [f"{name}=" for name in named] + [name + end for name, end in tops.items() if name not in named]


def settable(verb: str, before: Sequence[str]) -> list[str]:
    """The keys of the command, then those of the parts that are chosen so far."""
    chosen = {group.name: group.value for group in groups(verb)}
    typed = "\n".join(before).replace("\n=\n", "=").split("\n")
    chosen |= dict(word.split("=", 1) for word in typed if word.partition("=")[0] in chosen and "=" in word)
    own = [key.name for key in keys(verb)]
    for part in registry.parts():
        if part.group == verb and part.name in typed:
            own += own_keys(part)
        elif chosen.get(part.group) in (part.name, part.full_name):
            values = registry.read_yaml(part.path)
            own += [f"{part.group}.{key}" for key in values if key not in ("_target_", "defaults")]
    return own
