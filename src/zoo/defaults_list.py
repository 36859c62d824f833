"""The defaults list of a part's file: from whom it inherits, which parts it chooses, and for which it has a place."""

from __future__ import annotations

from typing import Any

from zoo import registry, yaml_file
from zoo.errors import ZooError
from zoo.registry import Part


def entries(part: Part) -> list[Any]:
    """The defaults list of a part, empty where it has none. Raises ZooError unless it lists names and choices."""
    found = yaml_file.read(part.path).get("defaults") or []
    wrong = [entry for entry in found if not is_entry(entry)] if isinstance(found, list) else [found]
    if wrong:
        raise ZooError(
            f"{part.path} has {wrong[0]!r:.60} among its defaults: list names and choices, `- name` or "
            "`- override /group: name`, a line each.",
            "E-CONFIG",
        )
    return found


def is_entry(entry: Any) -> bool:
    """Whether this may stand in a defaults list: a name, or a table of one group and what is chosen in it."""
    return isinstance(entry, str) or (isinstance(entry, dict) and [*map(type, entry)] == [str])


def lineage(part: Part, below: tuple[Part, ...] = ()) -> list[Part]:
    """The part, then those of its group that it inherits from, the nearest first.

    below: those that inherit from it. Raises ZooError where one of them is an ancestor of it too.
    """
    line = [part]
    for entry in reversed(entries(part)):
        name = parent(part.group, entry)
        if not name or (ancestor := registry.find(part.group, name, part.provider)) in line:
            continue
        if ancestor in below:
            raise ZooError(
                f"{ancestor} inherits from {part}, which inherits from {ancestor}: leave {name} out of {part.path}.",
                "E-CONFIG",
            )
        line += lineage(ancestor, (*below, part))
    return line


def own_values(part: Part) -> dict[str, Any]:
    """The keys and values of a part's YAML, with those that it inherits."""
    found = [pair for one in reversed(lineage(part)) for pair in yaml_file.read(one.path).items()]
    return {key: value for key, value in found if key not in ("_target_", "defaults")}


def own_keys(part: Part) -> list[str]:
    """The keys of a part's YAML, with those that it inherits."""
    return list(own_values(part))


def choices(part: Part) -> list[tuple[str, Any]]:
    """The lines `key: value` of the defaults list of a part."""
    return [pair for entry in entries(part) if isinstance(entry, dict) for pair in entry.items()]


def chosen_by(part: Part) -> dict[str, str]:
    """The parts that a preset chooses, by group: the lines `override /group: name` of its defaults list.

    Where a line has a list of Hydra's, or null for none, it chooses no part.
    """
    chosen = ((key, name) for key, name in choices(part) if key.startswith("override ") and isinstance(name, str))
    return {place_of(key): name for key, name in chosen}


def offered_by(part: Part) -> list[str]:
    """The groups that a part has a place for, as `group@place`: the lines `/group@place: name` of its defaults list.

    Those of the parts that it inherits from count too.
    """
    named = [key for one in lineage(part) for key, _ in choices(one)]
    return [place_of(key) for key in named if key.startswith("/") and "@" in key]


def parent(group: str, entry: Any) -> str | None:
    """The name in this group that an entry of a defaults list stands for: `name`, `/group/name`, `/group: name`."""
    if isinstance(entry, dict):
        (key, value), *_ = entry.items()
        inherited = group_of(key) == group and not key.startswith("override ") and isinstance(value, str)
        return value if inherited else None
    text = str(entry).partition("@")[0]
    if text.startswith("/"):
        above, _, name = text[1:].partition("/")
        return name if above == group else None
    return None if text == "_self_" else text


def place_of(key: str) -> str:
    """What a key of a defaults list fills, `group` or `group@package`, of `/group@package` and `override /group`."""
    return key.removeprefix("override ").strip("/ ")


def group_of(key: str) -> str:
    """The group that a key of a defaults list names."""
    return place_of(key).partition("@")[0]
