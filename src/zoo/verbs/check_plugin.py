"""`zoo plugins check`: the conformance kit on every part of a package, without a line of test code."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from zoo.errors import ZooError
from zoo.testing import package as packages

GOOD, BAD = 0, 1


def main(package: str, words: Sequence[str] = ()) -> int:
    """Print what comes of every check; the last line is `N passed, M failed`. Returns the exit code, 0 or 1."""
    package, entry = packages.entry_of(package)
    if importlib.util.find_spec("pytest") is None:
        raise ZooError("zoo plugins check needs pytest, whose words the kit speaks: pip install pytest.", "E-PLUGIN")
    from zoo.testing import inspection

    given = packages.values(words)
    if trouble := packages.trouble(package, entry):
        print(f"{entry.name} fails before its parts can be looked at: {trouble}\n0 passed, 1 failed")
        return BAD
    counts = Counter[str]()
    for found in map(inspection.outcome, inspection.trials(package, given)):
        counts[found.outcome] += 1
        print(found.words if found.outcome == inspection.FAILED else line(found), flush=True)
    if not counts:
        print(f"zoo: {package} has no part of a kind that the kit knows", file=sys.stderr)
    print(f"{counts[inspection.PASSED]} passed, {counts[inspection.FAILED]} failed")
    return BAD if counts[inspection.FAILED] else GOOD


def line(found: Any) -> str:
    """A check that passed or was skipped, in one line."""
    return f"{found.outcome:7} {found.part} {found.check}" + (f": {found.words}" if found.words else "")
