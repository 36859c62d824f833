"""What is wrong with a plugin's folder of parts, beside the files themselves: what nobody reads or takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from zoo import defaults_list, menu, registry
from zoo.discovery import part_files
from zoo.errors import ZooError
from zoo.registry import Part


def faults(folder: Path) -> Iterator[str]:
    """One sentence for each file that is not read, and for each group that nothing takes."""
    for path in sorted(folder.rglob("*.yml")):
        name = path.relative_to(folder)
        yield f"{name} is not read: call it {name.with_suffix('.yaml')}."
    known = taken()
    for group in sorted({path.parent.name for path in part_files(folder)} - known):
        near = difflib.get_close_matches(group, known)
        advice = f"did you mean {' or '.join(near)}?" if near else "name it in a defaults list, or leave it out."
        yield f"nothing takes the parts in {folder / group}: {advice}"


def taken() -> set[str]:
    """The groups that a command offers, zoo itself has parts of, or a part has a place for."""
    offered = {group.name for verb in registry.CONF.glob("*.yaml") for group in menu.groups(verb.stem)}
    own = {part.group for part in registry.parts() if part.provider == "zoo"}
    placed = {place for part in registry.parts() for place in places(part)}
    return own | {defaults_list.group_of(key) for key in offered | placed}


def places(part: Part) -> list[str]:
    """The groups that the defaults list of a part takes parts of; none where its file cannot be read."""
    try:
        named, listed = defaults_list.choices(part), defaults_list.entries(part)
    except ZooError:  # which `part_file` tells
        return []
    keys = [key for key, _ in named if not key.startswith("override ")]
    return keys + [entry.rpartition("/")[0] for entry in listed if isinstance(entry, str)]
