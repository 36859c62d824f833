"""YAML files: their values, their comments, and which is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from zoo.errors import ZooError

DIRECTIVE = re.compile(r"#\s*@")
"""How a line begins that tells Hydra something, such as `# @package _global_`."""


@cache
def read(path: Path) -> dict[str, Any]:
    """A YAML file as plain values. Raises ZooError if it is none, or holds no keys."""
    with valid(path):
        values = loader(path).get_single_data() or {}
    if not isinstance(values, dict):
        raise ZooError(f"{path} holds {values!r:.60} where keys and values should stand.", "E-CONFIG")
    return values


def loader(path: Path) -> Any:
    """What reads a YAML file, as values or as nodes; in C, ten times as fast as yaml.safe_load."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_text(encoding="utf-8"))


@contextmanager
def valid(path: Path) -> Iterator[None]:
    """Turn what is raised about a file that is no YAML into a ZooError that names it."""
    import yaml

    try:
        yield
    except (yaml.YAMLError, ValueError) as error:
        raise ZooError(f"{path} is no valid YAML: {' '.join(str(error).split())}", "E-CONFIG") from error


def lines(path: Path) -> list[str]:
    """The lines of a YAML file."""
    return path.read_text(encoding="utf-8").splitlines()


@cache
def summary(path: Path) -> str:
    """The first comment of a YAML file that is not a directive to Hydra."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.startswith("#"):
                return ""
            if not DIRECTIVE.match(line):
                return line.lstrip("#").strip()
    return ""


def is_global(path: Path) -> bool:
    """Whether the keys of a file stand at the top of the configuration, as those of presets do.

    Hydra reads directives above the first line that is none.
    """
    told = takewhile(DIRECTIVE.match, filter(None, map(str.strip, lines(path))))
    return any(line.lstrip("#").split() == ["@package", "_global_"] for line in told)
