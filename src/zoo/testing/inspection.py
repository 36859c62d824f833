"""The checks of a package's parts outside pytest: for those who look at a plugin and do not write its tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from zoo import registry
from zoo.registry import Part
from zoo.testing.architecture import ArchitectureConformance
from zoo.testing.augmenter import AugmenterConformance
from zoo.testing.check import PREFIX, CheckFailed, checks
from zoo.testing.dataset import DatasetConformance
from zoo.testing.head import HeadConformance
from zoo.testing.part import PartConformance

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SECONDS = 10.0
"""After which an import counts as hung."""


class Found(NamedTuple):
    """What came of one check of one part; words: of a failure, or why it was skipped."""

    part: str
    check: str
    outcome: str
    words: str = ""


class OnGivenData(DatasetConformance):
    """The checks of a data set on files that are somebody's, and are neither spoilt nor missing."""

    def arguments(self, folder: object) -> Mapping[str, Any]:
        return self.overrides

    def test_missing_folder_is_refused(self) -> None:
        """Nothing can be missing here."""
        pytest.skip("the folder is the one that was given")


KITS: dict[str, type[PartConformance]] = {
    "architecture": ArchitectureConformance,
    "augmenter": AugmenterConformance,
    "dataset": OnGivenData,
    "head": HeadConformance,
}


def imported(module: str) -> str:
    """What is wrong with importing a module in a process of its own, or nothing."""
    command, path = [sys.executable, "-c", f"import {module}"], os.pathsep.join(filter(None, sys.path))
    try:
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"importing {module} takes more than {SECONDS:.0f} s: do nothing there but name the folder of parts"
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
    return f"a process that imports {module} ends with {done.returncode}: {last}"


def kit(part: Part, values: Mapping[str, Any]) -> type[PartConformance]:
    """The conformance class of a part, with these values of its own arguments."""
    from zoo import compose

    own = {key: value for key, value in values.items() if key in compose.part_values(part.group, part.name)}
    return type(part.name, (KITS[part.group],), {"name": part.name, "overrides": own})


def inspected(kit: type[PartConformance]) -> Iterator[Found]:
    """What comes of every check of a part."""
    part = f"{kit.group}={kit.name}"
    for known in checks(kit):
        try:
            getattr(kit(), PREFIX + known.name)()
        except CheckFailed as failure:
            yield Found(part, known.name, FAILED, str(failure))
        except pytest.skip.Exception as reason:
            yield Found(part, known.name, SKIPPED, str(reason))
        else:
            yield Found(part, known.name, PASSED)


def parts_of(package: str) -> list[Part]:
    """The parts of a package that have a kit."""
    return [part for part in registry.parts() if part.provider == package and part.group in KITS]


def lacks(part: Part, values: Mapping[str, Any]) -> list[str]:
    """The arguments of a part that somebody has to give."""
    from zoo import compose

    return [
        key for key, value in compose.part_values(part.group, part.name).items() if value == "???" and key not in values
    ]
