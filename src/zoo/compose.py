"""Hydra, seeing the plugins' folders: in this process only, so that other Hydra programs are untouched."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from zoo import deprecation, preset, registry, run_dataset
from zoo.errors import DONE, INTERRUPTED, UNEXPECTED, ZooError
from zoo.log import speak
from zoo.registry import Part
from zoo.words import ready

if TYPE_CHECKING:
    from omegaconf import DictConfig


DEFAULTS = {"data recentre": ["augmenter=affine_gen2"]}
"""Words that a command adds unless their group is chosen, where it shares its configuration with others."""


def run_hydra(command: str, words: Sequence[str]) -> int:
    """Compose the command's configuration, run the command, and return its exit code; errors become one line.

    `train` is zoo.verbs.train.main on conf/train.yaml, `data verify` is zoo.verbs.data.verify on conf/data.yaml.
    """
    try:
        hydra_main(command, ready(command, completed(command, words)))
    except KeyboardInterrupt:
        print(f"zoo {command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if "ZOO_DEBUG" in os.environ:
            raise
        if isinstance(error, ZooError):
            print(f"zoo {command}: {error} [{error.code}]", file=sys.stderr)
            return error.exit_code
        text = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"zoo {command}: {text} (ZOO_DEBUG=1 shows where)", file=sys.stderr)
        return UNEXPECTED
    return DONE


def completed(command: str, words: Sequence[str]) -> list[str]:
    """The words typed, behind those that the command or the run named adds to them."""
    typed = {word.partition("=")[0] for word in words}
    own = [word for word in DEFAULTS.get(command, []) if word.partition("=")[0] not in typed]
    return [*own, *run_dataset.completed(command, words)]


def hydra_main(command: str, words: list[str]) -> None:
    """Hand the words to hydra.main as if they had been typed. Raises what the command raises, and ZooError."""
    import hydra

    from zoo import diagnosis

    speak()
    register()
    verb, typed = command.partition(" ")[0], sys.argv
    task, errors = task_of(command)
    try:
        diagnosis.check_hydra_keys(verb, words)
        sys.argv = [f"zoo {command}", *words]
        hydra.main(version_base="1.3", config_path=None, config_name=verb)(task)()
        if errors:
            raise errors[0]
    except diagnosis.errors() as error:
        raise diagnosis.explain(error, verb, words) from error
    finally:
        sys.argv = typed


def task_of(command: str) -> tuple[Callable[[DictConfig], Any], list[BaseException]]:
    """What Hydra calls with a composed configuration, and the error of a single job.

    Hydra prints a line of its own about a job that raises, so the error is kept until Hydra is done.
    """
    verb, _, function = command.partition(" ")
    errors: list[BaseException] = []

    def task(cfg: DictConfig) -> Any:
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        try:
            checked(cfg, verb, HydraConfig.get().runtime.choices)
            report_plugins()
            return getattr(importlib.import_module(f"zoo.verbs.{verb}"), function or "main")(cfg)
        except BaseException as error:
            if HydraConfig.get().mode == RunMode.MULTIRUN:
                raise
            errors.append(error)

    task.__module__ = "__main__"  # else Hydra adds pkg://zoo to its search path and imports it
    return task, errors


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

    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(registry.CONF)):
        cfg = compose(verb, overrides=list(words), return_hydra_config=True)
    parts_of(cfg, verb, chosen(cfg.hydra.runtime.choices))
    return cfg


def parts_of(cfg: DictConfig, verb: str, names: Mapping[str, str]) -> dict[str, Part]:
    """The parts of these names. Raises ZooError for one of two providers or without keys, or a preset's unknown key."""
    parts = {group: registry.find(group.partition("@")[0], name) for group, name in names.items()}
    for part in parts.values():
        registry.read_yaml(part.path)
    if verb == "train":
        preset.refuse_unknown(cfg, verb, parts)
    return parts


def part_values(group: str, name: str) -> dict[str, Any]:
    """The values of one part by itself, with what its defaults list inherits.

    Raises ZooError for an unknown part, and for a file that cannot be read.
    """
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from zoo import diagnosis

    registry.find(group, name)
    register()
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


@cache
def register() -> None:
    """Show Hydra the folders of all providers as zoo.folder reads them (pkg:// would import them), and our classes."""
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    from zoo import launcher, sweeper
    from zoo.folder import Folder

    class Folders(SearchPathPlugin):
        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            for provider in registry.providers():
                search_path.append(provider=provider.name, path=f"{Folder.scheme()}://{provider.folder}")

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing and leaving
    Plugins.instance().register(Folder)
    Plugins.instance().register(Folders)
    launcher.register(launcher.Processes, launcher.Queue, sweeper.Tune)
