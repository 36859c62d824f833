"""The wheel of a project in a checkout, built to see which files it carries."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

BUILD = "import pkgutil, sys; pkgutil.resolve_name(sys.argv[1]).build_wheel(sys.argv[2])"
LEFT = shutil.ignore_patterns(".git", ".venv", ".tools", ".*_cache", "__pycache__", "build", "dist", "runs")
TIMEOUT = 120.0
"""Seconds until a build counts as hung."""


@functools.cache
def files(project: Path) -> tuple[str, ...]:
    """The names of the files in the wheel that a project's build backend makes of a copy of the project.

    Raises AssertionError where it makes none; skips where the backend is not installed.
    """
    described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    backend = described.get("build-system", {}).get("build-backend", "setuptools.build_meta")
    if importlib.util.find_spec(top := backend.partition(":")[0].partition(".")[0]) is None:
        pytest.skip(f"what builds its wheel is not installed: pip install {top}")
    with TemporaryDirectory() as folder:
        copy, out = Path(folder) / "project", Path(folder) / "wheel"
        shutil.copytree(project, copy, ignore=LEFT)
        out.mkdir()
        variables = os.environ | {"SETUPTOOLS_SCM_PRETEND_VERSION": "1.0"}  # there is no git in the copy
        command = [sys.executable, "-c", BUILD, backend, str(out)]
        done = subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True, timeout=TIMEOUT)
        wheels = list(out.glob("*.whl"))
        assert done.returncode == 0 and wheels, f"{backend} builds no wheel of {project}: {done.stderr[-500:]}"
        return tuple(zipfile.ZipFile(wheels[0]).namelist())
