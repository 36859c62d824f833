"""What a preset asks for that is not there: a part, a group, a place, or a key that would change nothing unsaid."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zoo import defaults_list, menu, registry, yaml_file
from zoo.errors import ZooError
from zoo.registry import Part

if TYPE_CHECKING:
    from omegaconf import DictConfig

FREE = frozenset({"defaults", "hydra", "trainer"})
"""Keys whose contents are not zoo's: Hydra's own and Lightning's."""

GLOBAL = "`# @package _global_`"
"""The line that puts the values of a file at the top of the configuration."""


def refuse_unknown(cfg: DictConfig, verb: str, chosen: Mapping[str, Part]) -> None:
    """Raise ZooError if a chosen preset sets a key that neither the command nor a chosen part has."""
    for preset in chosen.values():
        if yaml_file.is_global(preset.path):
            for key in unknown(preset, verb, chosen):
                raise ZooError(sentence(preset, key, verb, cfg), "E-CONFIG")


def unknown(preset: Part, verb: str, chosen: Mapping[str, Part]) -> Iterator[str]:
    """The keys of a preset that nothing knows; one that its file, or one it inherits, interpolates is its own word."""
    text = "".join(one.path.read_text(encoding="utf-8") for one in defaults_list.lineage(preset))
    tops = menu.tops(verb) | {group.name for group in menu.groups(verb)}
    for key, value in yaml_file.read(preset.path).items():
        if key in FREE or f"${{{key}" in text:
            continue
        if key not in tops:
            yield key
        elif key in chosen and isinstance(value, Mapping):
            yield from (f"{key}.{name}" for name in value if name not in defaults_list.own_keys(chosen[key]))


def sentence(preset: Part, key: str, verb: str, cfg: Any) -> str:
    """What a preset sets, what was probably meant and where that stands."""
    from zoo import diagnosis

    known = [name for name in diagnosis.keys(cfg) if name != key and not name.startswith(f"{key}.")]
    advice = diagnosis.advice(key, known, verb, cfg).partition("; +")[0].rstrip(".")
    return told(preset, f"sets {key!r}, which is not known: {advice}")


def naming(words: Sequence[str], group: str, name: str) -> Part | None:
    """The preset that chooses a part, among those that the words choose and those that these choose; else None."""
    typed = [word.partition("=") for word in words]
    ahead = [part for key, _, value in typed if key in registry.groups() for part in registry.named(key, value)]
    for part in ahead:
        for place, choice in defaults_list.chosen_by(part).items():
            above = defaults_list.group_of(place)
            if (above, choice) == (group, name):
                return part
            ahead += [one for one in registry.named(above, choice) if one not in ahead]
    return None


def misplaced(file: str, key: str) -> str:
    """What is wrong with a preset `group/name` that chooses a part where there is no place; blank for another file."""
    above, _, name = file.partition("/")
    preset = next(iter(registry.named(above, name)), None)
    return astray(preset, defaults_list.group_of(key)) if preset and above not in registry.KINDS else ""


def faults(preset: Part) -> Iterator[str]:
    """What is wrong with the choices of a preset, each as a sentence; Hydra's own groups are not looked at."""
    for place, name in defaults_list.chosen_by(preset).items():
        group = defaults_list.group_of(place)
        if group.startswith("hydra/"):
            continue
        if fault := astray(preset, group):
            yield fault
        elif "${" not in name and not registry.named(group, name):
            yield told(preset, f"chooses {group}={name}, which no installed package has")


def astray(preset: Part, group: str) -> str:
    """Why the choice of a preset in a group goes to no place, or nothing."""
    if not yaml_file.is_global(preset.path):
        return told(preset, f"chooses a part of {group}, but does not begin with {GLOBAL}: write that line first")
    if group in registry.groups():
        return ""
    near = difflib.get_close_matches(group, registry.groups())
    advice = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(registry.groups()))}"
    return told(preset, f"chooses a part of {group}, which is no group: {advice}")


def told(preset: Part, what: str) -> str:
    """What a preset does, with its package and its file."""
    return f"{preset} of {preset.provider} {what}{'' if what.endswith('?') else '.'} The file is {preset.path}."
