"""Fixtures: small networks of timm, their weights in files, and no network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file


@pytest.fixture
def make() -> Callable[..., Any]:
    """Builds a backbone, by default of timm's smallest ResNet, with random weights, some values changed."""
    from zoo_architecture_timm.backbone import TimmBackbone

    values = {"name": "test_resnet", "pretrained": False, "weights": None, "drop_rate": 0.0, "normalise": True}
    return lambda **changes: TimmBackbone(**values | changes)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file as timm's hub has it: a whole network, classifier included, with weights that no seed gives."""

    def save(name: str) -> Path:
        torch.manual_seed(len(name))
        path = tmp_path / f"{name}.safetensors"
        save_file(timm.create_model(name).state_dict(), path)
        return path

    return save


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub that cannot be reached, and an empty cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
