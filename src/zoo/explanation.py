"""Where a value of the configuration comes from: every file and word that sets it, in the order in which they count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from zoo import defaults_list, menu, registry, yaml_file
from zoo.registry import Part

MISSING = object()


class Origin(NamedTuple):
    """Somebody who sets a value: a file, its package and its comment, or the command line."""

    value: Any
    where: str
    why: str = ""
    part: Part | None = None


def origins(verb: str, words: Sequence[str], key: str) -> list[Origin]:
    """Who sets a key of `zoo <verb> <words>`, the last one with success; a group's origins are who chooses its part."""
    if key in {group.name for group in menu.groups(verb)}:
        return [*choosers(verb, words, key), *typed(words, key)]
    files, overrides = composed(verb, tuple(words))
    found = [origin for path, package, part in files for origin in set_in(path, package, part, key)]
    return [*found, *typed(overrides, key)]


@cache
def composed(verb: str, words: tuple[str, ...]) -> tuple[list[tuple[Path, str, Part | None]], list[str]]:
    """The YAML files that Hydra merges, in its order, with the key they are put under; then the values typed."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    from zoo import folder

    folder.register()
    with initialize_config_dir(version_base="1.3", config_dir=str(registry.CONF)):
        loader = GlobalHydra.instance().config_loader()
        found = loader.compute_defaults_list(verb, list(words), RunMode.RUN)
    files = []
    for default in found.defaults:
        group, _, name = (default.config_path or "").partition("/")
        if group == verb and not name:
            files.append((registry.CONF / f"{verb}.yaml", "", None))
        elif group in registry.groups():
            part = registry.find(group, name)
            package = (default.package or "").replace("_global_", "")
            files.append((part.path, package, part))
    return files, [str(override.input_line) for override in found.config_overrides]


def set_in(path: Path, package: str, part: Part | None, key: str) -> Iterator[Origin]:
    """The origin that a file is of a key, if it is one."""
    prefix = f"{package}." if package else ""
    if not key.startswith(prefix):
        return
    own = key.removeprefix(prefix)
    value = at(yaml_file.read(path), own)
    if value is not MISSING:
        comments = {entry.name: entry.why for entry in menu.entries(path)}
        where = f"{part} of {part.provider} {part.version}".strip() if part else "zoo"
        yield Origin(value, f"{where}: {path}", comments.get(own, ""), part)


def at(values: Any, key: str) -> Any:
    """The value at a dotted key, in which numbers count the entries of lists; MISSING where there is none."""
    for name in key.split("."):
        if isinstance(values, list) and name.isdigit() and int(name) < len(values):
            values = values[int(name)]
        elif isinstance(values, Mapping) and name in values:
            values = values[name]
        else:
            return MISSING
    return values


def choosers(verb: str, words: Sequence[str], group: str) -> Iterator[Origin]:
    """The command's own default, then the presets that choose a part of the group."""
    default = next(entry for entry in menu.groups(verb) if entry.name == group)
    yield Origin(default.value, f"zoo: {registry.CONF / f'{verb}.yaml'}", default.why)
    for path, _, part in composed(verb, tuple(words))[0]:
        for entry in defaults_list.entries(part) if part else []:
            for key, name in entry.items() if isinstance(entry, dict) else ():
                if defaults_list.place_of(key) == group:
                    yield Origin(name, f"{part} of {part.provider} {part.version}: {path}", "", part)


def typed(words: Sequence[str], key: str) -> Iterator[Origin]:
    """The words of the command line that set a key, or something that holds it."""
    for word in words:
        name, equals, value = word.lstrip("+").partition("=")
        if equals and (key == name or key.startswith(f"{name}.")):
            yield Origin(value, "the command line")


def sentence_about(name: str, text: str) -> str:
    """What a docstring that explains `name: meaning. other, more: …` says about a name."""
    found = re.search(rf"(?:^|[\s,]){re.escape(name)}(?:, \w+)*: (.+?\.)(?:\s|$)", " ".join(text.split()))
    return found[1] if found else ""
