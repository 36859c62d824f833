"""What an installed distribution holds, for those who misspelt its module or the group of its entry point."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError
from os import PathLike
from pathlib import Path

AGAIN = "correct its pyproject.toml and install it again"
"""What to do about an entry point, which lies in a package's metadata from its installation on."""


class NotHeld(ModuleNotFoundError):
    """An entry point names a module that nobody has."""


def check_module(package: str, module: str) -> None:
    """Raise NotHeld where the module of a package's entry point is nowhere, with those that the package has."""
    top = module.partition(".")[0]
    try:
        absent = importlib.util.find_spec(top) is None
    except ValueError:  # somebody's module without a spec: there it is
        return
    if absent:
        held = ", ".join(modules(package))
        raise NotHeld(
            f"the entry point of {package} names {module}, which the package does not hold"
            + (f" (it holds {held})" if held else ""),
            name=top,
        )


def modules(package: str) -> list[str]:
    """The packages that a distribution brings, also where it is installed from a checkout by a file of paths."""
    try:
        files = importlib.metadata.files(package) or []
    except PackageNotFoundError:
        return []
    held = {file.parts[0] for file in files if len(file.parts) == 2 and file.name == "__init__.py"}
    for file in files:
        if file.suffix == ".pth":
            held |= {found.parent.name for folder in folders(file.locate()) for found in folder.glob("*/__init__.py")}
    return sorted(held)


def folders(paths: PathLike[str]) -> Iterator[Path]:
    """The folders that a file of paths names; none where the file is gone."""
    file = Path(paths)
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    yield from (Path(line) for line in lines if line and Path(line).is_dir())


def no_plugin(package: str, known: Iterable[str]) -> str:
    """Why a package is none of the known plugins, not installed or without an entry point for zoo, and what to do."""
    try:
        dist = importlib.metadata.distribution(package)
    except (PackageNotFoundError, ValueError):
        return (
            f"{sys.executable} has no plugin {package} installed: pip install {package} with that interpreter's pip "
            f"(installed: {', '.join(sorted(known)) or 'none'})."
        )
    return (
        f"{package} {dist.version} is installed but has no entry point in the group zoo (it has {groups(dist)}): call "
        f"it [project.entry-points.zoo], that is, {AGAIN}."
    )


def groups(dist: Distribution) -> str:
    """The groups of a distribution's entry points."""
    return ", ".join(sorted({entry.group for entry in dist.entry_points})) or "none"
