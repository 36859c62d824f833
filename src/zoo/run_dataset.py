"""The data set of a run, for commands that are given the run.

`zoo predict run=F` means the galaxies that the run knows, `zoo predict run=F dataset.size=50` the same data set with
another size, and `zoo predict run=F dataset=D` another one with its own defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.errors import ZooError
from zoo.run import Run
from zoo.words import literal

VERBS = ("evaluate", "predict", "figure")


def completed(command: str, words: Sequence[str]) -> list[str]:
    """The words of a command line, with the run's own data set and its values before them unless one is chosen.

    What is typed stands behind and wins. Raises ZooError where the run cannot be read.
    """
    typed = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("-"))
    if command not in VERBS or "run" not in typed or "dataset" in typed or typed["run"].startswith("choice("):
        return list(words)
    run = Run.open(Path(typed["run"].strip("'\"")))
    first = next(place for place, word in enumerate(words) if "=" in word and not word.startswith("-"))
    own = [f"dataset={run.choices['dataset']['name']}", *assignments(run.config["dataset"], run.folder)]
    return [*words[:first], *own, *words[first:]]


def assignments(values: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The values of the data set as words. Raises ZooError for an interpolation, which a run folder may not hold."""
    for key, value in values.items():
        if "${" in str(value):
            raise ZooError(
                f"{folder}/config.yaml holds dataset.{key}={value}: a run folder holds values, never interpolations; "
                "choose a data set with dataset=….",
                "E-CONFIG-CODE",
            )
        yield f"dataset.{key}={literal(value)}"
