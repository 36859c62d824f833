"""A command run by Hydra: its words completed, its configuration checked, its function called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import hydra

from zoo import compose, diagnosis, folder, run_dataset
from zoo.log import speak
from zoo.words import ready

if TYPE_CHECKING:
    from omegaconf import DictConfig


DEFAULTS = {"data recentre": ["augmenter=affine_gen2"]}
"""Words that a command adds unless their group is chosen, where it shares its configuration with others."""


def run(command: str, words: Sequence[str]) -> None:
    """Hand the words to hydra.main as if they had been typed. Raises what the command raises, and ZooError."""
    words = ready(command, completed(command, words))
    speak()
    folder.register()
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


def completed(command: str, words: Sequence[str]) -> list[str]:
    """The words typed, behind those that the command or the run named adds to them."""
    typed = {word.partition("=")[0] for word in words}
    own = [word for word in DEFAULTS.get(command, []) if word.partition("=")[0] not in typed]
    return [*own, *run_dataset.completed(command, words)]


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
            compose.checked(cfg, verb, HydraConfig.get().runtime.choices)
            compose.report_plugins()
            return getattr(importlib.import_module(f"zoo.verbs.{verb}"), function or "main")(cfg)
        except BaseException as error:
            if HydraConfig.get().mode == RunMode.MULTIRUN:
                raise
            errors.append(error)

    task.__module__ = "__main__"  # else Hydra adds pkg://zoo to its search path and imports it
    return task, errors
