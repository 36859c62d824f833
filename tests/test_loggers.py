"""A run told to Weights & Biases, offline: the numbers arrive, and nothing else does."""

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("wandb", reason="wandb is an extra of zoo")

SECRET = "sesame-open-d41d8cd9"
WORDS = ["dataset=blobs", "dataset.size=64", "augmenter=roll", "architecture=convolution", "head=logistic"]
WORDS += ["stages.0.epochs=2", "logger=wandb"]
BLOCK = 32768


def records(path: Path) -> Iterator[Any]:
    """What a .wandb file holds: seven bytes, then LevelDB's log format, blocks of 32 KiB with whole or cut records."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        whole, at = whole + data[at + 7 : at + 7 + length], at + 7 + length
        if kind in (1, 4):  # whole, or the last piece
            yield Record.FromString(whole)
            whole = b""


@pytest.fixture(scope="module")
def trained(toy_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was told to wandb, with a secret in the environment."""
    folder = tmp_path_factory.mktemp("wandb")
    command = [sys.executable, "-m", "zoo.cli", "train", *WORDS]
    variables = {key: value for key, value in os.environ.items() if not key.startswith("WANDB")}
    done = subprocess.run(
        command, cwd=folder, env=variables | {"SESAME_TOKEN": SECRET}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


def test_wandb_is_told_what_metrics_csv_says(trained: Path) -> None:
    (file,) = trained.rglob("*.wandb")
    history = [
        {item.nested_key[0] if item.nested_key else item.key: json.loads(item.value_json) for item in told.history.item}
        for told in records(file)
        if told.HasField("history")
    ]
    rows = pd.read_csv(trained / "metrics.csv")
    told = [row["validation_loss"] for row in history if "validation_loss" in row]
    assert told == pytest.approx(rows["validation_loss"].tolist())


def test_no_secret_and_no_machine_goes_into_its_files(trained: Path) -> None:
    files = [path for path in (trained / "wandb").rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    content = b"".join(path.read_bytes() for path in files)
    for unwanted in (SECRET, "SESAME_TOKEN", f"@{socket.gethostname()}", "stages.0.epochs=2", sys.executable):
        assert unwanted.encode() not in content, f"{unwanted} stands in a file of wandb"
