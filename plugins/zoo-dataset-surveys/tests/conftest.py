"""Fixtures: the shared tables and golden values, the splits rebuilt from them once, and a cache for each test."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from jaxtyping import install_import_hook

PLUGIN = "zoo_dataset_surveys"
CHECKED = ("objid", "cross_match", "stretch", "colour", "sky", "window", "resize", "standin.galaxy", "standin.light")
install_import_hook([f"{PLUGIN}.{module}" for module in CHECKED], "beartype.beartype")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with specifications and real data: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def khan(shared) -> Path:
    """The folder with the tables of Khan et al. (2019)."""
    folder = shared / "data" / "khan"
    if not folder.is_dir():
        pytest.skip(f"no tables of Khan et al. (2019) at {folder}")
    return folder


@pytest.fixture(scope="session")
def texts(khan) -> Callable[[str], pd.DataFrame]:
    """Reads a supplied table as text, by another reader than the plugin's."""
    return cache(lambda name: pd.read_csv(khan / name, dtype=str, keep_default_na=False))


@pytest.fixture(scope="session")
def rebuilt(khan):
    """The splits, rebuilt from the supplied tables."""
    from zoo_dataset_surveys.khan2019 import splits, tables

    return splits.rebuild(tables.read(khan))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test sees another one's cache."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def standin():
    """The stand-in sky, with a log of its own."""
    from zoo_dataset_surveys.standin import Sky

    with Sky() as running:
        yield running
