"""A forecast says what a sweep would cost, trains nothing and leaves nothing."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from sweeping import composed, forked

from zoo import child, compose, forecast, probe, process, sweep
from zoo.errors import ZooError
from zoo.job import Job
from zoo.probe import Cost
from zoo.run import Run
from zoo.training import Training

COST = Cost(
    before=10.0,
    first_pass=[2.0, 0.5],
    later=[1.0, 0.5],
    validation=3.0,
    after=7.0,
    per_epoch=4,
    memory=9,
    device_memory=0,
)


def test_each_kind_of_job_is_tried_once_and_nothing_is_left(toy: None, tmp_path: Path, monkeypatch, capsys):
    runs = tmp_path / "runs"
    words = [("seed=1",), ("seed=2", "stages.0.lr=0.5"), ("seed=1", "batch_size=16"), ("seed=1", "head=decision_tree")]
    jobs = [composed(runs, *each) for each in words]
    tried: list[Run] = []

    def start(runs: list[Run]) -> list[child.Child]:
        tried.extend(runs)
        return forked(runs, "zoo.probe")

    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    forecast.show(jobs, start, parallel=2)
    header, *rows, total = capsys.readouterr().out.splitlines()
    assert header.split() == ["seed", "stages.0.lr", "batch_size", "head", "time", "memory", "state", "reason"]
    assert len(tried) == 2, "a seed and a rate change no cost, the size of a batch does"
    assert [row.split()[-2].endswith(".") or "GB" in row for row in rows[:3]] == [True] * 3
    assert "skipped" in rows[3] and "learns fractions" in rows[3]
    assert total.startswith("in all: 3 trainings, 2 at a time: 0:0") and total.endswith(" GB of memory at most")
    assert not runs.exists() and not list((tmp_path / "cache").iterdir())


def test_the_time_of_a_training_is_that_of_its_steps_passes_beginning_and_end():
    assert COST.seconds([9, 2]) == 10 + (4 * 2.0 + 5 * 1.0 + 3 * 3.0) + (2 * 0.5 + 1 * 3.0) + 7
    assert COST.seconds([1, 1]) == 10 + (2.0 + 3.0) + (0.5 + 3.0) + 7


def test_longer_stages_are_forecast_from_the_same_probe(toy: None, tmp_path: Path):
    short, long = composed(tmp_path, "stages.0.epochs=1"), composed(tmp_path, "stages.0.epochs=3", "budget=2")
    assert forecast.kind(short) == forecast.kind(long)
    run = Run(tmp_path)
    (tmp_path / "cost.json").write_text(
        '{"before": 0, "first_pass": [1], "later": [1], "validation": 0, "after": 0, "per_epoch": 4, "memory": 5,'
        ' "device_memory": 0}'
    )
    probe = Job([], {}, None, run, "finished")
    assert [forecast.tried(job, probe).seconds for job in (short, long)] == [4, 24]


@pytest.mark.parametrize(("parallel", "end"), [(1, 10), (2, 7), (3, 5), (9, 4)])
def test_jobs_that_run_side_by_side_end_when_the_last_one_does(parallel: int, end: float):
    assert forecast.makespan([3, 1, 2, 4], parallel) == end


def test_memory_in_all_is_that_of_the_largest_jobs_that_may_meet():
    found = [forecast.Forecast(60, memory, device) for memory, device in ((10**9, 0), (3 * 10**9, 0), (2 * 10**9, 0))]
    assert forecast.in_all(found, 2) == "in all: 3 trainings, 2 at a time: 0:02:00, 5.00 GB of memory at most"
    found = [replace(one, device_memory=10**9) for one in found]
    assert forecast.in_all(found, 2).endswith("5.00 GB of memory at most, 2.00 GB on the device")


def test_a_forecast_of_nothing_is_refused_in_one_sentence(toy: None, tmp_path: Path, capsys):
    job = composed(tmp_path)
    job.prepare()
    job.run.say("finished")
    with pytest.raises(ZooError, match="^There is nothing to forecast: of 1 jobs, none is left to train.$") as caught:
        forecast.show([job], forked, 1)
    assert caught.value.exit_code == 2
    assert compose.run_hydra("train", ["forecast=true", f"runs={tmp_path / 'none'}"]) == 2
    said = "zoo train: forecast=true is for sweeps: add -m and what to sweep over, as in zoo train -m seed=0,1"
    assert capsys.readouterr().err == f"{said} forecast=true. [E-USAGE]\n"
    assert not (tmp_path / "none").exists()


def test_a_job_that_cannot_be_tried_is_named_and_the_others_are_forecast(toy: None, tmp_path: Path, capsys):
    words = ("architecture.crash=true", "dataset.size=[no,number]", "seed=1")
    jobs = [composed(tmp_path, word) for word in words]
    with pytest.raises(sweep.JobsFailed, match="2 of 3 jobs cannot be tried, first: this part crashes on purpose$"):
        forecast.show(jobs, lambda runs: forked(runs, "zoo.probe"), 1)
    assert [job.state for job in jobs] == ["failed", "failed", "waiting"]
    assert "TypeError" in jobs[1].reason, "what keeps a data set from being there is told of that job alone"
    assert capsys.readouterr().out.splitlines()[-1].startswith("in all: 1 trainings")


def test_a_forecast_in_which_no_job_can_be_tried_adds_nothing_up(toy: None, tmp_path: Path, capsys):
    with pytest.raises(sweep.JobsFailed, match="1 of 1 jobs cannot be tried"):
        forecast.show([composed(tmp_path, "dataset.size=[no,number]")], forked, 1)
    assert "in all" not in capsys.readouterr().out


def test_what_ends_a_probe_before_its_first_step_is_told_whole(toy: None, tmp_path: Path):
    job = composed(tmp_path, "dataset.poison=3", "failures.in_a_row=1")
    with pytest.raises(sweep.JobsFailed):
        forecast.show([job], lambda runs: forked(runs, "zoo.probe"), 1)
    assert job.reason == (
        "1 galaxies in a row cannot be used, up to blob-0003: the image is truncated: see whether all images are "
        "there, or raise failures.in_a_row."
    )


@pytest.mark.parametrize(
    ("batch_size", "long", "steps"), [(4, 60.0, 10), (4, 0.0, 3), (32, 60.0, 2)], ids=["quick", "slow", "few galaxies"]
)
def test_a_probe_takes_two_passes_of_five_steps_and_fewer_of_long_ones(
    toy: None, tmp_path: Path, monkeypatch, batch_size: int, long: float, steps: int
):
    monkeypatch.setattr(probe, "LONG", long)
    job = composed(tmp_path, f"batch_size={batch_size}")
    job.prepare()
    cost = probe.measured(job.run)
    assert job.run.status["step"] == steps
    assert (cost.later == cost.first_pass) == (long == 0.0), "without a second pass its steps cost what the first's do"
    assert cost.per_epoch == len(Training(job.run).rows) // batch_size, "of the whole training"
    assert min(cost.first_pass[0], cost.validation, cost.after) > 0


def test_the_system_knows_when_this_process_began_and_what_it_holds():
    assert process.began() < time.time() < process.began() + 86_400
    before = process.peak_memory()
    held = bytearray(200 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    assert before + 100 * 2**20 < process.peak_memory() or before > 2**30, "a peak that was higher before stays"
