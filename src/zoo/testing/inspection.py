"""The checks of a package's parts without test code: for `zoo plugins check` and `pytest --zoo-plugin`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import pytest
from torch import Tensor, nn

from zoo import part_file, registry
from zoo.errors import Incompatible, ZooError
from zoo.registry import Part
from zoo.testing.architecture import ArchitectureConformance
from zoo.testing.augmenter import AugmenterConformance
from zoo.testing.check import PREFIX, CheckFailed, checks
from zoo.testing.dataset import DatasetConformance
from zoo.testing.head import HeadConformance
from zoo.testing.module import outputs
from zoo.testing.part import PartConformance

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SIZES = (32, 45, 64, 69, 89, 128, 138, 224)
"""Heights of views that an architecture is offered."""

EVERY = "every_check"
"""What stands in place of a check's name where none can be tried."""


SOUND = "file_is_sound"
"""The check of a part that has no kit."""


class Trial(NamedTuple):
    """One check of one part; run raises CheckFailed, or pytest's Skipped."""

    part: str
    check: str
    run: Callable[[], None]


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


KITS = {kit.group: kit for kit in (ArchitectureConformance, AugmenterConformance, OnGivenData, HeadConformance)}
"""The conformance class of each kind of part."""


def trials(package: str, values: Mapping[tuple[str, str], Any]) -> Iterator[Trial]:
    """Every check of every part of a package, with (group, key) → value of its arguments.

    Of parts without a kit, such as presets, the file is looked at.
    """
    for part in registry.parts():
        if part.provider == package and part.group in KITS:
            yield from trials_of(part, {key: value for (group, key), value in values.items() if group == part.group})
        elif part.provider == package:
            yield Trial(f"{part.group}={part.name}", SOUND, partial(sound, part))


def trials_of(part: Part, values: Mapping[str, Any]) -> Iterator[Trial]:
    """Every check of a part; a single one that fails or is skipped where the part cannot be built from its YAML."""
    name = f"{part.group}={part.name}"
    try:
        missing = lacks(part, values)
    except ZooError as error:
        yield Trial(name, EVERY, raiser(CheckFailed(f"{name} cannot be composed: {error}")))
        return
    if missing:
        asked = " ".join(f"{part.group}.{key}=…" for key in missing)
        yield Trial(name, EVERY, raiser(pytest.skip.Exception(f"give {asked}")))
        return
    yield from trials_of_kit(kit(part, values))


def trials_of_kit(kit: type[PartConformance]) -> Iterator[Trial]:
    """Every check of a conformance class; those of every part last, for some wait for a process that imports torch."""
    general = checks(PartConformance)
    for known in sorted(checks(kit), key=general.__contains__):
        yield Trial(f"{kit.group}={kit.name}", known.name, partial(tried, kit(), PREFIX + known.name))


def tried(kit: PartConformance, method: str) -> None:
    """Run one check, while other processes get ready for the next ones."""
    warm(type(kit))
    getattr(kit, method)()


@cache
def warm(kit: type[PartConformance]) -> None:
    """Begin what takes long, before the first check of a conformance class and not again."""
    kit().warm()


def sound(part: Part) -> None:
    """Raise CheckFailed where something is wrong with the file of a part."""
    if found := " ".join(part_file.faults(part)):
        raise CheckFailed(
            f"{part.group}={part.name} fails the check {SOUND}: {found}\n"
            "  why: what a preset asks for is looked up when somebody takes it, who is not its author\n"
            "  fix: correct the file, and list the packages whose parts it chooses as dependencies"
        )


def raiser(error: BaseException) -> Callable[[], None]:
    """A function that raises this error."""

    def run() -> None:
        raise error

    return run


def kit(part: Part, values: Mapping[str, Any]) -> type[PartConformance]:
    """The conformance class of a part, with these values of its own arguments."""
    from zoo import compose

    own = {key: value for key, value in values.items() if key in compose.part_values(part.group, part.name)}
    found = type(part.name, (KITS[part.group],), {"name": part.name, "overrides": own})
    if issubclass(found, ArchitectureConformance):
        found.view_counts, found.view_sizes = taken_views(found)
    return found


def taken_views(kit: type[ArchitectureConformance]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers and sizes of views that an architecture is tried on: those that it does not refuse.

    A refusal is Incompatible; whatever else goes wrong is for the checks to find.
    """
    try:
        backbone = kit().rested()
    except Exception:  # the checks that build it say which
        return kit.view_counts, kit.view_sizes
    offered = {(n, size): kit().views(n, 1, kit.num_bands, size) for n in kit.view_counts for size in SIZES}
    taken = {form for form, views in offered.items() if takes(backbone, views)}
    counts = tuple(n for n in kit.view_counts if any((n, size) in taken for size in SIZES))
    sizes = tuple(size for size in SIZES if all((n, size) in taken for n in counts))
    return (counts, sizes[:3]) if counts and sizes else (kit.view_counts, kit.view_sizes)


def takes(backbone: nn.Module, views: Tensor) -> bool:
    """Whether an architecture does not refuse these views."""
    try:
        outputs(backbone, views)
    except Incompatible:
        return False
    except Exception:  # no refusal, but a fault
        return True
    return True


def outcome(trial: Trial) -> Found:
    """What comes of a check."""
    try:
        trial.run()
    except CheckFailed as failure:
        return Found(trial.part, trial.check, FAILED, str(failure))
    except pytest.skip.Exception as reason:
        return Found(trial.part, trial.check, SKIPPED, str(reason))
    return Found(trial.part, trial.check, PASSED)


def lacks(part: Part, values: Mapping[str, Any]) -> list[str]:
    """The arguments of a part that somebody has to give."""
    from zoo import compose

    return [
        key for key, value in compose.part_values(part.group, part.name).items() if value == "???" and key not in values
    ]
