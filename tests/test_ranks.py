"""When a rank of a training fails, all ranks end and the sentence names the one that was the first (two gloo ranks)."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_devices import begun

from zoo.run import Run

LONG = [{"name": "long", "steps": 100_000, "lr": 0.001}]


def failed(runs: Path, failpoint: str, **trainer: object) -> tuple[Run, subprocess.CompletedProcess[str]]:
    """A training on two devices in which something breaks, and what it says."""
    values = {"accelerator": "cpu", "devices": 2, "strategy": "auto", "precision": "32-true"} | trainer
    run = begun(runs, 2, stages=LONG, trainer=values)
    command = [sys.executable, "-m", "zoo.fit", str(run.folder)]
    env = os.environ | {"ZOO_FAILPOINT": failpoint}
    return run, subprocess.run(command, env=env, capture_output=True, text=True, timeout=200)


def living(run: Run) -> list[int]:
    """The processes that have the run's folder among their words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [int(path.parent.name)] if str(run.folder).encode() in path.read_bytes() else []
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.mark.torture
@pytest.mark.parametrize(
    ("failpoint", "said"),
    [
        ("train.batch_start@1:kill:3", "Rank 1 was ended by SIGKILL, the others with it: repeat the command to go on."),
        ("train.after_step@1:raise:3", "Rank 1 of 2 ended with RuntimeError: failpoint train.after_step"),
    ],
)
def test_t27_t28_the_rank_that_fails_is_named_and_nothing_lives_on(
    toy: None, tmp_path: Path, failpoint: str, said: str
) -> None:
    run, done = failed(tmp_path, failpoint)
    assert done.returncode == 1, done.stderr
    assert run.status["state"] == "failed" and run.status["reason"] == said
    lines = done.stderr.splitlines()
    assert sum(line.startswith("zoo.fit: Rank") for line in lines) >= 1
    assert lines[-1] == f"zoo.fit: {said} [{run.status['code'] or 'E-RANK'}]"
    assert not living(run)


@pytest.mark.torture
def test_t29_a_rank_that_hangs_ends_the_training_after_the_timeout(toy: None, tmp_path: Path) -> None:
    start = time.monotonic()
    run, done = failed(tmp_path, "train.after_step@1:hang:3", timeout=5)
    assert done.returncode == 1 and time.monotonic() - start < 120
    assert run.status["reason"].startswith("Rank 0 of 2 waited in vain for rank 1")
    assert not living(run)
