"""The values that a preset sets: a key that nothing knows would be merged, and change nothing, without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from zoo import defaults_list, menu, yaml_file
from zoo.errors import ZooError
from zoo.registry import Part

if TYPE_CHECKING:
    from omegaconf import DictConfig

FREE = frozenset({"defaults", "hydra", "trainer"})
"""Keys whose contents are not zoo's: Hydra's own and Lightning's."""


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
    return f"{preset} of {preset.provider} sets {key!r}, which is not known: {advice}. The file is {preset.path}."
