"""What the tests of the decision-tree head share: the tree of the challenge, golden values, random trees."""

import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from zoo.schema import VoteFractions, read_tree

REPOSITORY = Path(__file__).parents[3]

settings.register_profile("laws", deadline=None)  # a law says nothing about the machine's load
settings.load_profile("laws")


@pytest.fixture(scope="session")
def galaxy_zoo() -> VoteFractions:
    """11 questions, 37 answers."""
    path = REPOSITORY / "conf" / "tree" / "galaxy_zoo.yaml"
    return read_tree(yaml.safe_load(path.read_text())["questions"])


@pytest.fixture(scope="session")
def golden() -> dict:
    """Values of the published output layer, checked against finite differences."""
    shared = Path(os.environ.get("ZOO_SHARED") or REPOSITORY.parent / "shared")
    path = shared / "spec" / "golden" / "output_layer.json"
    if not path.is_file():
        pytest.skip(f"no golden values at {path}: set ZOO_SHARED to the folder that has them")
    return json.loads(path.read_text())
