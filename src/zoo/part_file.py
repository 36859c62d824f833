"""What is wrong with the file of a part, as far as it shows without importing the part's class."""

from __future__ import annotations

from collections.abc import Iterator

from zoo import defaults_list, preset, registry, signature, yaml_file
from zoo.errors import ZooError
from zoo.registry import KINDS, Part


def faults(part: Part) -> Iterator[str]:
    """One sentence, with a way out, for each fault."""
    from omegaconf import OmegaConf

    alike = [one for one in registry.of(part.group) if one.name == part.name]
    if len({one.path for one in alike}) > 1:
        yield registry.twice(alike)
    try:
        yaml_file.read(part.path)
        with yaml_file.valid(part.path):
            OmegaConf.load(part.path)  # which also sees a key that stands twice
        defaults_list.lineage(part)
        yield from filter(None, [signature.stranger(part)]) if part.group in KINDS else preset.faults(part)
    except ZooError as error:
        yield str(error)
