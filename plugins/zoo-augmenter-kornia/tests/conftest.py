"""Fixtures: the shared golden values, and the augmenters of the two YAML files. Shapes are checked as the tests run."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook(["zoo_augmenter_kornia.resample", "zoo_augmenter_kornia.parameters"], "beartype.beartype")

COMPONENT = (-0.0148366, -0.01253134, -0.01040762)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with specifications and real data: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def make():
    """Makes an augmenter with the published values, save those given."""
    from zoo_augmenter_kornia.affine import Affine

    published = dict(
        view_size=69,
        factor=3,
        angles=[0, 45],
        rotation=180,
        zoom=0.3,
        shift=4,
        flip=0.5,
        colour=0.5,
        component=COMPONENT,
    )
    return lambda **changes: Affine(**{**published, **changes})
