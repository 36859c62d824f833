"""Which parts are installed: the plugins' folders, listed. No list of names is kept, and no class is imported."""

from __future__ import annotations

import difflib
import importlib.util
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zoo import yaml_file
from zoo.discovery import part_files, plugins, zoo_version
from zoo.errors import UnknownPart, ZooError
from zoo.plugin import Plugin, normal

__all__ = ["CONF", "Part", "Plugin", "find", "groups", "names", "of", "parts", "plugins"]

HERE = Path(__file__).parent
MODEL = ("augmenter", "architecture", "head")
"""The groups of the parts that make a model."""

KINDS = (*MODEL, "dataset")
"""The groups of parts that are classes with an interface."""

CONF = next(p for p in (HERE.parents[1] / "conf", HERE / "conf") if (p / "train.yaml").is_file())
"""The core's own folder: beside the source in a checkout, inside the package in a wheel."""

MINE = "--config-dir"
"""The provider of parts in the user's own folder, which `--config-dir` or ZOO_CONFIG_DIR names."""

MOST_NAMES = 12
"""Names of a group that fit into a sentence."""


@dataclass(frozen=True)
class Part:
    """A named choice of a group: `<folder>/<group>/<name>.yaml`, its provider, and the file's summary line."""

    group: str
    name: str
    provider: str
    version: str
    path: Path

    @property
    def summary(self) -> str:
        """What the file's first comment says; read when it is asked for, for most files are not."""
        return yaml_file.summary(self.path)

    @property
    def full_name(self) -> str:
        """`provider/name`, which no other part of its group has."""
        return f"{self.provider}/{self.name}"

    def __str__(self) -> str:
        return f"{self.group}/{self.name}"


@dataclass(frozen=True)
class Provider:
    """A folder with parts, and whose it is."""

    name: str
    version: str
    folder: Path


def providers() -> tuple[Provider, ...]:
    """zoo, the plugins by name, then the user's own folder: the order in which Hydra searches them."""
    installed = [Provider(p.package, p.version, p.folder) for p in plugins() if p.folder]
    own = os.environ.get("ZOO_CONFIG_DIR")
    mine = [Provider(MINE, "", Path(own).absolute())] if own else []
    return (Provider("zoo", zoo_version(), CONF), *dict.fromkeys(installed), *mine)


def parts() -> tuple[Part, ...]:
    """Every part of every provider, by group and name; two providers of one name give two parts."""
    found = [part for provider in providers() for part in listed(provider)]
    return tuple(sorted(found, key=lambda part: (part.group, part.name)))


@cache
def listed(provider: Provider) -> tuple[Part, ...]:
    """The parts in one folder."""
    return tuple(
        Part(path.parent.name, path.stem, provider.name, provider.version, path) for path in part_files(provider.folder)
    )


def groups() -> list[str]:
    """The kinds of parts of which there is any."""
    return sorted({part.group for part in parts()})


def of(group: str) -> list[Part]:
    """The parts of a group, by name."""
    return [part for part in parts() if part.group == group]


def names(group: str) -> list[str]:
    """The names that can be chosen in a group."""
    return sorted({part.name for part in of(group)})


def named(group: str, name: str) -> list[Part]:
    """The parts that `name` may stand for, or `provider/name`."""
    provider, _, own = name.rpartition("/")
    found = [part for part in of(group) if part.name == own]
    return [part for part in found if normal(provider) in ("", normal(part.provider))]


def find(group: str, name: str, provider: str = "") -> Part:
    """The part of this name, or of this `provider/name`; of several that of the provider in whose file the name stands.

    Raises UnknownPart with a way out, or ZooError if two packages provide it.
    """
    found = named(group, name)
    if not found:
        raise UnknownPart(unknown(group, name))
    found = [part for part in found if part.provider == provider] or found
    if len(found) > 1:
        raise ZooError(twice(found), "E-PART-TWICE")
    return found[0]


def meant(text: str) -> Part:
    """The part that `group/name`, `group/provider/name` or `provider/name` stands for, or `name` where one part has it.

    Raises ZooError, UnknownPart.
    """
    first, slash, rest = text.partition("/")
    if not slash:
        return alone(text)
    brought = [part for part in parts() if normal(part.provider) == normal(first)]
    kinds = sorted({part.group for part in brought if part.name == rest})
    if first in groups() or not brought:
        return find(first, rest)
    if not kinds:
        raise UnknownPart(f"{brought[0].provider} has no part {rest}: it has {', '.join(map(str, brought))}.")
    if len(kinds) > 1:
        raise ZooError(f"{first} has several parts {rest}: write {' or '.join(f'{kind}/{text}' for kind in kinds)}.")
    return find(kinds[0], text)


def alone(name: str) -> Part:
    """The only part of a name, whatever its group and provider.

    Raises ZooError where there is none, or several, and UnknownPart where a package that is not installed has it.
    """
    found = [part for part in parts() if part.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise ZooError(
            f"There are several parts {name}: write {' or '.join(f'{p.group}/{p.full_name}' for p in found)}."
        )
    for group, _, own in (part.partition("/") for part in well_known()):
        if own == name:
            raise UnknownPart(unknown(group, name))
    near = difflib.get_close_matches(name, {part.name: None for part in parts()})
    like = [str(part) for part in parts() if part.name in near]
    raise ZooError(
        f"{name!r} is neither a part nor an installed package: "
        + (f"did you mean {' or '.join(like)}?" if like else "`zoo plugins` lists the parts and their packages.")
    )


def unknown(group: str, name: str) -> str:
    """Why there is no such part: which broken plugin may have it, which package has it, what is near or installed."""
    installed = [part.full_name for part in of(group)] if "/" in name else names(group)
    broken = [plugin for plugin in plugins() if plugin.state != "ok"]
    likely = [plugin for plugin in broken if may_have(plugin, group, name)]
    words = [f"No installed package has {group}={name}.", *(f"The {plugin}." for plugin in likely)]
    package = well_known().get(f"{group}/{name}")
    if package and package not in [plugin.package for plugin in likely]:
        words.append(f"It comes with {package}: pip install {package}.")
    elif near := difflib.get_close_matches(name, installed, n=3):
        words.append(f"Did you mean {' or '.join(near)}?")
    words.append(listing(installed))
    words += [f"The {plugin}." for plugin in broken if not likely]
    return " ".join(words)


def listing(installed: list[str]) -> str:
    """The names that can be chosen, or where they are listed if they are many."""
    if len(installed) > MOST_NAMES:
        return f"`zoo plugins` lists the {len(installed)} that are installed."
    return f"Installed: {', '.join(installed) or 'none'}."


def may_have(plugin: Plugin, group: str, name: str) -> bool:
    """Whether a plugin that does not work may be the one with a part: its folder has the file, or its name the word."""
    provider, _, own = name.rpartition("/")
    if provider:
        return normal(provider) == normal(plugin.package)
    if f"-{normal(own)}-" in f"-{normal(plugin.package)}-":
        return True
    try:
        spec = importlib.util.find_spec(plugin.module.partition(".")[0] or " ")
    except (ImportError, ValueError):
        return False
    folders = (spec.submodule_search_locations if spec else None) or ()
    files = (path for folder in folders for path in Path(folder).rglob("*.yaml"))
    return any((path.parent.name, path.stem) == (group, own) for path in files)


def twice(found: list[Part]) -> str:
    """Who provides one name, and how to choose between them or have one of them only."""
    who = " and ".join(f"{part.provider} {part.version}".strip() for part in found)
    last = found[-1]
    if len({part.provider for part in found}) == 1:
        files = " and ".join(str(part.path) for part in found)
        return f"{last} is provided twice by {last.provider} {last.version}, in {files}: rename one of these files."
    if last.provider == MINE:
        return f"{last} is provided by {who}: give your file {last.path.name} another name."
    out = [part.provider for part in found if part.provider != "zoo"]
    typed = " or ".join(f"{part.group}={part.full_name}" for part in found)
    ways = [f"choose {typed}", f"pip uninstall {' or '.join(out)}", f"or set ZOO_DISABLE_PLUGINS={out[-1]}"]
    return f"{last} is provided by {who}: {', '.join(ways)}."


@cache
def well_known() -> dict[str, str]:
    """The package of each part that `conf/packages.yaml` names, installed or not."""
    return {part: package for package, known in yaml_file.read(CONF / "packages.yaml").items() for part in known}
