"""What importing a plugin does to a fresh process: `python -m zoo.testing.first_import REPORT PLUGIN CLASSES`.

PLUGIN is the light module that the entry point names, CLASSES the module of a part's class. The report is JSON, written
to a file, because standard output belongs to what is watched.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

from zoo.discovery import HEAVY, entries, package_of
from zoo.testing.state import changed, shared_state

INSIDES = ("zoo.verbs", "zoo.build", "zoo.lit", "zoo.compose")
"""Where no plugin reaches: what is built on the nouns, not what a part is built on."""

TIMEOUT = 60.0
"""Seconds until an import counts as hung."""


@dataclass(frozen=True)
class Report:
    """seconds and heavy: of the plugin's module. changed, foreign, printed: by it and the class's module."""

    seconds: float
    heavy: list[str]
    changed: list[str]
    foreign: list[str]
    printed: str = ""


def report(plugin: str, classes: str) -> Report:
    """The report on these two modules, as this process would find them.

    Raises AssertionError where the modules cannot be imported.
    """
    return begun(plugin, classes).result()


def begun(plugin: str, classes: str) -> Future[Report]:
    """The report on these two modules, on which a process may still be working."""
    return submitted(plugin, classes, os.pathsep.join(filter(None, sys.path)))


@functools.cache
def submitted(plugin: str, classes: str, path: str) -> Future[Report]:
    """The report of one process for all who ask; nobody waits for it who leaves."""
    found = Future[Report]()

    def work() -> None:
        try:
            found.set_result(in_a_process(plugin, classes, path))
        except BaseException as error:  # which whoever asks for the report gets
            found.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return found


def in_a_process(plugin: str, classes: str, path: str) -> Report:
    """The report of a fresh process that searches `path` for packages, and in which no other plugin is loaded."""
    variables = os.environ | {"PYTHONPATH": path, "ZOO_DISABLE_PLUGINS": ",".join(sorted(others(plugin)))}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [sys.executable, "-m", "zoo.testing.first_import", str(file), plugin, classes]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0 and file.exists(), (
            f"a fresh process ended with {done.returncode} on importing {plugin} and {classes}: {done.stderr[-500:]}"
        )
        return replace(Report(**json.loads(file.read_text())), printed=done.stdout)


def others(plugin: str) -> set[str]:
    """The packages of all plugins but the one whose entry point names this module."""
    known = [(package_of(dist), getattr(entry, "module", "")) for dist, entry in entries()]
    return {package for package, _ in known} - {package for package, module in known if module == plugin}


def main(path: str, plugin: str, classes: str) -> None:
    """Import the modules in this process and write the report."""
    own = plugin.partition(".")[0]
    with watching(own) as state:
        start = time.perf_counter()
        importlib.import_module(plugin)
        seconds, heavy = time.perf_counter() - start, sorted(HEAVY & {*sys.modules})
        importlib.import_module(classes)
    found = Report(seconds, heavy, changed(state, shared_state()), foreign(own))
    Path(path).write_text(json.dumps(asdict(found)))


@contextmanager
def watching(own: str) -> Iterator[dict[str, str]]:
    """The state of the process, kept up to date with what libraries change when the package `own` imports them.

    What it differs by from the state at the end is therefore the package's own doing.
    """
    state, import_, inside = shared_state(), builtins.__import__, False

    def importing(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        nonlocal inside
        if inside or level or name.partition(".")[0] == own:
            return import_(name, globals, locals, fromlist, level)
        inside = True  # shared_state() imports too
        before = shared_state()
        try:
            return import_(name, globals, locals, fromlist, level)
        finally:
            inside, after = False, shared_state()
            state.update({key: after[key] for key in after if state.get(key) == before.get(key)})

    with mock.patch.object(builtins, "__import__", importing):
        yield state


def foreign(own: str) -> list[str]:
    """Loaded modules that belong to another plugin, or to what zoo builds on top of the nouns."""
    others = {entry.module.partition(".")[0] for entry in importlib.metadata.entry_points(group="zoo")} - {own}
    return sorted(name for name in sys.modules if name in others or name in INSIDES)


if __name__ == "__main__":
    main(*sys.argv[1:])
