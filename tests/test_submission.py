"""Jobs of a sweep in a queue: what SLURM is asked for, and that a job stopped in time is queued again and goes on."""

import os
import re
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sweeping import composed

from zoo import child, compose, submission, sweep
from zoo.child import Child
from zoo.errors import ZooError
from zoo.run import Run

submitit = pytest.importorskip("submitit")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `sbatch` that keeps the script that it is given, and the programs that belong to it."""
    folder, kept = tmp_path / "bin", tmp_path / "asked"
    folder.mkdir(), kept.mkdir()
    programs = {"sbatch": f'cp "$1" {kept}/; echo "Submitted batch job 77"', "srun": "true", "sacct": "true"}
    programs["scancel"] = f'echo "$@" >> {tmp_path}/cancelled'
    for name, line in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return kept


def prepared(folder: Path, *seeds: int) -> list[Run]:
    """Runs of the toy that nobody has begun."""
    jobs = [composed(folder, f"seed={seed}") for seed in seeds]
    for job in jobs:
        job.prepare()
    return [job.run for job in jobs if job.run]


def options(name: str) -> dict:
    """The keys of a launcher in conf/hydra as Hydra hands them over."""
    from omegaconf import OmegaConf

    told = OmegaConf.to_container(compose.config("train", [f"hydra/launcher={name}"]).hydra.launcher)
    return {key: value for key, value in told.items() if key not in ("_target_", "cluster", "parallel")}


def test_t34_slurm_is_asked_for_one_array_that_is_warned_and_queued_again(toy: None, tmp_path: Path, cluster: Path):
    told = options("submitit_slurm") | {"partition": "gpu", "gpus_per_node": 1, "timeout_min": 600}
    often = told.pop("max_num_timeout")
    executor = submission.executor("slurm", tmp_path / "queue", 2, often, told)
    runs = prepared(tmp_path / "runs", 1, 2, 3)
    jobs = submission.submitted(executor, runs, "zoo.fit")
    (script,) = [path.read_text() for path in cluster.iterdir()]
    asked = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", script, re.MULTILINE))
    assert (asked["array"], asked["signal"], asked["time"], asked["open-mode"]) == (
        "0-2%2",
        "USR2@120",
        "600",
        "append",
    )
    assert {"requeue": "", "partition": "gpu", "gpus-per-node": "1", "job-name": "zoo"}.items() <= asked.items()
    assert "submitit.core._submit" in script and "mem" not in asked
    waiting = [
        submitit.core.utils.DelayedSubmission.load(path) for path in (tmp_path / "queue").rglob("*_submitted.pkl")
    ]
    assert {one.function.folder for one in waiting} == {str(run.folder) for run in runs}
    assert {one._timeout_countdown for one in waiting} == {3}, "an hour that runs out is no end"
    assert [job.answer() for job in jobs] == [None] * 3
    jobs[1].stop()
    assert (tmp_path / "cancelled").read_text() == "77_1\n" and jobs[1].answer() == 75


@pytest.mark.parametrize(
    ("without", "said"),
    [("srun", "There is no SLURM here"), (None, "The queue cannot be asked so: Unknown argument 'quality'")],
)
def test_what_the_queue_cannot_do_is_refused_in_one_sentence(
    without: str | None, said: str, tmp_path: Path, cluster: Path, monkeypatch: pytest.MonkeyPatch
):
    if without:
        monkeypatch.setenv("PATH", "")
    with pytest.raises(ZooError, match=said) as caught:
        submission.executor("slurm", tmp_path / "queue", 2, 3, {"quality": "best"})
    assert caught.value.exit_code == 2 and not (tmp_path / "queue").exists()


def test_a_queue_that_refuses_a_job_is_quoted(toy: None, tmp_path: Path, cluster: Path):
    (cluster.parent / "bin" / "sbatch").write_text('#!/bin/sh\necho "invalid partition specified: gpus" >&2; exit 1\n')
    executor = submission.executor("slurm", tmp_path / "queue", 2, 3, {"partition": "gpus"})
    with pytest.raises(ZooError, match="The queue refused the jobs: .*invalid partition specified: gpus"):
        submission.submitted(executor, prepared(tmp_path / "runs", 1), "zoo.fit")


def test_without_submitit_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(submission.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ZooError, match='submitit_slurm needs submitit: pip install "galaxy-model-zoo'):
        submission.executor("slurm", tmp_path, 1, 3, {})


def test_the_job_waits_for_its_training_and_stops_it_before_it_is_queued_again(
    toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (run,) = prepared(tmp_path / "runs", 1)
    stops: list[float] = []
    answers = iter([None, None, 0, 0, 0])
    monkeypatch.setattr(child, "spawned", lambda *told: Child(lambda: next(answers), lambda: stops.append(1), int))
    waiter = submission.Waiter(str(run.folder), "zoo.fit")
    assert waiter() == 0
    again = waiter.checkpoint()
    assert stops and again.function is not waiter
    assert (again.function.folder, again.function.module) == (str(run.folder), "zoo.fit")


def test_the_warning_of_slurm_reaches_the_one_that_waits_and_not_its_training():
    heard: list[int] = []
    former = signal.signal(signal.SIGUSR2, lambda number, frame: heard.append(number))
    try:
        with submission.blocked(signal.SIGUSR2):
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)  # not another thread of the tests
            number = os.fork()
            if number == 0:
                os.kill(os.getpid(), signal.SIGUSR2)  # kills where it is not blocked
                os._exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0 and not heard
        assert heard == [signal.SIGUSR2], "it came a little later"
    finally:
        signal.signal(signal.SIGUSR2, former)


@pytest.mark.torture
def test_t34_a_local_queue_trains_and_a_job_whose_time_runs_out_goes_on(toy: None, tmp_path: Path):
    told = options("submitit_local")
    often = told.pop("max_num_timeout")
    executor = submission.executor("local", tmp_path / "queue", 2, often, told)
    warned: list[str] = []

    def start(runs: Sequence[Run]) -> list[Child]:
        children = submission.submitted(executor, runs, "zoo.fit")
        deadline = time.monotonic() + 300
        while not any((run.folder / "checkpoints").is_dir() for run in runs) and time.monotonic() < deadline:
            time.sleep(0.1)
        for path in (tmp_path / "queue").glob("*/*_submitted.pkl"):
            for task in Path("/proc").glob("[0-9]*/cmdline"):
                words = task.read_bytes().split(b"\0") if task.exists() else []
                if b"submitit.core._submit" in words and f"SUBMITIT_LOCAL_JOB_ID={path.parent.name}".encode() in (
                    task.parent / "environ"
                ).read_bytes().split(b"\0"):
                    os.kill(int(task.parent.name), signal.SIGUSR2)
                    warned.append(path.parent.name)
        return children

    jobs = [composed(tmp_path / "runs", "seed=1", "stages.0.epochs=40", "checkpoints.every_seconds=0")]
    sweep.run(sweep.Listed(jobs), start, 1, tmp_path / "sweeps")
    log = (jobs[0].run.folder / "log.txt").read_text()
    assert jobs[0].state == "finished" and warned
    assert "Stopped by a signal; saved step" in log and "resumed at step" in log
