"""What importing a plugin does to a fresh process: `python -m zoo.testing.probe REPORT PLUGIN CLASSES`.

PLUGIN is the light module that the entry point names, CLASSES the module of a part's class. The report is JSON, written
to a file, because standard output belongs to what is watched.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from zoo.testing.state import changed, shared_state

HEAVY = (
    "torch",
    "lightning",
    "pandas",
    "torchvision",
    "torchmetrics",
    "timm",
    "kornia",
    "scipy",
    "astropy",
    "matplotlib",
)
INSIDES = ("zoo.verbs", "zoo.build", "zoo.lit", "zoo.compose")
"""Where no plugin reaches: what is built on the nouns, not what a part is built on."""

TIMEOUT = 60.0
"""Seconds until an import counts as hung."""


@dataclass(frozen=True)
class Report:
    """seconds and heavy: of the plugin's module. changed, foreign: by it and the class's module. printed: by both.

    libraries: the modules of others that they import.
    """

    seconds: float
    heavy: list[str]
    changed: list[str]
    foreign: list[str]
    libraries: list[str]
    printed: str = ""


@functools.cache
def probe(plugin: str, classes: str) -> Report:
    """The report on these two modules in a process of their own, in which no other plugin is loaded.

    What a library changes when it is imported is no fault of the plugin's: where something changed, a second process
    imports the libraries beforehand. Raises AssertionError where the modules cannot be imported.
    """
    report = in_a_process(plugin, classes, [])
    return in_a_process(plugin, classes, report.libraries) if report.changed else report


def in_a_process(plugin: str, classes: str, libraries: list[str]) -> Report:
    """The report of one fresh process that imports the libraries, the plugin's module and the class's module."""
    others = [entry.name for entry in importlib.metadata.entry_points(group="zoo") if entry.module != plugin]
    path = os.pathsep.join(filter(None, sys.path))
    variables = os.environ | {"PYTHONPATH": path, "ZOO_DISABLE_PLUGINS": ",".join(others)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [sys.executable, "-m", "zoo.testing.probe", str(file), plugin, classes]
        done = subprocess.run(
            command, input=json.dumps(libraries), env=variables, capture_output=True, text=True, timeout=TIMEOUT
        )
        assert done.returncode == 0 and file.exists(), (
            f"a fresh process ended with {done.returncode} on importing {plugin} and {classes}: {done.stderr[-500:]}"
        )
        return replace(Report(**json.loads(file.read_text())), printed=done.stdout)


def main(path: str, plugin: str, classes: str) -> None:
    """Import the modules in this process and write the report."""
    before, start = shared_state(), time.perf_counter()
    importlib.import_module(plugin)
    seconds, heavy = time.perf_counter() - start, [name for name in HEAVY if name in sys.modules]
    touched = changed(before, shared_state())
    for name in json.load(sys.stdin):
        with suppress(ImportError):
            importlib.import_module(name)
    before = shared_state()
    importlib.import_module(classes)
    touched += changed(before, shared_state())
    report = Report(seconds, heavy, touched, foreign(plugin), libraries(plugin, classes))
    Path(path).write_text(json.dumps(asdict(report)))


def foreign(plugin: str) -> list[str]:
    """Loaded modules that belong to another plugin, or to what zoo builds on top of the nouns."""
    own = plugin.partition(".")[0]
    others = {entry.module.partition(".")[0] for entry in importlib.metadata.entry_points(group="zoo")} - {own}
    return sorted(name for name in sys.modules if name in others or name in INSIDES)


def libraries(plugin: str, classes: str) -> list[str]:
    """Loaded modules that are not the plugin's own, in the order in which they were imported."""
    own = {"__main__", "__mp_main__", classes, plugin.partition(".")[0]}
    return [name for name in sys.modules if name not in own and name.partition(".")[0] not in own]


if __name__ == "__main__":
    main(*sys.argv[1:])
