"""Training on several devices: two gloo processes on the CPU."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from killer import PARTS, config
from safetensors.torch import load_file

from zoo import fit
from zoo.checkpoint import Checkpoints
from zoo.errors import ZooError
from zoo.run import Run

STEPS = 20


def begun(runs: Path, devices: object, **changed: object) -> Run:
    """The run of a toy without dropout, 20 steps of 16 galaxies, a step for each pass: metrics.csv has every loss."""
    values = {
        "dataset": {"size": 28, "poison": None},
        "architecture": {"width": 4, "dropout": 0.0, "crash": False},
        "stages": [{"name": "only", "epochs": STEPS, "lr": 0.01}],
        "trainer": {"accelerator": "cpu", "devices": devices, "strategy": "auto", "precision": "32-true"},
    }
    return fit.prepare(fit.choices_of(PARTS), config(runs, **(values | changed)))


def trained(runs: Path, devices: object, **changed: object) -> Run:
    """The same, finished."""
    return fit.train(begun(runs, devices, **changed))


@pytest.fixture
def trace(toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that tells which rank opens what below the folder `two` for writing."""
    monkeypatch.setenv("ZOO_TRACED", str(tmp_path.resolve() / "two"))
    monkeypatch.setenv("ZOO_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "traced"), prepend=os.pathsep)
    return tmp_path / "trace"


def test_two_processes_lose_what_one_loses(tmp_path: Path, trace: Path) -> None:
    """T27: the same galaxies, the same draws, and at equal global batch the same 20 losses within float tolerance.

    T32: only the first rank writes into the run folder.
    """
    one, two = trained(tmp_path / "one", 1), trained(tmp_path / "two", 2)
    assert one.folder.name == two.folder.name, "the number of devices is no part of a run's name"
    histories = [pd.read_csv(run.folder / "metrics.csv") for run in (one, two)]
    assert list(histories[1]["step"]) == list(range(1, STEPS + 1))
    for column in ("train_loss", "validation_loss", "accuracy"):
        torch.testing.assert_close(*(torch.tensor(history[column]) for history in histories), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(*(load_file(run.folder / "model.safetensors") for run in (one, two)))
    assert {p.name for p in one.folder.iterdir()} == {p.name for p in two.folder.iterdir()}
    assert {line.split()[0] for line in trace.read_text().splitlines()} == {"0"}, trace.read_text()


def test_a_training_on_two_devices_that_is_stopped_saves_and_goes_on(toy: None, tmp_path: Path) -> None:
    """T10 for several ranks: the parent waits until they have saved, and answers 75."""
    run = begun(tmp_path, 2, stages=[{"name": "long", "steps": 100_000, "lr": 0.001}])
    parent = subprocess.Popen([sys.executable, "-m", "zoo.fit", str(run.folder)], stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(200, parent.kill)
    watchdog.start()
    while run.status.get("step", 0) < 2 and parent.poll() is None:
        time.sleep(0.05)
    parent.terminate()
    _, said = parent.communicate()
    watchdog.cancel()
    assert (parent.returncode, run.status["state"]) == (75, "stopped"), said
    with run.locked():
        assert Checkpoints(run.folder / "checkpoints").load()["step"] >= 2


@pytest.mark.parametrize("devices", ["[0,1]", "two", 0])
def test_what_is_no_number_of_devices_is_refused(devices: object, toy: None, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="is no number of devices"):
        trained(tmp_path, devices)


def test_a_batch_that_two_devices_cannot_share_is_refused(toy: None, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="batch_size=15 cannot be shared equally by 2 devices"):
        trained(tmp_path, 2, batch_size=15)
