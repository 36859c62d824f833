"""Shell completion of what stands behind a command: groups, parts, keys and paths, from files and folders alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from zoo import defaults_list, menu, registry, yaml_file
from zoo.errors import ZooError
from zoo.registry import Part
from zoo.words import PATH_LISTS, PATHS

OF_RUNS = {
    "state": "finished, failed, running, …",
    "sort": "the metric that orders them",
    "metrics": "the columns, with commas between",
    "seeds": "together: one row for runs that differ in their seed alone",
    "out": "the CSV or HTML file to write",
}
"""The keys of `zoo runs` that no training has."""


class Word(NamedTuple):
    """How a word may go on. done: a blank may follow, which is wrong behind `group=`. why: what it stands for."""

    text: str
    done: bool
    why: str = ""


def words(verb: str, before: Sequence[str], incomplete: str) -> list[Word]:
    """What the word being typed behind `zoo <verb> <before>` may become.

    zsh and fish hand over `group=part` as one word; bash splits it into `group`, `=` and `part`, and takes back only
    what stands behind the `=`.
    """
    typed, kept = incomplete, ""
    if incomplete == "=" and before:
        typed = kept = f"{before[-1]}="
    elif len(before) > 1 and before[-1] == "=":
        kept = f"{before[-2]}="
        typed = kept + incomplete
    earlier = joined(before)
    key, equals, value = typed.partition("=")
    found = values(key, value) if equals else openings(verb, earlier, "." in typed)
    lead = f"{key}=" if equals else ""
    return [
        word._replace(text=f"{lead}{word.text}"[len(kept) :])
        for word in found
        if f"{lead}{word.text}".startswith(typed)
    ]


def joined(before: Sequence[str]) -> list[str]:
    """The words as they were typed, where bash has split them at each `=`."""
    return "\n".join(before).replace("\n=\n", "=").split("\n") if before else []


def key_words(verb: str, before: Sequence[str], incomplete: str) -> list[Word]:
    """What may stand behind `zoo explain`: a key, beside the words of the command that it explains."""
    found = words(verb, before, incomplete)
    if "=" in incomplete or before[-1:] == ["="] or any("=" not in word for word in joined(before)):
        return found
    return [Word(word.text.removesuffix("="), word.text.endswith("="), word.why) for word in found]


def run_words(before: Sequence[str], incomplete: str) -> list[Word]:
    """What may stand behind `zoo runs`: its own keys, and the words of the trainings among which it chooses."""
    found = words("train", before, incomplete)
    if before[-1:] == ["="]:  # bash, behind the key
        return found
    return [Word(f"{key}=", False, why) for key, why in OF_RUNS.items() if f"{key}=".startswith(incomplete)] + found


def part_words(incomplete: str) -> list[Word]:
    """The parts, as group/name, that begin so."""
    return [Word(str(part), True, part.summary) for part in registry.parts() if str(part).startswith(incomplete)]


def package_words(incomplete: str) -> list[Word]:
    """The packages of plugins that begin so."""
    found = {plugin.package: plugin for plugin in registry.plugins()}
    return [Word(name, True, plugin.state) for name, plugin in found.items() if name.startswith(incomplete)]


def values(key: str, value: str) -> list[Word]:
    """What may stand behind `key=`: the parts of a group, with commas between, or the paths that begin so."""
    last = key.rpartition(".")[2]
    if (group := key.partition("@")[0]) in registry.groups():
        done, comma, begun = value.rpartition(",")
        named = {part.full_name if "/" in begun else part.name: part for part in registry.of(group)}
        return [Word(f"{done}{comma}{name}", True, part.summary) for name, part in named.items()]
    if last in PATH_LISTS.values():
        cut = max(value.rfind("["), value.rfind(",")) + 1
        return [word._replace(text=value[:cut] + word.text, done=False) for word in paths(value[cut:])]
    return list(paths(value)) if last in PATHS else []


def paths(begun: str) -> Iterator[Word]:
    """The files and folders whose paths begin so; a name with a blank is left to be typed, in quotes."""
    folder, start = begun[: begun.rfind("/") + 1], begun[begun.rfind("/") + 1 :]
    place = Path(folder or ".").expanduser()
    for entry in sorted(os.scandir(place), key=lambda entry: entry.name) if place.is_dir() else ():
        if entry.name.startswith(start) and (start or not entry.name.startswith(".")) and " " not in entry.name:
            yield Word(f"{folder}{entry.name}/", False) if entry.is_dir() else Word(f"{folder}{entry.name}", True)


def openings(verb: str, typed: Sequence[str], deep: bool) -> list[Word]:
    """What an override may begin with: groups and keys, or all keys below them."""
    chosen = chosen_parts(verb, typed)
    keys = settable(verb, typed, chosen)
    if deep:
        return [Word(f"{key}=", False, why) for key, why in keys.items() if "." in key]
    if verb in registry.groups() and not any("=" not in word for word in typed):
        named = {part.name: part for part in registry.of(verb)}
        return [Word(name, True, part.summary) for name, part in named.items()]
    groups = {group.name: group.why for group in menu.groups(verb)} | dict.fromkeys(nested_groups(chosen), "")
    tops = {key.partition(".")[0]: "." if "." in key else "=" for key in keys}
    own = [Word(top + end, False, keys.get(top, "")) for top, end in tops.items() if top not in groups]
    return [*(Word(f"{name}=", False, why) for name, why in groups.items()), *own]


def chosen_parts(verb: str, typed: Sequence[str]) -> dict[str, Part]:
    """The part of each group: what is typed, else what a preset chooses, else the command's own."""
    chosen = dict(word.split("=", 1) for word in typed if "=" in word)
    known = {(part.group, name): part for part in registry.parts() for name in (part.name, part.full_name)}
    found = {}
    for group in reversed(menu.groups(verb)):  # presets stand last, and go before what stands above them
        name = chosen.setdefault(group.name, group.value)
        if part := known.get((group.name.partition("@")[0], name)):
            found[group.name] = part
            with suppress(ZooError):  # the command itself says what is wrong with the file
                chosen = defaults_list.chosen_by(part) | chosen
    return found


def nested_groups(chosen: dict[str, Part]) -> Iterator[str]:
    """The groups that chosen parts offer in defaults lists of their own, as `survey` is offered by a dataset."""
    for part in chosen.values():
        with suppress(ZooError):
            for name in defaults_list.offered_by(part):
                group, _, package = name.partition("@")
                top = package.removeprefix("_global_.")
                yield group if top == group and top != package else f"{group}@{part.group}.{package}"


def settable(verb: str, typed: Sequence[str], chosen: dict[str, Part]) -> dict[str, str]:
    """The keys of the command and of the parts that it takes, with what is written behind them."""
    found = {key.name: key.why for key in menu.keys(verb)}
    for part in registry.parts():
        if part.group == verb and part.name in typed:  # as in `zoo figure loss`
            found |= keys_of(part, "")
    for group, part in reversed(chosen.items()):
        found |= keys_of(part, f"{group.rpartition('@')[2]}.")
    return found


def keys_of(part: Part, prefix: str) -> dict[str, str]:
    """The keys of a part, with those that it inherits; those of a preset stand at the top."""
    own, reasons = dict[str, Any](), dict[str, str]()
    with suppress(ZooError):
        own = defaults_list.own_values(part)
        for one in reversed(defaults_list.lineage(part)):
            reasons |= {entry.name: entry.why for entry in menu.entries(one.path)}
    return {(key if yaml_file.is_global(part.path) else prefix + key): reasons.get(key, "") for key in flat(own)}


def flat(values: Any, prefix: str = "") -> Iterator[str]:
    """The dotted keys of nested tables, and of lists of tables; a list of plain values is one key."""
    tables = isinstance(values, list) and values and all(isinstance(value, dict) for value in values)
    pairs = values.items() if isinstance(values, dict) else enumerate(values) if tables else ()
    for name, value in pairs:
        deeper = list(flat(value, f"{prefix}{name}."))
        yield from deeper or [f"{prefix}{name}"]
