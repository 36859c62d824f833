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
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Report:
    """seconds and heavy: of the plugin's module. changed, foreign: by it and the class's module. printed: by both."""

    seconds: float
    heavy: list[str]
    changed: list[str]
    foreign: list[str]
    printed: str = ""


@functools.cache
def probe(plugin: str, classes: str) -> Report:
    """The report on these two modules in a process of their own, in which no other plugin is loaded.

    Raises AssertionError with the end of the traceback where they cannot be imported, or not within a minute.
    """
    others = [entry.name for entry in importlib.metadata.entry_points(group="zoo") if entry.module != plugin]
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "ZOO_DISABLE_PLUGINS": ",".join(others),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [sys.executable, "-m", "zoo.testing.probe", str(path), plugin, classes]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and path.exists(), (
            f"a fresh process ended with {done.returncode} on importing {plugin} and {classes}: {done.stderr[-500:]}"
        )
        return Report(**json.loads(path.read_text()), printed=done.stdout)


def main(path: str, plugin: str, classes: str) -> None:
    """Import the two modules in this process and write the report."""
    before, start = shared_state(), time.perf_counter()
    importlib.import_module(plugin)
    seconds, heavy = time.perf_counter() - start, [name for name in HEAVY if name in sys.modules]
    touched = changed(before, shared_state()) + changed_by(plugin, classes)
    report = {"seconds": seconds, "heavy": heavy, "changed": touched, "foreign": foreign(plugin)}
    Path(path).write_text(json.dumps(report))


def changed_by(plugin: str, classes: str) -> list[str]:
    """What the plugin's own modules change; the libraries that they import have done their work in a first round."""
    importlib.import_module(classes)
    package = plugin.partition(".")[0]
    for name in [name for name in sys.modules if name == classes or (package != "zoo" and belongs(name, package))]:
        del sys.modules[name]
    before = shared_state()
    importlib.import_module(classes)
    return changed(before, shared_state())


def belongs(name: str, package: str) -> bool:
    """Whether a module is the package or lies in it."""
    return name == package or name.startswith(f"{package}.")


def foreign(plugin: str) -> list[str]:
    """Loaded modules that belong to another plugin, or to what zoo builds on top of the nouns."""
    own = plugin.partition(".")[0]
    others = {entry.module.partition(".")[0] for entry in importlib.metadata.entry_points(group="zoo")} - {own}
    return sorted(name for name in sys.modules if name in others or name in INSIDES)


if __name__ == "__main__":
    main(*sys.argv[1:])
