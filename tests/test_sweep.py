"""A sweep: each job a process of its own, one table at the end, and the same command goes on where it stopped."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOY = ["dataset=blobs", "augmenter=roll", "head=logistic", "architecture=convolution"]
SHORT = ["stages.0.epochs=1", "batch_size=32", "dataset.size=64"]


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """`zoo train -m` on the toy, in a folder of its own."""
    command = [sys.executable, "-m", "zoo.cli", "train", "-m", *TOY, *SHORT, *words]
    return subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def sweep(folder: Path, *words: str) -> tuple[int, list[dict[str, str]], str]:
    """The exit code, the rows of the table whose path is the last line on stdout, and what was said on stderr."""
    process = start(folder, *words)
    out, err = process.communicate(timeout=300)
    path = folder / out.splitlines()[-1]
    assert path.parent == folder / "runs" / "sweeps"
    with open(path, newline="") as file:
        return process.returncode, list(csv.DictReader(file)), err


def test_jobs_that_crash_or_cannot_work_take_no_other_down_and_only_the_missing_run_again(toy: None, tmp_path: Path):
    """One incompatible, one crashing and one good job; then the same command again."""
    words = ["head=logistic,decision_tree", "architecture.crash=false,true"]
    code, rows, err = sweep(tmp_path, *words)
    states = {(row["head"], row["architecture.crash"]): row["state"] for row in rows}
    assert states == {
        ("logistic", "False"): "finished",
        ("logistic", "True"): "failed",
        ("decision_tree", "False"): "skipped",
        ("decision_tree", "True"): "skipped",
    }
    assert code == 1
    good = next(row for row in rows if row["state"] == "finished")
    assert (tmp_path / good["run"] / "model.safetensors").is_file()
    assert 0 <= float(good["accuracy"]) <= 1
    assert "learns fractions, the dataset states classes" in rows[-1]["reason"]
    failed = next(row for row in rows if row["state"] == "failed")
    assert failed["reason"]
    assert (tmp_path / failed["run"] / "log.txt").read_text()
    assert "zoo train: 1 of 4 jobs failed, to repeat: zoo train" in err
    assert "architecture.crash=true" in err.splitlines()[-1]
    assert not list((tmp_path / "runs" / "sweeps").glob("*.yaml"))

    written = (tmp_path / good["run"] / "model.safetensors").stat().st_mtime_ns
    code, again, err = sweep(tmp_path, *words)
    assert [row["state"] for row in again] == [row["state"] for row in rows]
    assert (tmp_path / good["run"] / "model.safetensors").stat().st_mtime_ns == written
    assert "[1/4]" not in err


def test_skipped_jobs_are_no_failure_and_two_run_at_a_time(toy: None, tmp_path: Path):
    code, rows, err = sweep(tmp_path, "head=logistic,decision_tree", "seed=1,2", "hydra.launcher.parallel=2")
    assert code == 0
    assert sorted(row["state"] for row in rows) == ["finished", "finished", "skipped", "skipped"]
    first, second = [line for line in err.splitlines() if line.endswith("running")]
    assert err.index(second) < err.index("finished")


def test_a_fresh_interpreter_and_the_fork_server_train_the_same_weights(toy: None, tmp_path: Path):
    weights = []
    for forkserver in ("true", "false"):
        folder = tmp_path / forkserver
        folder.mkdir()
        code, rows, _ = sweep(folder, "seed=5", f"hydra.launcher.forkserver={forkserver}")
        assert code == 0
        weights.append((folder / rows[0]["run"] / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_a_sweep_that_is_stopped_stops_its_jobs_and_goes_on_when_repeated(toy, tmp_path, number, code):
    words = ["seed=1,2", "stages.0.epochs=40"]
    process = start(tmp_path, *words)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("runs/*/checkpoints/*")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    with open(tmp_path / out.splitlines()[-1], newline="") as file:
        assert [row["state"] for row in csv.DictReader(file)] == ["stopped", "stopped"]
    code, rows, _ = sweep(tmp_path, *words)
    assert (code, [row["state"] for row in rows]) == (0, ["finished", "finished"])
    assert "resumed at step" in (tmp_path / rows[0]["run"] / "log.txt").read_text()


@pytest.mark.skipif(not shutil.which("script"), reason="no `script` to make a terminal with")
def test_on_a_terminal_the_table_is_drawn(toy: None, tmp_path: Path):
    command = " ".join([sys.executable, "-m zoo.cli train -m", *TOY, *SHORT, "seed=1"])
    done = subprocess.run(["script", "-qec", command, "/dev/null"], cwd=tmp_path, text=True, capture_output=True)
    assert "finished" in done.stdout and "┃" in done.stdout
