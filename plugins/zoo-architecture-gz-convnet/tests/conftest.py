"""Fixtures: golden values, and networks by what differs from the YAML file. Shapes are checked as the tests run."""

import json
import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from jaxtyping import install_import_hook

PLUGIN = "zoo_architecture_gz_convnet"
install_import_hook([f"{PLUGIN}.parts", f"{PLUGIN}.layers", f"{PLUGIN}.pooling"], "beartype.beartype")


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Any]:
    """Reads a golden file of `$ZOO_SHARED`, else of `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared") / "spec" / "golden"
    if not folder.is_dir():
        pytest.skip(f"no golden values at {folder}: set ZOO_SHARED to the folder that has spec/golden")
    return lambda name: json.loads((folder / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def make() -> Callable[..., Any]:
    """Builds the network of the YAML file with some values changed, by default where tensors need no memory."""
    from zoo_architecture_gz_convnet.backbone import GZConvNet

    text = files(PLUGIN).joinpath("conf/architecture/gz_convnet.yaml").read_text()
    values = {key: value for key, value in yaml.safe_load(text).items() if key != "_target_"}

    def build(device: str = "meta", **changes: Any) -> GZConvNet:
        with torch.device(device):
            return GZConvNet(**values | changes)

    return build


@pytest.fixture(scope="session")
def make_small(make: Callable[..., Any]) -> Callable[..., Any]:
    """Builds networks small enough for slow references: parts of 12 pixels, two convolutions, random biases."""

    def build(**changes: Any) -> Any:
        torch.manual_seed(1)
        values = {
            "part_size": 12,
            "conv_kernels": [4, 2],
            "conv_channels": [3, 5],
            "conv_pool_after": [1, 2],
            "conv_weight_std": [0.01, 0.01],
            "dense": [{"units": 8, "act": "maxout2"}, {"units": 6, "act": "relu"}],
            "shared_dense": 14,
        }
        network = make("cpu", **values | changes).double().eval()
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(parameter)
        return network

    return build


@pytest.fixture(scope="session")
def small(make_small: Callable[..., Any]) -> Any:
    """One of them, as the published networks are."""
    return make_small()
