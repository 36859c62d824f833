"""An installed package before its parts are looked at: its entry point, what is wrong with it, and values for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from zoo import installed, registry
from zoo.discovery import entries, package_of
from zoo.errors import ZooError
from zoo.plugin import normal

SECONDS = 10.0
"""After which an import counts as hung."""


def entry_of(package: str) -> tuple[str, EntryPoint]:
    """The name of an installed package as its author writes it, and its entry point, which is not imported.

    Raises ZooError where there is none.
    """
    known = {package_of(dist): entry for dist, entry in entries()}
    for name, entry in known.items():
        if normal(name) == normal(package):
            if isinstance(entry, Exception):
                raise ZooError(f"The entry points of {package} cannot be read ({entry}): install it again.", "E-PLUGIN")
            return name, entry
    raise ZooError(installed.no_plugin(package, known), "E-PLUGIN")


def trouble(package: str, entry: EntryPoint) -> str:
    """What is wrong with a package's plugin, or nothing: in a process that imports it, then in zoo's eyes."""
    try:
        installed.check_module(package, entry.module)
    except installed.NotHeld as error:
        return f"{error}: {installed.AGAIN}"
    if failure := imported(entry.module):
        return failure
    plugin = next(one for one in registry.plugins() if (one.package, one.name) == (package, entry.name))
    return "" if plugin.state == "ok" else f"{plugin.state}, {plugin.reason}; {plugin.remedy}"


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


def values(words: Sequence[str]) -> Mapping[tuple[str, str], Any]:
    """`group.key=value` as (group, key) → value. Raises ZooError for any other word."""
    import yaml

    given = {}
    for word in words:
        name, equals, text = word.partition("=")
        group, dot, key = name.partition(".")
        if not (equals and dot and key):
            raise ZooError(f"{word!r} is no value of a part: write GROUP.KEY=VALUE, such as dataset.root=DIR.")
        given[group, key] = yaml.safe_load(text)
    return given
