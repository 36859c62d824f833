"""Fixtures: the shared data, the tree of the challenge, and the challenge in small in its real layout."""

import os
from pathlib import Path

import pytest
import yaml
from challenge import Challenge

from zoo import registry


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with specifications and real data: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder
