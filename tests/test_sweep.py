"""A sweep: each job a process of its own, one table at the end, and the same command goes on where it stopped.

Starting torch costs more than the toy's training, so that each story below is told in one go.
"""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sweeping import composed, forked

from zoo import build, compose, pace, sweep, sweep_table
from zoo.child import Child
from zoo.errors import Stopped
from zoo.job import Job
from zoo.run import Run
from zoo.stop import stoppable
from zoo.sweep import Listed

ZOO = [sys.executable, "-m", "zoo.cli", "train", "-m", "dataset=blobs", "dataset.size=64", "augmenter=roll"]
ZOO += ["architecture=convolution", "head=logistic", "batch_size=32"]
LIMIT = 600
"""Seconds after which a sweep of the toy hangs, however busy the machine is."""


def start(folder: Path, *words: str, command: Sequence[str] = ZOO) -> subprocess.Popen[str]:
    """`zoo train -m` on the toy, in a folder and a session of its own; Ctrl-C reaches it also where a shell started the
    tests in the background, which ignores it."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        pipe = subprocess.PIPE
        words = (*command, *words)
        return subprocess.Popen(words, cwd=folder, text=True, stdout=pipe, stderr=pipe, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, former)


def end(process: subprocess.Popen[str], folder: Path) -> tuple[int, list[dict[str, str]], str]:
    """The exit code, the rows of the table whose path is the last line on stdout, and what was said on stderr."""
    out, err = process.communicate(timeout=LIMIT)
    path = folder / out.splitlines()[-1]
    assert path.parent == folder / "runs" / "sweeps"
    with open(path, newline="") as file:
        return process.returncode, list(csv.DictReader(file)), err


@pytest.mark.torture
def test_a_job_that_crashes_and_one_that_cannot_work_take_no_other_down(toy: None, tmp_path: Path):
    """One incompatible, one crashing, one good job; then the same command again; then without the fork server."""
    words = ["stages.0.epochs=1", "head=logistic,decision_tree", "architecture.crash=false,true"]
    code, rows, err = end(start(tmp_path, *words, "hydra.launcher.parallel=2"), tmp_path)
    good, crashed, *skipped = rows
    assert [row["state"] for row in rows] == ["finished", "failed", "skipped", "skipped"]
    assert (code, good["head"], good["architecture.crash"]) == (1, "logistic", "False")
    weights = tmp_path / good["run"] / "model.safetensors"
    assert 0 <= float(good["accuracy"]) <= 1
    assert "learns fractions, the dataset states classes" in skipped[0]["reason"]
    assert crashed["reason"] and (tmp_path / crashed["run"] / "log.txt").read_text()
    assert "zoo train: 1 of 4 jobs failed, to repeat: zoo train" in err
    assert err.splitlines()[-1].endswith("architecture.crash=True [E-JOBS]")
    assert err.count("running") == 2 and err.rindex("running") < err.index("finished"), "two at a time"
    assert [path.suffix for path in (tmp_path / "runs" / "sweeps").iterdir()] == [".csv"]

    before = weights.stat().st_mtime_ns
    code, again, err = end(start(tmp_path, *words), tmp_path)
    assert [row["state"] for row in again] == [row["state"] for row in rows]
    assert weights.stat().st_mtime_ns == before
    assert "[1/4]" not in err and "[2/4]" in err, "only the failed job runs again"

    (tmp_path / "plain").mkdir()
    plain = start(tmp_path / "plain", "stages.0.epochs=1", "hydra.launcher.forkserver=false")
    code, rows, _ = end(plain, tmp_path / "plain")
    assert (code, rows[0]["state"]) == (0, "finished")
    same = (tmp_path / "plain" / rows[0]["run"] / "model.safetensors").read_bytes()
    assert same == weights.read_bytes(), "a fresh interpreter and the fork server train the same weights"


def test_ctrl_c_stops_the_jobs_of_a_sweep_and_the_same_command_goes_on(toy: None, tmp_path: Path):
    words = ["seed=1,2", "stages.0.epochs=30"]
    process = start(tmp_path, *words)
    deadline = time.monotonic() + LIMIT
    while not list(tmp_path.glob("runs/*/checkpoints/*")):
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code, rows, err = end(process, tmp_path)
    assert code == 130, err
    assert [row["state"] for row in rows] == ["stopped", "stopped"]
    code, rows, _ = end(start(tmp_path, *words), tmp_path)
    assert (code, [row["state"] for row in rows]) == (0, ["finished", "finished"])
    assert "resumed at step" in (tmp_path / rows[0]["run"] / "log.txt").read_text()


PRESET = """# @package _global_
# One job of twelve.
defaults:
  - override /dataset: blobs
  - override /augmenter: roll
  - override /architecture: convolution
  - override /head: {head}
  - _self_
seed: {seed}
batch_size: 16
dataset: {{size: 64}}
architecture: {{crash: {crash}}}
checkpoints: {{every_seconds: 0}}
"""


def kill_half_way(sweep: subprocess.Popen[str], runs: Path, seed: int) -> str:
    """Kill the job of a seed once it has saved a state; returns the name of its run folder."""
    while sweep.poll() is None:
        for folder in {path.parents[1] for path in runs.glob("*/checkpoints/*")}:
            run = Run(folder)
            if run.config["seed"] == seed and run.holder:
                os.kill(int(run.holder.split()[1]), signal.SIGKILL)
                return folder.name
        time.sleep(0.05)
    raise AssertionError(f"the job of seed {seed} was never seen at work: {sweep.communicate()}")


@pytest.mark.torture
def test_twelve_jobs_one_crashing_one_incompatible_one_killed_end_right_when_repeated(toy: None, tmp_path: Path):
    presets = tmp_path / "mine" / "experiment"
    presets.mkdir(parents=True)
    for seed in range(12):
        head, crash = "decision_tree" if seed == 7 else "logistic", "true" if seed == 3 else "false"
        (presets / f"job_{seed:02}.yaml").write_text(PRESET.format(head=head, seed=seed, crash=crash))
    command = [sys.executable, "-m", "zoo.cli", "train", "-m", "--config-dir", str(tmp_path / "mine")]
    command += ["experiment=glob(job_*)", "stages.0.epochs=30", "hydra.launcher.parallel=2"]

    process = start(tmp_path, command=command)
    killed = kill_half_way(process, tmp_path / "runs", seed=5)
    code, rows, err = end(process, tmp_path)
    states = [row["state"] for row in rows]
    expected = ["finished"] * 12
    expected[3], expected[5], expected[7] = "failed", "failed", "skipped"
    assert (code, states) == (1, expected), err
    assert rows[5]["reason"].startswith("killed by signal 9") and rows[5]["run"] == f"runs/{killed}"

    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/model.safetensors")}
    code, rows, err = end(start(tmp_path, command=command), tmp_path)
    expected[5] = "finished"
    assert (code, [row["state"] for row in rows]) == (1, expected), err
    assert rows[3]["reason"] == "this part crashes on purpose"
    assert "12 jobs: 9 finished before, 1 skipped, 2 to train" in err
    assert "zoo train: 1 of 12 jobs failed, to repeat: zoo train experiment=job_03" in err
    assert "resumed at step" in (tmp_path / "runs" / killed / "log.txt").read_text()
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())

    (tmp_path / "undisturbed").mkdir()
    alone = [word.replace("glob(job_*)", "job_05") for word in command]
    _, (row,), _ = end(start(tmp_path / "undisturbed", command=alone), tmp_path / "undisturbed")
    same = [
        folder / "model.safetensors" for folder in (tmp_path / "runs" / killed, tmp_path / "undisturbed" / row["run"])
    ]
    assert same[0].read_bytes() == same[1].read_bytes(), "killed or not, the same weights"


def test_sigterm_is_no_error_of_the_job_that_is_being_prepared():
    with pytest.raises(Stopped, match="the same command goes on"), stoppable("The sweep"):  # noqa: PT012
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Exception:
            pytest.fail("a job's `except Exception` took the signal for an error")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def jobs() -> list[Job]:
    """Three jobs, of which none was started."""
    states = {"1": "finished", "2": "skipped", "3": "waiting"}
    return [
        Job([f"seed={seed}", "head=logistic"], {}, None, state=state, reason="[why]" if seed == "2" else "")
        for seed, state in states.items()
    ]


def test_on_a_terminal_the_table_is_drawn_and_elsewhere_there_is_a_line_per_change(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    three = Listed(jobs())
    with sweep_table.watching(three) as tell:
        tell(three.jobs[0])
    drawn = capsys.readouterr().err
    assert "┃" in drawn and "skipped" in drawn and "[why]" in drawn
    assert "3 jobs: 1 skipped, 1 finished, 1 waiting" in drawn
    assert drawn.index("[why]") < drawn.index("waiting", drawn.index("[why]")), "what waits comes last"
    monkeypatch.delenv("FORCE_COLOR")
    with sweep_table.watching(three) as tell:
        tell(three.jobs[1])
    assert capsys.readouterr().err == "[2/3] seed=2 skipped [why]\n"


def test_two_jobs_of_the_same_words_have_a_line_each(capsys):
    twins = Listed([Job(["seed=1"], {}, None, state="waiting") for _ in range(2)])
    with sweep_table.watching(twins) as tell:
        tell(twins.jobs[1])
    assert capsys.readouterr().err.startswith("[2/2]")


def test_the_screen_has_four_digits_of_a_value_and_the_file_all(tmp_path: Path):
    job = Job(["stages.0.lr=0.00123456789", "seed=123456", "head=logistic"], {}, None, state="finished")
    assert sweep_table.cells(job, ["stages.0.lr", "seed", "head"]) == ["0.001235", "123456", "logistic"]
    assert "0.00123456789" in (tmp_path / sweep_table.write([job], tmp_path / "table.csv")).read_text()


def test_a_refusal_before_the_first_step_is_the_reason_of_the_job(toy: None, tmp_path: Path):
    job = composed(tmp_path, "trainer.devices=2", "batch_size=33")
    with pytest.raises(sweep.JobsFailed):
        sweep.run(Listed([job]), forked, 1, tmp_path / "sweeps")
    assert job.why == "batch_size=33 cannot be shared equally by 2 devices: choose a multiple."


def test_no_sweep_runs_less_than_one_job_at_a_time(toy: None, tmp_path: Path, capsys):
    words = ["-m", "seed=1,2", "hydra.launcher.parallel=0", f"runs={tmp_path / 'runs'}"]
    assert compose.run_hydra("train", words) == 2
    said = "zoo train: hydra.launcher.parallel=0 is no number of jobs at a time: give 1 or more. [E-USAGE]\n"
    assert capsys.readouterr().err == said and not (tmp_path / "runs").exists()


def test_the_same_jobs_have_the_same_table_and_others_another():
    assert sweep_table.name(jobs()) == sweep_table.name(jobs()[::-1])
    assert sweep_table.name(jobs()).startswith("seed-")
    assert sweep_table.name(jobs()[:2]) != sweep_table.name(jobs())


def test_a_running_job_says_how_far_it_is_how_fast_and_for_how_long_still(tmp_path: Path):
    run = Run(tmp_path)
    job = Job(["seed=1"], {}, None, run, "running")
    run.say("starting")
    assert sweep_table.standing(job) == "starting"
    run.say("running", **pace.standing(first=20, step=120, total=900, seconds=40.0))
    assert sweep_table.standing(job) == "running: step 120 of 900, 2.5/s, 0:05:12 left"
    run.say("running", **pace.standing(first=20, step=20, total=900, seconds=0.0))
    assert sweep_table.standing(job) == "running: step 20 of 900", "no rate before the first step"


def test_t38_t39_a_job_that_raises_exits_is_killed_or_segfaults_takes_no_other_down(toy: None, tmp_path: Path, capsys):
    ways = ["false", "true", "exit", "kill", "segfault"]
    jobs = [composed(tmp_path, f"architecture.crash={way}") for way in ways] + [
        composed(tmp_path, "head=decision_tree")
    ]
    with pytest.raises(sweep.JobsFailed, match="4 of 6 jobs failed, to repeat: zoo train architecture.crash=true;"):
        sweep.run(Listed(jobs), forked, 3, tmp_path / "sweeps")
    assert [job.state for job in jobs] == ["finished", "failed", "stopped", "failed", "failed", "skipped"]
    assert "crashes on purpose" in jobs[1].reason
    assert "learns fractions, the dataset states classes" in jobs[5].reason
    out, err = capsys.readouterr()
    assert "6 jobs: 1 skipped, 5 to train" in err and err.count("] architecture.crash=") == 10, "a line per change"
    with open(out.splitlines()[-1], newline="") as file:
        assert [row["state"] for row in csv.DictReader(file)] == [job.state for job in jobs]
    assert [job.reason for job in jobs[3:5]] == ["killed by signal 9", "killed by signal 11"]
    assert jobs[3].why == f"killed by signal 9: see {jobs[3].run.folder / 'log.txt'}" == jobs[3].run.status["reason"]


def test_t40_t41_what_is_finished_is_kept_and_what_is_new_or_half_done_is_trained(toy: None, tmp_path: Path, capsys):
    first = [composed(tmp_path, f"seed={seed}") for seed in (1, 2)]
    sweep.run(Listed(first), forked, 2, tmp_path / "sweeps")
    weights = [job.run.folder / "model.safetensors" for job in first]
    times = [path.stat().st_mtime_ns for path in weights]
    edited = [composed(tmp_path, f"seed={seed}") for seed in (1, 2, 3)]
    half = edited[2]
    half.prepare()
    half.run.say("running", step=1)  # as a sweep that is killed leaves it
    capsys.readouterr()
    sweep.run(Listed(edited), forked, 2, tmp_path / "sweeps")
    assert capsys.readouterr().err.splitlines()[0] == "3 jobs: 2 finished before, 1 to train"
    assert [job.state for job in edited] == ["finished"] * 3
    assert [path.stat().st_mtime_ns for path in weights] == times


def test_t42_a_job_that_another_sweep_trains_is_waited_for_and_trained_once(toy: None, tmp_path: Path):
    theirs, ours = composed(tmp_path, "seed=1"), [composed(tmp_path, f"seed={seed}") for seed in (1, 2)]
    theirs.prepare()
    sweep.begin([theirs], forked)
    while not theirs.run.holder:
        assert not theirs.look(), "their training ended before ours looked"
    started: list[str] = []

    def start(runs: Sequence[Run]) -> list[Child]:
        started.extend(run.folder.name for run in runs)
        return forked(runs)

    sweep.run(Listed(ours), start, 1, tmp_path / "sweeps")
    assert [job.state for job in ours] == ["finished", "finished"]
    assert started == [ours[1].run.folder.name]


def test_t42_a_folder_that_another_process_has_just_begun_is_not_cleared(toy: None, tmp_path: Path, monkeypatch):
    job = composed(tmp_path, "seed=1")

    def slow_model(*told: Any) -> Any:
        """Another sweep is faster: it has begun the run by the time that our model is built."""
        monkeypatch.undo()
        composed(tmp_path, "seed=1").prepare()
        (folder,) = tmp_path.glob("convolution-*")
        (folder / "weights.csv").write_text("theirs")
        return build.model(*told)

    monkeypatch.setattr(build, "model", slow_model)
    job.prepare()
    assert (job.state, (job.run.folder / "weights.csv").read_text()) == ("waiting", "theirs")
