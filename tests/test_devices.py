"""Training on several devices: two gloo processes on the CPU."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from killer import PARTS, config
from safetensors.torch import load_file

from zoo import fit
from zoo.errors import ZooError
from zoo.run import Run

STEPS = 20


def trained(runs: Path, devices: int, batch_size: int = 16) -> Run:
    """A toy without dropout after 20 steps of 16 galaxies, a step for each pass, so that metrics.csv has every loss."""
    changed = {
        "dataset": {"size": 28, "poison": None},
        "architecture": {"width": 4, "dropout": 0.0, "crash": False},
        "stages": [{"name": "only", "epochs": STEPS, "lr": 0.01}],
        "trainer": {"accelerator": "cpu", "devices": devices, "strategy": "auto", "precision": "32-true"},
        "batch_size": batch_size,
    }
    return fit.train(fit.prepare(fit.choices_of(PARTS), config(runs, **changed)))


def test_two_processes_lose_what_one_loses(toy: None, tmp_path: Path) -> None:
    """T27: the same galaxies, the same draws, and at equal global batch the same 20 losses within float tolerance."""
    one, two = trained(tmp_path / "one", 1), trained(tmp_path / "two", 2)
    assert one.folder.name == two.folder.name, "the number of devices is no part of a run's name"
    histories = [pd.read_csv(run.folder / "metrics.csv") for run in (one, two)]
    assert list(histories[1]["step"]) == list(range(1, STEPS + 1))
    for column in ("train_loss", "validation_loss", "accuracy"):
        torch.testing.assert_close(*(torch.tensor(history[column]) for history in histories), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(*(load_file(run.folder / "model.safetensors") for run in (one, two)))
    assert {p.name for p in one.folder.iterdir()} == {p.name for p in two.folder.iterdir()}


def test_a_batch_that_two_devices_cannot_share_is_refused(toy: None, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="batch_size=15 cannot be shared equally by 2 devices"):
        trained(tmp_path, 2, batch_size=15)
