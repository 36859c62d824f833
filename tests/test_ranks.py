"""When a rank of a training fails, all ranks end and the sentence names the one that was the first (two gloo ranks)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killer import SAME
from test_devices import STEPS, begun

from zoo import ranks
from zoo.errors import ZooError
from zoo.run import Run

LONG = [{"name": "long", "steps": 100_000, "lr": 0.001}]


TWO = {"accelerator": "cpu", "devices": 2, "strategy": "auto", "precision": "32-true"}


def fitted(run: Run, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    """A training in a process of its own in which something may break."""
    command = [sys.executable, "-m", "zoo.fit", str(run.folder)]
    env = os.environ | {"ZOO_FAILPOINT": failpoint}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)


def failed(runs: Path, failpoint: str, **trainer: object) -> tuple[Run, subprocess.CompletedProcess[str]]:
    """A long training on two devices in which something breaks, and what it says."""
    run = begun(runs, 2, stages=LONG, trainer=TWO | trainer)
    return run, fitted(run, failpoint)


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


@pytest.mark.torture
def test_t30_ranks_that_are_started_again_end_with_the_bits_of_an_undisturbed_training(
    toy: None, tmp_path: Path
) -> None:
    """Rank 1 is killed at its fifteenth step; those started again have six steps left, and never come so far."""
    whole, killed = (begun(tmp_path / name, 2, trainer=TWO | {"restarts": 3}) for name in ("whole", "killed"))
    assert fitted(whole).returncode == 0
    done = fitted(killed, f"train.after_step@1:kill:{STEPS - 5}")
    assert done.returncode == 0 and killed.finished, done.stderr
    assert done.stderr.count("resumed at step 14") == 1, "the kill struck, and struck once"
    for name in SAME:
        assert (killed.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


@pytest.mark.torture
def test_t30_ranks_that_die_at_every_start_end_the_training_after_the_last_one(toy: None, tmp_path: Path) -> None:
    run, done = failed(tmp_path, "train.batch_start@1:kill:1", restarts=1)
    assert done.returncode == 1 and done.stderr.count("Rank 1 was ended by SIGKILL") >= 1, done.stderr
    assert not living(run)


@pytest.mark.parametrize(
    ("count", "status", "ends"),
    [
        ("0", {"state": "failed", "exit_code": 2}, False),
        ("1", {"state": "failed", "exit_code": 2}, True),
        ("1", {"state": "stopped", "exit_code": 75}, True),
        ("1", {"state": "failed", "exit_code": 1}, False),
        ("1", {"state": "running", "step": 3}, False),
    ],
)
def test_t30_a_refusal_is_not_repeated_by_ranks_that_are_started_again(
    count: str, status: dict[str, object], ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", count)
    run = Run(tmp_path)
    run.say(**status)
    assert ranks.refused(run) == ends


def test_a_number_of_restarts_that_is_none_is_refused(toy: None, tmp_path: Path) -> None:
    run = begun(tmp_path, 2, trainer=TWO | {"restarts": -1})
    with pytest.raises(ZooError, match="trainer.restarts=-1 is no number of times: take 0 or more"):
        ranks.train(run, 2)


@pytest.mark.torture
def test_ranks_end_when_the_process_that_started_them_is_killed(toy: None, tmp_path: Path) -> None:
    """T27, D27: the lock of the folder is free then, and nobody may go on behind it."""
    run = begun(tmp_path, 2, stages=LONG)
    parent = subprocess.Popen([sys.executable, "-m", "zoo.fit", str(run.folder)], stderr=subprocess.DEVNULL)
    while run.status.get("step", 0) < 2 and parent.poll() is None:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 60
    while living(run) and time.monotonic() < end:
        time.sleep(0.1)
    assert not living(run) and run.status["state"] == "stopped"
