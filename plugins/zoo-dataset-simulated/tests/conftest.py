"""Fixtures: the tree of the challenge, its public rows, and a small survey. Shapes are checked as the tests run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook("zoo_dataset_simulated", "beartype.beartype")

REPOSITORY = Path(__file__).parents[3]

settings.register_profile("laws", deadline=None)  # a law says nothing about the machine's load
settings.load_profile("laws")


@pytest.fixture(scope="session")
def tree() -> dict:
    """The questions of the challenge, as the composed configuration holds them."""
    return yaml.safe_load((REPOSITORY / "conf" / "tree" / "galaxy_zoo.yaml").read_text())


@pytest.fixture(scope="session")
def kaggle() -> Path:
    """The folder with the public part of the challenge."""
    folder = Path(os.environ.get("ZOO_SHARED") or REPOSITORY.parent / "shared") / "data" / "kaggle_galaxy_zoo"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def real(kaggle: Path) -> pd.DataFrame:
    """The 252 public rows of the challenge: 37 fractions by id, and the class where there is one."""
    rows = pd.read_csv(kaggle / "training_solutions_rev1.csv", dtype={"GalaxyID": str}).set_index("GalaxyID")
    labels = pd.read_csv(kaggle / "labels_5class.csv", dtype=str).set_index("GalaxyID")
    return rows.join(labels)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def few(tree: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A prepared survey of 100 galaxies."""
    from zoo_dataset_simulated.simulated import Simulated

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        dataset = Simulated(tree, size=100, workers=1)
        dataset.prepare()
        yield dataset
