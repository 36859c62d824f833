"""`pytest --zoo-plugin PACKAGE`: the conformance kit on the parts of an installed package, without a test file.

pytest imports this module wherever zoo is installed, so it imports nothing until it is asked for a package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("zoo", "the conformance kit of zoo")
    group.addoption(
        "--zoo-plugin",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="try every part of this installed package; without names of files, nothing else",
    )
    group.addoption(
        "--zoo-value",
        action="append",
        default=[],
        metavar="GROUP.KEY=VALUE",
        help="a value of its parts, such as architecture.width=4 or dataset.root=DIR",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a package that is not installed, and collect the packages alone where no file is named."""
    if not config.option.zoo_plugin:
        return
    from zoo.errors import ZooError
    from zoo.testing import package

    try:
        package.values(config.option.zoo_value)
        for name in config.option.zoo_plugin:
            package.entry_of(name)
    except ZooError as error:
        raise pytest.UsageError(str(error)) from error
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose among the items
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the checks of the packages."""
    for name in config.option.zoo_plugin:
        items += session.genitems(Package.from_parent(session, name=name, nodeid=name))


class Package(pytest.Collector):
    """A package, whose parts are tried."""

    def collect(self) -> Iterator[Trial]:
        """Every check of every part. Raises CollectError where zoo cannot use the package at all."""
        from zoo.testing import inspection, package

        name, entry = package.entry_of(self.name)
        if trouble := package.trouble(name, entry):
            raise self.CollectError(f"{name} fails before its parts can be looked at: {trouble}")
        for trial in inspection.trials(name, package.values(self.config.option.zoo_value)):
            yield Trial.from_parent(self, name=f"{trial.part}::{trial.check}", check=trial.run)


class Trial(pytest.Item):
    """One check of one part."""

    def __init__(self, check: Callable[[], None], **placed: Any):
        super().__init__(**placed)
        self.check = check

    def runtest(self) -> None:
        """Try it."""
        self.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was found, why it matters and what to change; no traceback, which would lead into the kit."""
        from zoo.testing.check import CheckFailed

        return str(excinfo.value) if excinfo.errisinstance(CheckFailed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, None, str]:
        """The heading of a failure."""
        return self.path, None, self.nodeid
