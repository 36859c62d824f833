"""The packages whose parts a run was made with, against those that are installed here."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from zoo import plain, registry
from zoo.discovery import distribution, plugins, zoo_version
from zoo.errors import UnknownPart, ZooError
from zoo.plugin import Plugin, normal

log = logging.getLogger("zoo")

Choices = Mapping[str, Mapping[str, str]]
EXTRA = re.compile(r"extra == [\"']([\w.-]+)[\"']")
"""How a requirement's marker names the extra that brings it."""


def require(choices: Choices, groups: Iterable[str]) -> None:
    """Raise UnknownPart if a part of a run is not installed, with the package and version that had it."""
    for group in groups:
        choice = choices[group]
        if not [part for part in registry.named(group, choice["name"]) if part.provider == choice["provider"]]:
            raise UnknownPart(missing(group, choice))


def missing(group: str, choice: Mapping[str, str]) -> str:
    """Why a part of a run is not here, and what to install: its package is absent, does not work, or lacks it now."""
    what = f"{group}={choice['name']} comes from {package(choice)}"
    if choice["provider"] == registry.MINE:
        return f"{what}, a folder of somebody's own: give that folder again."
    here = plugin_of(choice["provider"])
    if here and here.state != "ok":
        return f"{what}, and here the {here}."
    if version := installed(choice["provider"]):
        return f"{what}, and {choice['provider']} {version}, which is here, has no such part: {remedy(choice)}."
    return f"{what}, which is not installed here: {remedy(choice)}."


def others(choices: Choices, groups: Iterable[str]) -> list[str]:
    """The parts whose package is another version here than the run was made with, each as half a sentence."""
    return [
        f"{group}={choice['name']} was made with {package(choice)}, and {here} is here"
        for group, choice, here in changed(choices, groups)
    ]


def remedies(choices: Choices, groups: Iterable[str]) -> str:
    """The commands that bring back the versions a run was made with, empty where they are here."""
    return " and ".join(dict.fromkeys(remedy(choice) for _, choice, _ in changed(choices, groups)))


def warn_of_others(choices: Choices, groups: Iterable[str]) -> None:
    """Warn where the package of a part is another version here than the run was made with."""
    groups = list(groups)
    if found := others(choices, groups):
        log.warning("W-VERSION: %s; for its own numbers %s", "; ".join(found), remedies(choices, groups))


def changed(choices: Choices, groups: Iterable[str]) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """The groups whose part's package is another version here, with the part chosen and the version that is here."""
    for group in groups:
        here = installed(choices[group]["provider"])
        if here not in (None, choices[group]["version"]):
            yield group, choices[group], here


def remembered(runs: Path, group: str, name: str) -> str:
    """Which package a run of this folder had a part from, and how to install it, as a sentence; empty without one."""
    for path in sorted(runs.glob("*/choices.yaml")):
        with suppress(ZooError):  # a damaged run says so where it is used
            choice = plain.read(path).get(group, {})
            if choice.get("name") == name and choice["provider"] != registry.MINE:
                return f"{path.parent} had it from {package(choice)}: {remedy(choice)}."
    return ""


def package(choice: Mapping[str, str]) -> str:
    """The package of a chosen part, with its version."""
    return f"{choice['provider']} {choice['version']}".strip()


def remedy(choice: Mapping[str, str]) -> str:
    """The command that installs the package of a chosen part as it was; where it is so, what has become of the part."""
    here = plugin_of(choice["provider"])
    if here and (here.version, here.state) == (choice["version"], "ok"):
        return f"bring back its {choice['name']}.yaml"
    return f"pip install {distribution(choice['provider'])}=={choice['version']}"


def bringing(module: str, package: str) -> str:
    """The command that installs a module which a package's part needs: by the extra that names it, if one does."""
    name = distribution(package)
    for requirement in map(Requirement, metadata.requires(name) or [] if package != registry.MINE else []):
        extra = EXTRA.search(str(requirement.marker))
        if extra and normal(requirement.name) == normal(module):
            return f"pip install '{name}[{extra[1]}]'"
    return f"pip install {module}"


def installed(provider: str) -> str | None:
    """The version of a package that is here, None where it is not; a folder of one's own has none."""
    if provider == "zoo":
        return zoo_version()
    here = plugin_of(provider)
    return here.version if here else None


def plugin_of(provider: str) -> Plugin | None:
    """The plugin of a package, None where it is not here."""
    return next((plugin for plugin in plugins() if normal(plugin.package) == normal(provider)), None)
