"""Fake plugins as an installer would leave them: a package and its metadata in a folder of their own."""

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

HOOK = '''"""A fake plugin."""
from pathlib import Path
from zoo import hookimpl

@hookimpl
def zoo_conf():
    return Path(__file__).parent / "conf"
'''


def plant(
    folder: Path,
    name: str,
    source: str = HOOK,
    version: str = "0.3",
    requires: Sequence[str] = ("galaxy-model-zoo>=0.1",),
    conf: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
) -> Path:
    """Write a distribution into a folder of the path, and return its package.

    source: its `__init__.py`; conf: `group/name` → YAML; modules: further files of the package.
    """
    package = folder / name.replace("-", "_")
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source)
    for path, text in {**{f"conf/{k}.yaml": v for k, v in (conf or {}).items()}, **(modules or {})}.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    metadata(folder, name, version, requires, package.name)
    return package


def metadata(folder: Path, name: str, version: str, requires: Sequence[str], module: str) -> Path:
    """Write the metadata of a distribution with one entry point of the group `zoo`."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
    (info / "entry_points.txt").write_text(f"[zoo]\n{name} = {module}\n")
    return info


def link(folder: Path, project: Path) -> None:
    """Let a project's package be found in a folder of the path as if it were installed, from its own source."""
    told = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    ((name, module),) = told["entry-points"]["zoo"].items()
    (folder / module).symlink_to(project / "src" / module)
    metadata(folder, name, told["version"], told["dependencies"], module)


def installer() -> list[str]:
    """The command that installs packages here: uv as the Makefile has it, else pip. Skips where there is neither."""
    uv = Path(__file__).parents[1] / ".tools" / "bin" / "uv"
    found = str(uv) if uv.is_file() else shutil.which("uv")
    if found:
        return [found, "pip", "install", "-q", "--offline", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check"]
    pytest.skip("neither uv nor pip can be found: run `make setup`")


def install(folder: Path, *projects: Path) -> None:
    """Build projects or take wheels, and install them into a folder; nothing is downloaded."""
    command = [*installer(), "--no-deps", "--no-build-isolation", "--target", str(folder), *map(str, projects)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
