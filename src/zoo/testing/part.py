"""What every part must do, whatever its kind: be named, described, light to find, and built from its YAML alone."""

from __future__ import annotations

import copy
import importlib.metadata
import inspect
import json
import re
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from typing import Any, ClassVar
from unittest import mock

import pytest

from zoo import readme, signature
from zoo.errors import ZooError
from zoo.testing import first_import, wheel
from zoo.testing.check import check, checks
from zoo.testing.first_import import Report
from zoo.testing.state import changed, shared_state

CORE = "zoo"
WEIGHTS = ("random state of torch",)
"""The shared state that building may change: initial weights are drawn from it."""

SECONDS = 1.0
"""What importing a plugin's light module may take."""


class PartConformance(ABC):
    """The checks of every part.

    told: arguments that zoo passes from other parts, which no YAML has.
    name: the part's, as on the command line. overrides: values of its YAML to test with, small for speed.
    expected_failures: check → reason; a check named here must fail.
    """

    group: ClassVar[str]
    told: ClassVar[frozenset[str]] = frozenset()
    name: ClassVar[str]
    overrides: ClassVar[Mapping[str, Any]] = {}
    expected_failures: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def example(self) -> AbstractContextManager[Any]:
        """An object of the part, which may have files for as long as it is used."""

    @property
    def part_name(self) -> str:
        """The part as people write it."""
        return f"{self.group}={self.name}"

    def part(self) -> Any:
        """The part as the registry knows it."""
        from zoo import registry

        return registry.find(self.group, self.name)

    def package(self) -> str:
        """The package in which the part's class lies; blank where its file names none."""
        with suppress(ZooError):
            return signature.target(self.part()).partition(".")[0]
        return ""

    def values(self) -> dict[str, Any]:
        """The values of the part's YAML, with what it inherits."""
        return copy.deepcopy(_values(self.part()))

    def build(self, changes: Mapping[str, Any] | None = None, **told: Any) -> Any:
        """The part's object from its values, the overrides and further changes."""
        from zoo import build

        values = {**self.values(), **self.overrides, **(changes or {})}
        before = copy.deepcopy(values)
        build.locate(self.group, self.name)  # what importing does is another check's
        state = shared_state(WEIGHTS)
        built = build.part(self.group, self.name, values, **told)
        _touched(type(self)).update(dict.fromkeys(changed(state, shared_state(WEIGHTS))))
        assert values == before, "the constructor changes the values that it is given"
        return built

    def warm(self) -> None:
        """Begin what takes long in other processes; what is wrong there, the check says that waits for it."""
        with suppress(Exception, pytest.skip.Exception):
            first_import.begun(*self.modules())

    def probe(self) -> Report:
        """What importing the part does to a fresh process; skips where its package is none of the plugins."""
        return first_import.report(*self.modules())

    def modules(self) -> tuple[str, str]:
        """The plugin's light module and that of the class; skips where the part's package is none of the plugins."""
        from zoo import registry

        part = self.part()
        plugin = next((one.module for one in registry.plugins() if one.package == part.provider), None)
        if plugin is None and part.provider != CORE:
            pytest.skip(f"{part.provider} is no installed plugin")
        return plugin or CORE, signature.target(part).rpartition(".")[0]

    @check(
        why="an expected failure under a name that is no check's hides nothing and misleads the reader",
        fix="use the names of docs/conformance.md as the keys of expected_failures",
    )
    def test_expected_failures_are_checks(self) -> None:
        unknown = set(self.expected_failures) - {known.name for known in checks(type(self))}
        assert not unknown, f"expected_failures names {', '.join(sorted(unknown))}"

    @check(
        why="zoo reads from a package's metadata whether it fits before importing it",
        fix='state a summary, and the zoo you need: dependencies = ["galaxy-model-zoo>=0.1"]',
    )
    def test_package_requires_zoo(self) -> None:
        from packaging.requirements import Requirement

        from zoo.discovery import DISTRIBUTION, normal

        metadata = importlib.metadata.metadata(self.distribution())
        requirements = map(Requirement, metadata.get_all("Requires-Dist") or [])
        found = [str(r.specifier) for r in requirements if normal(r.name) == DISTRIBUTION]
        assert metadata["Summary"], f"the package {metadata['Name']} has no summary"
        assert any(found), (
            f"the package {metadata['Name']} requires {DISTRIBUTION} in no version"
            if found
            else (f"the package {metadata['Name']} does not require {DISTRIBUTION}")
        )

    @check(
        why="two parts of one name cannot be told apart on the command line",
        fix="rename your YAML file, or uninstall the other package",
    )
    def test_name_is_unique(self) -> None:
        from zoo import registry

        found = [p.provider for p in registry.parts() if (p.group, p.name) == (self.group, self.name)]
        assert len(found) == 1, f"it is provided by {' and '.join(found) or 'nobody'}"

    @check(
        why="blanks, commas, = and brackets mean something else on the command line",
        fix="call the YAML file by letters, digits and _, with - or . at most within",
    )
    def test_name_can_be_typed(self) -> None:
        assert re.fullmatch(r"\w+([-.]\w+)*", self.name, re.ASCII), f"it is called {self.name!r}"

    @check(
        why="`zoo plugins` prints one line about each part",
        fix="begin the YAML file with a comment that says in one sentence what the part is",
    )
    def test_yaml_begins_with_a_summary(self) -> None:
        first = self.part().path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("#") and first.lstrip("# "), f"the first line of {self.part().path.name} is {first!r}"

    @check(
        why="a key that the class does not know is refused at run time, an argument without key cannot be set or seen",
        fix="give the constructor named arguments, and the YAML exactly these keys (a head is told schema and "
        "num_features, an architecture num_bands)",
    )
    def test_keys_are_arguments(self) -> None:
        from zoo import build

        arguments = inspect.signature(build.locate(self.group, self.name)).parameters
        loose = [str(a) for a in arguments.values() if a.kind in (a.VAR_POSITIONAL, a.VAR_KEYWORD)]
        assert not loose, f"the constructor takes {' and '.join(loose)}"
        keys, names = set(self.values()), set(arguments) - self.told
        assert keys <= names, f"the YAML has the keys {sorted(keys - names)}, which are no arguments"
        assert names <= keys, f"the arguments {sorted(names - keys)} have no key in the YAML"

    @check(
        why="a run folder keeps the values of a part as plain YAML, and a model is built again from them",
        fix="use numbers, texts, lists and mappings only, and change no argument in the constructor",
    )
    def test_values_are_plain(self) -> None:
        import yaml

        values = self.values()
        read = yaml.safe_load(yaml.safe_dump(values)), json.loads(json.dumps(values, allow_nan=False))
        assert read == (values, values), f"{values} is something else after YAML or JSON"
        with self.example():
            pass

    @check(
        why="`zoo --help` imports every plugin's light module",
        fix="import torch and the like in the module of the class, not in that of the hooks",
    )
    def test_plugin_is_light(self) -> None:
        report = self.probe()
        assert not report.heavy, f"importing the plugin imports {', '.join(report.heavy)}"
        assert report.seconds < SECONDS, f"importing the plugin takes {report.seconds:.1f} s"

    @check(why="standard output belongs to results that scripts read", fix="print nothing when a module is imported")
    def test_import_is_silent(self) -> None:
        printed = self.probe().printed
        assert not printed, f"importing it prints {printed[:200]!r}"

    @check(
        why="other parts live in the same process, and a training must not depend on who was imported",
        fix="set no seed, default dtype, grad mode, working directory, environment variable, signal handler, warning "
        "filter or logging level when a module is imported",
    )
    def test_import_changes_nothing(self) -> None:
        touched = self.probe().changed
        assert not touched, f"importing it changes the process's {', '.join(touched)}"

    @check(
        why="a plugin must work where no other is installed or loaded",
        fix="import the nouns of zoo (zoo.dataset, zoo.augmenter, zoo.architecture, zoo.head, …) and no other plugin",
    )
    def test_stands_alone(self) -> None:
        modules = self.probe().foreign
        assert not modules, f"its class imports {', '.join(modules)}"

    @check(
        why="building a part is no reason to change the process around it",
        fix="leave seeds, default dtype, grad mode, working folder, environment, signals, warnings and logging alone",
    )
    def test_building_changes_nothing(self) -> None:
        with self.example():
            touched = _touched(type(self))
        assert not touched, f"it changed the process's {', '.join(touched)}"

    @check(
        why="most clusters compute without network, and results must not depend on a server",
        fix="fetch files only where the user asks for it, in `zoo data prepare` or by a key that is off by default",
    )
    def test_needs_no_network(self) -> None:
        with offline(), self.example():
            pass

    @check(
        why="a part whose YAML stays behind when its package is built is there for its author alone",
        fix="put the folder of parts below the package's own folder; with setuptools, name it in package-data",
    )
    def test_wheel_carries_its_yaml(self) -> None:
        self.distribution()  # skips for the core's own parts
        project, part = readme.project_of(self.part()), self.part()
        if project is None:
            pytest.skip("its package is no checkout, so what is installed was in the wheel")
        carried = [name for name in wheel.files(project) if name.endswith(f"/{part}.yaml")]
        assert carried, f"the wheel of {part.provider} has no file {part}.yaml"

    @check(
        why="readers ask where a method comes from, what it may be used for, and how far it agrees with its paper",
        fix=f"give the README the headings {', '.join(readme.HEADINGS)}, with sentences of your own below them",
    )
    def test_readme_has_its_headings(self) -> None:
        sections = readme.sections(self.readme())
        absent = [heading for heading in readme.HEADINGS if heading not in sections]
        assert not absent, f"the README has no heading {', '.join(absent)}"
        if asked := readme.unanswered(self.readme()):
            pytest.skip(f"the README still has the template's sentence under {', '.join(asked)}: say what is so")

    def distribution(self) -> str:
        """The package of the part; skips for the core's own parts, which no other package brings."""
        provider = self.part().provider
        if provider == CORE:
            pytest.skip("zoo itself brings this part")
        return provider

    def readme(self) -> str:
        """The README of the part's package; skips for the core's own parts."""
        self.distribution()
        return readme.text(self.part())


@cache
def _touched(kit: type[PartConformance]) -> dict[str, None]:
    """What building the part of a conformance class has changed in this process, in order.

    What a constructor changes once and for all only its first call shows.
    """
    return {}


@cache
def _values(part: Any) -> dict[str, Any]:
    """The composed values of a part: composing takes longer than most checks."""
    from zoo import compose

    return compose.part_values(part.group, part.name)


@contextmanager
def offline() -> Iterator[None]:
    """Raise AssertionError wherever the block reaches for the network; processes of one machine may talk."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            raise AssertionError(f"it reaches for the network: {address}")
        connect(self, address)

    def refuse(host: Any, *rest: Any, **named: Any) -> None:
        raise AssertionError(f"it reaches for the network: {host}")

    with mock.patch.object(socket.socket, "connect", local_only), mock.patch.object(socket, "getaddrinfo", refuse):
        yield
