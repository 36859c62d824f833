"""Fixtures: the shared data, and the challenge in small in its real layout."""

import os
from pathlib import Path

import pytest

from . import challenge


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with specifications and real data: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test sees another one's cache."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path) -> Path:
    """The challenge's folder: 30 training images, 26 of them with fractions and classes, and 4 test images."""
    folder = tmp_path / "root"
    folder.mkdir()
    challenge.write(folder)
    return folder
