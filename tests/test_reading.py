"""A worker that fails ends the reading in a sentence, in time, and costs nothing that was saved (T33, M27)."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from killer import PARTS, config

from zoo import datamodule, fit
from zoo.checkpoint import Checkpoints
from zoo.dataset import Dataset, Problem, Sample
from zoo.errors import WorkerFailed, ZooImageError
from zoo.run import Run
from zoo.schema import Classes

BAD = 5


class Troubled(Dataset):
    """Eight images; something happens when the sixth is read."""

    def __init__(self, trouble: Callable[[], object]):
        self.trouble, self.schema = trouble, Classes(("round", "long"))
        self.table = pd.DataFrame({"object_id": [f"g{k}" for k in range(8)], "split": "train"})
        self.targets = np.arange(8) % 2

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Sample:
        if index == BAD:
            self.trouble()
        return Sample(torch.zeros(3, 4, 4), torch.tensor(index % 2), f"g{index}", index)

    def place(self, index: int) -> str:
        return f"images/g{index}.jpg"

    def prepare(self) -> None:
        return None

    def verify(self, quick: bool = False) -> list[Problem]:
        return []


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that need no second to start; none outlives the test.

    torch hears at once of the end of a process that is its own child, as those of the fork server are not.
    """
    monkeypatch.setattr("torch.utils.data.dataloader._utils.signal_handling._set_SIGCHLD_handler", lambda: None)
    monkeypatch.setattr("zoo.datamodule.fork_server", lambda: multiprocessing.get_context("fork"))
    for where in ("reading.POLL", "datamodule.POLL"):
        monkeypatch.setattr(f"zoo.{where}", 0.2)
    yield
    assert not [one for one in multiprocessing.active_children() if one.is_alive()]


def read(trouble: Callable[[], object], timeout: float = 30) -> list[datamodule.Batch]:
    """All batches, read by one worker."""
    return list(datamodule.batches(Troubled(trouble), range(8), 2, workers=1, timeout=timeout))


def die(number: int) -> Callable[[], None]:
    """End the process that reads by a signal."""
    return lambda: os.kill(os.getpid(), number)


def fail() -> None:
    """Raise, as a mistake in the code would."""
    raise RuntimeError("a mistake")


GALAXY = r"galaxy g5 \(row 5, images/g5.jpg\)"
AGAIN = r"; workers=0 reads in the process itself\. Repeat the command to go on\."


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (die(signal.SIGKILL), f"was ended by SIGKILL while it read {GALAXY}, as the kernel does when memory runs out"),
        (die(signal.SIGBUS), rf"ended by SIGBUS while it read {GALAXY}, as happens when shared memory \(/dev/shm\) is"),
        (die(signal.SIGSEGV), f"was ended by SIGSEGV while it read {GALAXY}, perhaps by the library that decodes"),
        (lambda: os._exit(3), f"was ended by exit code 3 while it read {GALAXY}"),
        (fail, f"that read {GALAXY} ended with RuntimeError: a mistake"),
    ],
    ids=["SIGKILL", "SIGBUS", "SIGSEGV", "exit", "raise"],
)
def test_t33_a_worker_that_dies_or_raises_is_told_with_its_galaxy_and_file(forked: None, trouble, said: str):
    with pytest.raises(WorkerFailed, match=f"{said}.*{AGAIN}") as failed:
        read(trouble)
    assert (failed.value.exit_code, failed.value.code) == (1, "E-WORKER")


@pytest.mark.parametrize("trouble", [lambda: time.sleep(600), die(signal.SIGSTOP)], ids=["hang", "SIGSTOP"])
def test_t33_the_wait_for_workers_ends_after_the_timeout(forked: None, trouble):
    """A worker that is stopped has batches on their way, whose memory it does not hand over."""
    start = time.monotonic()
    with pytest.raises(WorkerFailed, match=f"nothing for worker_timeout=1 seconds, while they read {GALAXY}.*{AGAIN}"):
        read(trouble, timeout=1)
    assert time.monotonic() - start < 10


def test_t33_shared_memory_that_is_full_is_told_at_once_and_not_after_the_timeout(forked: None, monkeypatch):
    def full(tensor: torch.Tensor) -> None:
        raise RuntimeError("unable to write to file </torch_1>: No space left on device (28)")

    monkeypatch.setattr(torch.Tensor, "share_memory_", full)
    with pytest.raises(WorkerFailed, match=r"device \(28\) \(as happens when shared memory .* smaller batch_size"):
        read(lambda: None)


def test_a_batch_that_cannot_be_put_together_names_no_galaxy(forked: None, monkeypatch):
    """Any of them may be the cause."""

    def fail(samples: object, dataset: object) -> None:
        raise ValueError("two sizes")

    monkeypatch.setattr(datamodule, "collate", fail)
    with pytest.raises(WorkerFailed, match="^A worker that put a batch together ended with ValueError: two sizes;"):
        read(lambda: None)


def test_what_a_worker_refuses_is_said_in_its_own_words_with_its_code(forked: None):
    def refuse() -> None:
        raise ZooImageError("g5.jpg is a page", "E-IMAGE-PAGE")

    with pytest.raises(ZooImageError) as refused:
        read(refuse)
    assert (str(refused.value), refused.value.code) == ("g5.jpg is a page", "E-IMAGE-PAGE")


def test_workers_bring_every_batch_in_order(forked: None):
    assert [batch.index.tolist() for batch in read(lambda: None)] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def killed_at_90(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A training of one pass whose worker is killed when it reads its ninetieth image, in the last of six batches."""
    stages = [{"name": "only", "epochs": 1, "lr": 0.01}]
    run = fit.prepare(fit.choices_of(PARTS), config(runs, stages=stages, workers=1))
    monkeypatch.setenv("ZOO_FAILPOINT", "dl.decode:kill:90")
    with pytest.raises(WorkerFailed, match="was ended by SIGKILL while it read galaxy blob-0"):
        fit.train(run)
    monkeypatch.delenv("ZOO_FAILPOINT")
    return run


def test_t33_a_training_whose_worker_is_killed_has_failed_and_keeps_its_steps(
    forked: None, toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = killed_at_90(tmp_path, monkeypatch)
    assert (run.status["state"], run.status["code"], run.status["exit_code"]) == ("failed", "E-WORKER", 1)
    assert Checkpoints(run.folder / "checkpoints").load()["step"] >= 1


@pytest.mark.torture
def test_t33_a_training_whose_worker_is_killed_goes_on_to_the_same_bits(
    forked: None, toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    killed = killed_at_90(tmp_path / "killed", monkeypatch)
    whole = fit.prepare(fit.choices_of(PARTS), killed.config | {"runs": str(tmp_path / "whole"), "workers": 0})
    weights = [(fit.train(run).folder / "model.safetensors").read_bytes() for run in (whole, killed)]
    assert weights[0] == weights[1]


@pytest.mark.torture
@pytest.mark.parametrize("action", ["kill", "raise", "hang", "ENOSPC"])
def test_t33_the_command_answers_1_in_time_whatever_a_worker_does(action: str, toy: None, tmp_path: Path):
    """With workers as they are started for users; on a busy machine a minute passes until they read."""
    run = fit.prepare(fit.choices_of(PARTS), config(tmp_path, workers=2, worker_timeout=100))
    command = [sys.executable, "-m", "zoo.fit", str(run.folder)]
    env = os.environ | {"ZOO_FAILPOINT": f"dl.decode:{action}:30"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=400)
    assert done.returncode == 1, done.stderr
    assert "galaxy blob-0" in done.stderr and "[E-WORKER]" in done.stderr and "Traceback" not in done.stderr
    assert fit.train(run).finished


SCRIPT = """
import sys
from zoo import datamodule
from zoo.errors import WorkerFailed
from test_reading import Troubled, torch

class Large(Troubled):
    def __getitem__(self, index):
        return super().__getitem__(index)._replace(image=torch.zeros(3, 512, 512))

def nothing():
    return None

if __name__ == "__main__":
    try:
        list(datamodule.batches(Large(nothing), range(8), 4, workers=1, timeout=60))
    except WorkerFailed as failed:
        print(failed)
"""


@pytest.mark.torture
def test_t33_shared_memory_of_a_megabyte_is_told_in_a_sentence(tmp_path: Path):
    (tmp_path / "large.py").write_text(SCRIPT)
    mount = "mount -t tmpfs -o size=1m tmpfs /dev/shm && exec "
    words = ["unshare", "-m", "sh", "-c", f'{mount} "$0" "$1"', sys.executable, str(tmp_path / "large.py")]
    if subprocess.run([*words[:4], mount + "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small /dev/shm")
    env = os.environ | {"PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=200)
    assert "shared memory (/dev/shm) is full: take fewer workers" in done.stdout, done.stdout + done.stderr
