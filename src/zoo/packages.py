"""The packages whose parts a run was made with, against those that are installed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from zoo import plain, registry
from zoo.discovery import DISTRIBUTION, plugins, zoo_version
from zoo.errors import UnknownPart, ZooError
from zoo.plugin import normal

Choices = Mapping[str, Mapping[str, str]]


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
    here = next((plugin for plugin in plugins() if normal(plugin.package) == normal(choice["provider"])), None)
    if here and here.state != "ok":
        return f"{what}, and here the {here}."
    if version := installed(choice["provider"]):
        return f"{what}, and {choice['provider']} {version}, which is here, has no such part: {remedy(choice)}."
    return f"{what}, which is not installed here: {remedy(choice)}."


def others(choices: Choices, groups: Iterable[str]) -> list[str]:
    """The parts whose package is another version here than the run was made with, each as half a sentence."""
    return [
        f"{group}={choices[group]['name']} was made with {package(choices[group])}, and {here} is here"
        for group in groups
        if (here := installed(choices[group]["provider"])) not in (None, choices[group]["version"])
    ]


def remedies(choices: Choices, groups: Iterable[str]) -> str:
    """The commands that bring back the versions a run was made with, empty where they are here."""
    wanted = [choices[group] for group in groups]
    return " and ".join(
        dict.fromkeys(remedy(one) for one in wanted if installed(one["provider"]) not in (None, one["version"]))
    )


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
    """The command that installs the package of a chosen part as it was."""
    distribution = DISTRIBUTION if choice["provider"] == "zoo" else choice["provider"]
    return f"pip install {distribution}=={choice['version']}"


def installed(provider: str) -> str | None:
    """The version of a package that is here, None where it is not; a folder of one's own has none."""
    if provider == "zoo":
        return zoo_version()
    return next((plugin.version for plugin in plugins() if normal(plugin.package) == normal(provider)), None)
