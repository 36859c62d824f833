"""Values of a part that are not the arguments of its class, told with the file in which to mend it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from zoo import defaults_list, yaml_file
from zoo.errors import ZooError
from zoo.registry import Part

UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
"""Kinds of arguments that stand for any number of them."""


class Misfit(ZooError):
    """A part's class cannot be called with what it is given.

    extra: keys that the class does not take; lacking: arguments that it asks for and is not given.
    """

    def __init__(self, part: Part, make: Callable[..., Any], given: Mapping[str, Any]):
        asked = inspect.signature(make).parameters
        needed = [key for key, one in asked.items() if one.default is one.empty and one.kind not in UNNAMED]
        self.part, self.name = part, getattr(make, "__name__", str(make))
        loose = any(one.kind is one.VAR_KEYWORD for one in asked.values())
        self.extra = [] if loose else [key for key in given if key not in asked]
        self.lacking = [key for key in needed if key not in given]
        faults = [f"{self.name} takes no {' and no '.join(self.extra)}"] if self.extra else []
        faults += [f"{self.name} asks for {' and '.join(self.lacking)}"] if self.lacking else []
        super().__init__(
            f"{part.group}={part.name} cannot be built: {', and '.join(faults)} (its arguments are "
            f"{', '.join(asked) or 'none'}): {', '.join(self.ways())}, or change the class."
        )

    def ways(self) -> Iterator[str]:
        """What to do about each key, and in which file."""
        for key in self.extra:
            having = [one.path for one in defaults_list.lineage(self.part) if key in yaml_file.read(one.path)]
            yield f"take {key} out of {having[0] if having else 'the command'}"
        for key in self.lacking:
            yield f"write {key}: VALUE into {self.part.path}"

    def of_run(self, folder: Path) -> str:
        """The same of a run whose class has become another since."""
        words = [f"the run has {' and '.join(self.extra)}, which {self.name} does not take"] if self.extra else []
        words += [f"{self.name} asks for {' and '.join(self.lacking)}, which the run has not"] if self.lacking else []
        return f"{self.part.group}={self.part.name} of {folder} cannot be built: {', and '.join(words)}"
