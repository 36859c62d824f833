"""Fixtures of the plugin's tests: published numbers, where they lie beside the repository."""

import json
import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def khan() -> dict:
    """What Khan et al. (2019) printed and what follows from it: `golden/khan.json`."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return json.loads((folder / "spec" / "golden" / "khan.json").read_text())
