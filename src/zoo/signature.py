"""The class behind a part as people see it: whether there is one, whose it is, and what its arguments are."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

from zoo import defaults_list, registry, yaml_file
from zoo.errors import ZooError
from zoo.registry import KINDS, Part


def naming(part: Part) -> Part | None:
    """The part, or the nearest that it inherits from, whose file names the class; None for presets and plain values."""
    return next((one for one in defaults_list.lineage(part) if yaml_file.read(one.path).get("_target_")), None)


def target(part: Part) -> str:
    """The dotted name of the class. Raises ZooError where no file names one."""
    if found := naming(part):
        return str(yaml_file.read(found.path)["_target_"])
    raise ZooError(f"{part} of {part.provider} has no _target_ in {part.path.name}: it names no class.", "E-CONFIG")


def imported(target: str) -> Any:
    """The class or function of a dotted name. Raises ImportError with the module that is missing, or AttributeError."""
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)


def stranger(part: Part) -> str:
    """That the class of a part belongs neither to the plugin whose file names it nor to zoo, or nothing.

    A user's own folder may name any class, and only the four kinds of parts have an interface to belong to.
    """
    named = naming(part) or part
    own = {plugin.module.partition(".")[0] for plugin in registry.plugins() if plugin.package == named.provider}
    if not own or part.group not in KINDS or target(part).partition(".")[0] in {*own, "zoo"}:
        return ""
    return (
        f"{named} names {target(part)}, which does not belong to {named.provider}: write a class in {min(own)} that "
        f"inherits from zoo.{part.group} and uses it."
    )


def class_of(part: Part) -> Any:
    """The class or function of a part; None where it has none, or where that cannot be imported, which is said."""
    if not naming(part):
        return None
    try:
        made = imported(target(part))
        inspect.signature(made)  # some that are written in C have none
    except (ImportError, AttributeError, ValueError) as error:
        print(f"zoo: the class of {part} cannot be looked at ({error})", file=sys.stderr)
        return None
    return made


def arguments(made: Any) -> dict[str, str]:
    """The types of a class's or function's arguments, as they are written; blank for one without."""
    return {one.name: written(one.annotation) for one in inspect.signature(made).parameters.values()}


def written(annotation: Any) -> str:
    """A type as it is written."""
    if annotation is inspect.Parameter.empty:
        return ""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
