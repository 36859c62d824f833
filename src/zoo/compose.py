"""Configurations, composed by Hydra from the words of a command line and the folders of zoo and its plugins."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zoo import deprecation, preset, registry, run_dataset, yaml_file
from zoo.errors import DONE, ZooError
from zoo.registry import Part
from zoo.words import ready

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run_hydra(command: str, words: Sequence[str]) -> int:
    """Compose the command's configuration, run the command, and return its exit code; errors become one line.

    `train` is zoo.verbs.train.main on conf/train.yaml, `data verify` is zoo.verbs.data.verify on conf/data.yaml.
    """
    from zoo import ending, under_hydra

    try:
        under_hydra.run(command, words)
    except (Exception, KeyboardInterrupt) as error:
        return ending.told(command, error)
    return DONE


def config(verb: str, words: Sequence[str] = ()) -> DictConfig:
    """The configuration of `zoo <verb> <words>`, with Hydra's own node. Raises ZooError as the command would."""
    from zoo import diagnosis

    words = ready(verb, run_dataset.completed(verb, words))
    try:
        return composed(verb, words)
    except diagnosis.errors() as error:
        raise diagnosis.explain(error, verb, words) from error


def composed(verb: str, words: Sequence[str]) -> DictConfig:
    """The configuration of words as Hydra wants them. Raises its errors, and ZooError as `parts_of` does."""
    from hydra import compose, initialize_config_dir

    from zoo import folder

    folder.register()
    with initialize_config_dir(version_base="1.3", config_dir=str(registry.CONF)):
        cfg = compose(verb, overrides=list(words), return_hydra_config=True)
    parts_of(cfg, verb, chosen(cfg.hydra.runtime.choices))
    return cfg


def parts_of(cfg: DictConfig, verb: str, names: Mapping[str, str]) -> dict[str, Part]:
    """The parts of these names. Raises ZooError for one of two providers or without keys, or a preset's unknown key."""
    parts = {group: registry.find(group.partition("@")[0], name) for group, name in names.items()}
    for part in parts.values():
        yaml_file.read(part.path)
    if verb == "train":
        preset.refuse_unknown(cfg, verb, parts)
    return parts


def part_values(group: str, name: str) -> dict[str, Any]:
    """The values of one part by itself, with what its defaults list inherits.

    Raises ZooError for an unknown part, and for a file that cannot be read.
    """
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from zoo import diagnosis, folder

    registry.find(group, name)
    folder.register()
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(registry.CONF)):
            values: Any = OmegaConf.to_container(compose(overrides=[f"+{group}={name}"])[group], resolve=True)
    except diagnosis.errors() as error:
        raise ZooError(
            f"The file of {group}={name} cannot be used: {' '.join(str(error).split())}", "E-CONFIG"
        ) from error
    return {str(key): value for key, value in values.items() if key != "_target_"}


def checked(cfg: DictConfig, verb: str, choices: Mapping[str, str | None]) -> dict[str, str]:
    """The chosen parts, by group; of one that is going that is said.

    Raises ZooError for a part of two providers or without keys, a preset's key that nothing knows, or a missing value.
    """
    from omegaconf import OmegaConf

    names = chosen(choices)
    for part in parts_of(cfg, verb, names).values():
        deprecation.told(part)
    if missing := sorted(key for key in OmegaConf.missing_keys(cfg) if not key.startswith("hydra.")):
        needs = " and ".join(f"{key}=…" for key in missing)
        raise ZooError(f"zoo {verb} needs {needs}: see zoo {verb} --help.", "E-CONFIG")
    return names


def report_plugins() -> None:
    """Say on stderr which plugins do not work, and which use what is going."""
    for plugin in registry.plugins():
        if plugin.state in ("broken", "incompatible"):
            print(f"zoo: {plugin}", file=sys.stderr)
        for going in plugin.going:
            print(f"zoo: plugin {plugin.name} {plugin.version}: {going}", file=sys.stderr)


def chosen(choices: Mapping[str, str | None]) -> dict[str, str]:
    """The parts among Hydra's choices, by group, or by `group@package` where a part holds another."""
    return {group: name for group, name in choices.items() if name and not group.startswith("hydra/")}
