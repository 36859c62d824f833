"""A check: a test that knows its reason and its remedy, and says both when it fails."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zoo.errors import ZooError

PREFIX = "test_"


@dataclass(frozen=True)
class Check:
    """What a part must do (`name`), why zoo needs it, and what to change in a part that does not."""

    name: str
    why: str
    fix: str


class CheckFailed(AssertionError):
    """A part that does not conform."""


def check(why: str, fix: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a check of a test method `test_<name>`.

    Whatever the method raises becomes a failure with the part, the check, its reason and its remedy. A check that the
    class lists in `expected_failures` must fail.
    """

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        known = Check(method.__name__.removeprefix(PREFIX), why, fix)

        @functools.wraps(method)
        def run(self: Any, *arguments: Any, **named: Any) -> None:
            expected = self.expected_failures.get(known.name)
            try:
                method(self, *arguments, **named)
            except Exception as error:  # a part may raise anything
                if expected:
                    pytest.xfail(expected)
                raise CheckFailed(sentence(self, known, error)) from error
            if expected:
                raise CheckFailed(
                    f"{self.part_name} now passes the check {known.name}: take it out of expected_failures."
                )

        run.check = known  # type: ignore[attr-defined]
        return run

    return decorate


def sentence(kit: Any, failed: Check, error: Exception) -> str:
    """What failed, what was found, why it matters and what to do."""
    words = " ".join(str(error).split()).rstrip(".")
    found = words if isinstance(error, AssertionError) else f"{type(error).__name__}{place(kit, error)}: {words}"
    return f"{kit.part_name} fails the check {failed.name}: {found}.\n  why: {failed.why}\n  fix: {failed.fix}"


def place(kit: Any, error: Exception) -> str:
    """Where in the part's own package an error came up, as ` (net.py, line 12)`; blank where it did not pass there."""
    package, frames = kit.package(), traceback.walk_tb(error.__traceback__)
    own = [(f, line) for f, line in frames if f.f_globals.get("__name__", "").partition(".")[0] == package]
    return f" ({Path(own[-1][0].f_code.co_filename).name}, line {own[-1][1]})" if own else ""


def refusal(action: Callable[[], object]) -> str:
    """What the ZooError says that the action raises. Raises AssertionError if it raises none."""
    try:
        action()
    except ZooError as error:
        return str(error)
    raise AssertionError("nothing is refused")


def checks(kit: type) -> list[Check]:
    """The checks of a conformance class, those of every part first."""
    found = {name: vars(cls)[name].check for cls in reversed(kit.__mro__) for name in vars(cls) if is_check(cls, name)}
    return list(found.values())


def is_check(cls: type, name: str) -> bool:
    """Whether an attribute of a class is a check."""
    return hasattr(vars(cls)[name], "check")
