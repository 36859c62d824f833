"""The class behind a part as people see it: whether there is one, and what its arguments are."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from zoo import registry
from zoo.registry import Part


def has_class(part: Part) -> bool:
    """Whether a part stands for a class: presets and plain values do not."""
    return any("_target_" in registry.read_yaml(one.path) for one in registry.lineage(part))


def class_of(part: Part) -> Any:
    """The class or function of a part; None where it has none, or where that cannot be imported, which is said."""
    if not has_class(part):
        return None
    try:
        made = registry.imported(registry.target(part))
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
