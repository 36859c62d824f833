"""Hydra's errors as one sentence: what was asked, the nearest valid keys, and the file that defines them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import compose, menu, packages, preset, registry, yaml_file
from zoo.errors import UnknownPart, ZooError

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig

CODE = "E-CONFIG"

NO_PLACE = re.compile(
    r"(?:In '(?P<file>[^']+)': )?Could not override '(?P<key>[^']+)'(?:.*Did you mean to override (?P<near>\S+)\?)?",
    re.DOTALL,
)
"""What Hydra says where no defaults list has a group."""


def errors() -> tuple[type[Exception], ...]:
    """What Hydra raises about words, values and files."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    return HydraException, OmegaConfBaseException


def explain(error: Exception, verb: str, words: Sequence[str]) -> ZooError:
    """What the user can do about an error of Hydra or OmegaConf."""
    from hydra.errors import MissingConfigException, OverrideParseException

    if isinstance(error, MissingConfigException) and "/" in (error.missing_cfg_file or ""):
        return missing_part(str(error.missing_cfg_file), error.options or (), verb, words)
    if isinstance(error, OverrideParseException):
        return ZooError(
            f"{error.override!r} cannot be read as key=value: put a value with blanks, brackets or = into quotes, "
            "\"key='a=b'\".",
            CODE,
        )
    if "does not support sweep type" in str(error):
        return ZooError("interval(…) has no list of values to try: add hydra/sweeper=tune to search it.", CODE)
    place = NO_PLACE.search(str(error))
    if place and (fault := preset.misplaced(place["file"] or "", place["key"])):
        return ZooError(fault, CODE)
    if place and place["key"].partition("@")[0] in registry.groups():
        return no_place(verb, place["key"], place["near"])
    overrides = parse(words)
    if several := [o for o in overrides if o.is_sweep_override() and "-m" not in words and "--multirun" not in words]:
        line = several[0].input_line
        key, _, value = str(line).partition("=")
        return ZooError(f"{line!r} gives several values: add -m to try each, or write a list as {key}=[{value}].", CODE)
    return unknown_key(verb, overrides) or ZooError(" ".join(f"{error}".split()), CODE)


def no_place(verb: str, key: str, near: str | None) -> ZooError:
    """A choice in a group that exists, but that nothing chosen takes."""
    instead = f"take {near}=…" if near else "leave it out, or choose a part that takes one"
    return ZooError(f"zoo {verb} with these parts has no place for {key}=…: {instead}.", CODE)


def missing_part(file: str, options: Sequence[str], verb: str, words: Sequence[str]) -> ZooError:
    """A choice that no folder has: typed, or named by a preset, which is told, or a primary configuration.

    Earlier runs of `zoo train` may know the package.
    """
    group, _, name = file.partition("/")
    if group == "hydra":
        group, _, name = file.rpartition("/")
        return ZooError(f"Hydra has no {group}={name}: choose one of {', '.join(sorted(options))}.", CODE)
    known = [packages.remembered(runs_of(words), group, name)] if verb == "train" else []
    asking = preset.naming(words, group, name)
    asked = [preset.told(asking, f"chooses {group}={name}")] if asking else []
    return UnknownPart(" ".join(filter(None, [registry.unknown(group, name), *known, *asked])))


def runs_of(words: Sequence[str]) -> Path:
    """The folder of run folders that a command line names."""
    typed = [word.removeprefix("runs=").strip("'\"") for word in words if word.startswith("runs=")]
    return Path(typed[-1] if typed else "runs")


def check_hydra_keys(verb: str, words: Sequence[str]) -> None:
    """Raise ZooError for a misspelt `hydra.…` key: Hydra itself lets some of them pass."""
    if any(word.startswith("hydra.") for word in words) and (error := unknown_key(verb, parse(words), "hydra.")):
        raise error


def parse(words: Sequence[str]) -> list[Override]:
    """The overrides among the words."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create().parse_overrides(
        [word for word in words if "=" in word and not word.startswith("-")]
    )


def unknown_key(verb: str, overrides: Sequence[Override], prefix: str = "") -> ZooError | None:
    """The first override of a key that the configuration does not have, with the nearest that it has."""
    from hydra.errors import HydraException

    try:
        cfg = compose.composed(verb, [choice(o) for o in overrides if is_group(o)])
    except HydraException:  # the parts that are chosen are the trouble
        return None
    known = sorted({*keys(cfg), *(group.name for group in menu.groups(verb))})
    for override in overrides:
        key = override.key_or_group
        if override.is_add() or override.is_delete() or is_group(override) or key in known:
            continue
        if key.startswith(prefix):
            return ZooError(f"Key {key!r} is not known: {advice(key, known, verb, cfg)}", CODE)
    return None


def is_group(override: Override) -> bool:
    """Whether an override chooses a part rather than sets a value."""
    return override.key_or_group in registry.groups() or "/" in override.key_or_group


def choice(override: Override) -> str:
    """The override with the first of the values it sweeps over."""
    if not override.is_sweep_override():
        return str(override.input_line)
    return f"{override.key_or_group}={next(override.sweep_string_iterator())}"


def keys(cfg: Any, prefix: str = "") -> Iterator[str]:
    """All keys of a configuration, containers and list positions included, that a user may set."""
    from omegaconf import DictConfig, ListConfig, OmegaConf

    names: Any = cfg.keys() if isinstance(cfg, DictConfig) else range(len(cfg)) if isinstance(cfg, ListConfig) else ()
    for name in names:
        if name == "_target_":
            continue
        yield f"{prefix}{name}"
        if not OmegaConf.is_missing(cfg, name) and not OmegaConf.is_interpolation(cfg, name):
            yield from keys(cfg[name], f"{prefix}{name}.")


def advice(key: str, known: Sequence[str], verb: str, cfg: DictConfig) -> str:
    """The nearest keys and where they are defined, else what stands beside the key."""
    known = [name for name in known if name.startswith("hydra.") == key.startswith("hydra.")]
    if near := nearest(key, known):
        return f"did you mean {' or '.join(f'`{name}` ({place(name, verb, cfg)})' for name in near)}?"
    parent = key.rpartition(".")[0]
    beside = sorted(name.removeprefix(f"{parent}.") for name in known if name.rpartition(".")[0] == parent)
    return f"{f'{parent} has' if parent else 'there are'} {', '.join(beside) or 'no keys'}; +{key}=… would add it."


def nearest(key: str, known: Sequence[str]) -> list[str]:
    """The keys that look like this one, or end with the same word; at most three, the most similar first."""
    last = key.rpartition(".")[2]
    near = {name for name in known if name.rpartition(".")[2] == last} | {*difflib.get_close_matches(key, known)}
    return sorted(near, key=lambda name: -difflib.SequenceMatcher(None, name, key).ratio())[:3]


def place(key: str, verb: str, cfg: DictConfig) -> str:
    """The file that defines a key, as a person would look for it: its part's, else the command's, else another's."""
    top, chosen = key.partition(".")[0], compose.chosen(cfg.hydra.runtime.choices)
    parts = {group: registry.find(group.partition("@")[0], name) for group, name in chosen.items()}
    others = [part for part in parts.values() if top in yaml_file.read(part.path)]
    part = parts.get(top) or next(iter(others if top not in menu.tops(verb) else []), None)
    if part:
        return f"conf/{part}.yaml" if part.provider == "zoo" else f"conf/{part}.yaml of {part.provider}"
    return "Hydra" if top == "hydra" else f"conf/{verb}.yaml"
