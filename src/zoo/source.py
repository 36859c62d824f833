"""The source of the packages whose parts a run was made with, against what it is now."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo import atomic, packages, plain, registry, signature
from zoo.errors import UnknownPart
from zoo.packages import Choices

log = logging.getLogger("zoo")

FILE = "code.json"
"""Where a run folder keeps the hash of each package's source at its beginning."""

LIBRARIES = frozenset({"site-packages", "dist-packages"})
"""Folders of packages that nobody edits, unless they are plugins."""


def write(folder: Path, choices: Choices) -> None:
    """Record the source of the packages of the chosen parts in a run folder."""
    atomic.write_json(folder / FILE, hashes(choices, choices))


def hashes(choices: Choices, groups: Iterable[str]) -> dict[str, str]:
    """The sha256 of the source of the package of each group's part; none of the core's, whose version tells it."""
    found = {group: tuple(files(group, choices[group])) for group in groups}
    known = {paths: sha256(paths) for paths in found.values() if paths}
    return {group: known[paths] for group, paths in found.items() if paths}


def files(group: str, choice: Mapping[str, str]) -> list[Path]:
    """The `*.py` of a part's package, found without importing it; of a folder of one's own, those of the class."""
    if choice["provider"] != registry.MINE:
        plugin = packages.plugin_of(choice["provider"])
        return below(plugin.module.partition(".")[0]) if plugin else []
    try:
        paths = below(signature.target(registry.find(group, choice["name"], registry.MINE)).partition(".")[0])
    except UnknownPart:
        return []
    return [path for path in paths if LIBRARIES.isdisjoint(path.parts)]


def below(module: str) -> list[Path]:
    """The source files of a module or package of the top level."""
    try:
        spec = importlib.util.find_spec(module) if module else None
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    alone = [] if folders or not spec.origin else [Path(spec.origin)]
    return alone + [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def sha256(paths: Iterable[Path]) -> str:
    """A hash of files by their names and content, wherever they lie."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def changed(folder: Path, choices: Choices, groups: Iterable[str]) -> list[str]:
    """The packages whose source differs from what a run began with; none where the run did not record it."""
    path = folder / FILE
    before = plain.read(path) if path.is_file() else {}
    now = hashes(choices, groups)
    differing = [group for group in now if group in before and before[group] != now[group]]
    return list(dict.fromkeys(choices[group]["provider"] for group in differing))


def warn_of_changes(folder: Path, choices: Choices, groups: Iterable[str]) -> None:
    """Warn where the source of a part's package is another than the run began with."""
    if found := " and ".join(changed(folder, choices, groups)):
        log.warning("W-CODE: the code of %s has changed since this run, %s; rerun=true trains again", found, folder)
