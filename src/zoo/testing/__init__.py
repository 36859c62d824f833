"""The conformance kit: what zoo expects of a part, as pytest classes that any plugin inherits in its own tests.

    class TestTiny(zoo.testing.ArchitectureConformance):
        name = "tiny"
        overrides = {"width": 4}

Looking at this module imports nothing; asking it for a class imports what that kind of part needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.testing.architecture import ArchitectureConformance
    from zoo.testing.augmenter import AugmenterConformance
    from zoo.testing.check import Check, checks
    from zoo.testing.dataset import DatasetConformance
    from zoo.testing.head import HeadConformance

HOMES = {
    "ArchitectureConformance": "architecture",
    "AugmenterConformance": "augmenter",
    "Check": "check",
    "DatasetConformance": "dataset",
    "HeadConformance": "head",
    "checks": "check",
}

__all__ = [
    "ArchitectureConformance",
    "AugmenterConformance",
    "Check",
    "DatasetConformance",
    "HeadConformance",
    "checks",
]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
