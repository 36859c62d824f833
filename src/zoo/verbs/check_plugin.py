"""`zoo plugins check`: the conformance kit on every part of a package, without a line of test code."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from zoo import registry
from zoo.discovery import entries, package_of
from zoo.errors import ZooError
from zoo.plugin import normal

GOOD, BAD = 0, 1


def main(package: str, words: Sequence[str] = ()) -> int:
    """Print what comes of every check; the last line is `N passed, M failed`. Returns the exit code, 0 or 1."""
    entry = entry_of(package)
    if importlib.util.find_spec("pytest") is None:
        raise ZooError("zoo plugins check needs pytest, whose words the kit speaks: pip install pytest.", "E-PLUGIN")
    from zoo.testing import inspection

    if trouble := inspection.imported(entry.module) or state(entry.name):
        print(f"{entry.name} fails before its parts can be looked at: {trouble}\n0 passed, 1 failed")
        return BAD
    given, counts = values(words), Counter[str]()
    for part in inspection.parts_of(package_of(entry.dist)):
        own = {key: value for (group, key), value in given.items() if group == part.group}
        if lacking := inspection.lacks(part, own):
            print(f"skipped {part.group}={part.name}: give {' '.join(f'{part.group}.{key}=…' for key in lacking)}")
            continue
        for found in inspection.inspected(inspection.kit(part, own)):
            counts[found.outcome] += 1
            print(found.words if found.outcome == inspection.FAILED else line(found), flush=True)
    if not counts:
        print(f"zoo: {package} has no part of a kind that the kit knows", file=sys.stderr)
    print(f"{counts[inspection.PASSED]} passed, {counts[inspection.FAILED]} failed")
    return BAD if counts[inspection.FAILED] else GOOD


def line(found: Any) -> str:
    """A check that passed or was skipped, in one line."""
    return f"{found.outcome:7} {found.part} {found.check}" + (f": {found.words}" if found.words else "")


def entry_of(package: str) -> importlib.metadata.EntryPoint:
    """The entry point of a package, which is not imported. Raises ZooError where there is none."""
    known = {package_of(dist): entry for dist, entry in entries()}
    for name, entry in known.items():
        if normal(name) == normal(package):
            if isinstance(entry, Exception):
                raise ZooError(f"The entry points of {package} cannot be read ({entry}): install it again.", "E-PLUGIN")
            return entry
    raise ZooError(
        f"{sys.executable} has no plugin {package} installed: pip install {package} with that interpreter's pip "
        f"(installed: {', '.join(sorted(known)) or 'none'}).",
        "E-PLUGIN",
    )


def state(name: str) -> str:
    """What zoo finds wrong with a plugin, or nothing."""
    plugin = next(plugin for plugin in registry.plugins() if plugin.name == name)
    return "" if plugin.state == "ok" else f"{plugin.state}, {plugin.reason}; {plugin.remedy}"


def values(words: Sequence[str]) -> Mapping[tuple[str, str], Any]:
    """`group.key=value` as (group, key) → value. Raises ZooError for any other word."""
    import yaml

    given = {}
    for word in words:
        name, equals, text = word.partition("=")
        group, dot, key = name.partition(".")
        if not (equals and dot and key):
            raise ZooError(f"{word!r} is no value of a part: write GROUP.KEY=VALUE, such as dataset.root=DIR.")
        given[group, key] = yaml.safe_load(text)
    return given
