"""Fixtures: the shared golden values, and the augmenter of the YAML file. Shapes are checked as the tests run."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook(["zoo_augmenter_kornia.resample", "zoo_augmenter_kornia.parameters"], "beartype.beartype")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with specifications and real data: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def make():
    """Makes augmenter=affine with the values of its YAML, save those given."""
    from zoo import build, compose

    published = compose.part_values("augmenter", "affine")
    return lambda **changes: build.part("augmenter", "affine", published | changes)
