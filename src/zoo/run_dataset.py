"""The data set of a run, for commands that are given the run, or that from which catalogues were predicted.

`zoo predict run=F` means the galaxies that the run knows, `zoo predict run=F dataset.size=50` the same data set with
another size, and `zoo predict run=F dataset=D` another one with its own defaults. `zoo blend catalogues=[A,B]` takes
the data set whose name A's manifest holds (paths and values are typed: a catalogue knows none), or with `run=F` the
run's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo import packages, registry
from zoo.errors import UnknownPart, ZooError
from zoo.run import Run, full_name
from zoo.words import literal, path_list

VERBS = ("evaluate", "predict", "embed", "similar", "blend", "figure", "recurse")


def completed(command: str, words: Sequence[str]) -> list[str]:
    """The words of a command line, with the run's own data set and its values before them unless one is chosen.

    What is typed stands behind and wins. Raises ZooError where the run cannot be read, or its data set is not here; a
    figure goes without.
    """
    typed = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("-"))
    if command not in VERBS or "dataset" in typed or typed.get("run", "").startswith("choice("):
        return list(words)
    if folder := run_of(typed):
        run = Run.open(Path(folder))
        try:
            packages.require(run.choices, ["dataset"])
        except UnknownPart:
            if command != "figure":  # most figures draw what the run folder holds; the others say so themselves
                raise
            return list(words)
        own = [f"dataset={typed_name(run.choices['dataset'])}", *assignments(run.config["dataset"], run.folder)]
    else:
        own = recorded(typed) if command == "blend" else []
    first = next((place for place, word in enumerate(words) if "=" in word and not word.startswith("-")), len(words))
    return [*words[:first], *own, *words[first:]]


def typed_name(choice: Mapping[str, str]) -> str:
    """What to type for the data set of a run: its name, with its package where several have one of that name."""
    return full_name(choice) if len(registry.named("dataset", choice["name"])) > 1 else choice["name"]


def run_of(typed: Mapping[str, str]) -> str:
    """The folder of the run that was typed, or of the first of several or of a recursion; empty without any."""
    if typed.get("run", "null") != "null":
        return typed["run"].strip("'\"")
    if typed.get("recursion", "null") != "null" and "runs" not in typed:
        return first_of(Path(typed["recursion"].strip("'\"")))
    return next(iter(path_list(typed.get("runs", ""))), "")


def first_of(recursion: Path) -> str:
    """The folder of a recursion's first run; empty where it is not there any more."""
    from zoo.recursion import trained

    return next((str(one.folder) for one in trained(recursion) if one.folder.is_dir()), "")


def recorded(typed: Mapping[str, str]) -> list[str]:
    """The data set that the first of the catalogues was predicted from, as a word; none where no labels are needed."""
    from zoo.blend_weights import FITTED

    labels = typed.get("kind") in FITTED or any(key.startswith("dataset.") for key in typed)
    folders = path_list(typed.get("catalogues", "")) if labels else []
    try:
        name = json.loads((Path(folders[0]) / "manifest.json").read_bytes())["inputs"]["dataset"]["name"]
    except (IndexError, OSError, ValueError, KeyError, TypeError):  # no catalogue: the command itself says so
        return []
    return [f"dataset={name}"] if isinstance(name, str) and re.fullmatch(r"\w+", name) else []


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
