"""A search goes on where it stopped, stops what is worse than the median, and never takes another's study."""

import csv
import itertools
import json
import math
import os
import signal
from pathlib import Path

import pytest
from sweeping import composed, forked

from zoo import compose, search, study_file, sweep, sweep_table, trials
from zoo.child import Child
from zoo.errors import Stopped, ZooError
from zoo.job import Job
from zoo.search import Goal, Search

optuna = pytest.importorskip("optuna")
RATE, WIDTH = "stages.0.lr=tag(log,interval(1e-4,1e-1))", "architecture.width=range(2,7,2)"
GOAL = Goal("accuracy", "maximize")


def asked(*words: str) -> Search:
    """The search of these overrides."""
    return search.read(words or (RATE, WIDTH), None)


def source(study: optuna.Study, total: int, folder: Path, goal: Goal = GOAL) -> trials.Trials:
    """The trials of a study over the toy."""
    return trials.Trials(study, asked(), goal, total, "study", lambda words: composed(folder, *words))


def tuned(folder: Path, total: int, start: object = forked, **changed: object) -> list[optuna.trial.FrozenTrial]:
    """All trials after a search for so many."""
    with study_file.opened(folder / "zoo.study", asked(), GOAL, 0, changed.get("patience", 5)) as study:
        sweep.run(source(study, total, folder), start, 2, folder)
        return study.get_trials()


class Curves:
    """Trainings that write what real ones do, a row for each pass as the search looks; one curve for each job."""

    def __init__(self, *curves: list[float]):
        self.curves = iter(curves)

    def __call__(self, runs: list) -> list[Child]:
        return [self.begin(run, next(self.curves)) for run in runs]

    def begin(self, run, curve: list[float]) -> Child:
        """One of them: it says how far it is whenever it is asked whether it has ended."""
        told, stopped, times = iter(range(1, len(curve) + 1)), [], itertools.count(1)

        def answer() -> int | None:
            if stopped:
                run.say("stopped", reason="asked to")
                return 75
            if (number := next(told, None)) is None:
                last = None if math.isnan(curve[-1]) else curve[-1]
                (run.folder / "metrics.json").write_text(json.dumps({"metrics": {"accuracy": {"value": last}}}))
                run.say("finished", step=len(curve))
                return 0
            run.say("running", step=number)
            table = run.folder / "metrics.csv"
            cells = ["" if math.isnan(value) else value for value in curve[:number]]
            table.write_text("step,accuracy\n" + "".join(f"{k},{cell}\n" for k, cell in enumerate(cells, 1)))
            os.utime(table, ns=(next(times), next(times)))
            return None

        return Child(answer, lambda: stopped.append(True), lambda: stopped.append(True))


def test_a_search_trains_tells_its_best_and_goes_on_with_other_values(toy: None, tmp_path: Path, capsys):
    (first,) = tuned(tmp_path, 1)
    assert first.state.name == "COMPLETE"
    assert f"(accuracy {first.value:.4g})" in capsys.readouterr().out.splitlines()[-2]
    more = tuned(tmp_path, 3, start=Curves([0.98], [0.99]))
    table = (tmp_path / "study.csv").read_text().splitlines()
    assert len(more) == 3 and len(table) == 1 + 3, "earlier trials stand in the table too"
    assert len({trial.params["stages.0.lr"] for trial in more}) == 3, "no command begins with the same values"
    assert "best of 3 finished trials: stages.0.lr=" in capsys.readouterr().out
    assert len(tuned(tmp_path, 3, start=Curves())) == 3, "nothing is left to try"


def test_a_trial_that_is_worse_than_the_median_is_stopped_and_says_so(toy: None, tmp_path: Path):
    good, bad = [0.7, 0.8, 0.9], [0.1, 0.1, 0.1]
    with study_file.opened(tmp_path / "zoo.study", asked(), GOAL, 0, 2) as study:
        jobs = source(study, 4, tmp_path)
        sweep.run(jobs, Curves(good, good, bad, good), 1, tmp_path)
        states = [trial.state.name for trial in study.get_trials()]
    assert states == ["COMPLETE", "COMPLETE", "PRUNED", "COMPLETE"]
    pruned = jobs.jobs[2]
    assert pruned.reason == "accuracy 0.1 after pass 1 is worse than the median of the others"
    assert pruned.run.status == {"state": "pruned", "reason": pruned.reason}


def test_a_metric_that_only_the_passes_have_is_that_of_the_last_one(toy: None, tmp_path: Path):
    goal = search.goal("validation_loss", None, composed(tmp_path))
    with study_file.opened(tmp_path / "zoo.study", asked(), goal, 0, 5) as study:
        jobs = source(study, 1, tmp_path, goal)
        sweep.run(jobs, forked, 1, tmp_path)
        (trial,) = study.get_trials()
    with open(jobs.jobs[0].run.folder / "metrics.csv", newline="") as file:
        *_, last = csv.DictReader(file)
    assert (goal.direction, trial.state.name) == ("minimize", "COMPLETE")
    assert trial.value == float(last["validation_loss"])


def test_a_trial_whose_metric_is_undefined_has_failed_and_the_search_goes_on(toy: None, tmp_path: Path):
    curves = Curves([0.7, 0.8], [math.nan, 0.9, math.nan], [math.nan, 0.9])
    with study_file.opened(tmp_path / "zoo.study", asked(), GOAL, 0, 1) as study:
        jobs = source(study, 3, tmp_path)
        sweep.run(jobs, curves, 1, tmp_path)
        states = [trial.state.name for trial in study.get_trials()]
    assert states == ["COMPLETE", "FAIL", "COMPLETE"], "a pass without a number is no reason to stop"
    assert jobs.jobs[1].reason == "accuracy is undefined for its validation galaxies"


def test_pruning_can_be_left_out(toy: None, tmp_path: Path):
    curves = Curves([0.7, 0.8], [0.7, 0.8], [0.1, 0.1])
    assert [trial.state.name for trial in tuned(tmp_path, 3, curves, patience=None)] == ["COMPLETE"] * 3


def test_trials_of_a_search_that_was_stopped_are_taken_up_again(toy: None, tmp_path: Path):
    def stopping(runs: list) -> list[Child]:
        os.kill(os.getpid(), signal.SIGTERM)
        return Curves([0.5] * 9, [0.5] * 9)(runs)

    with pytest.raises(Stopped):
        tuned(tmp_path, 2, start=stopping)
    folders = {path.parent for path in tmp_path.glob("*/status.json")}
    done = tuned(tmp_path, 2, start=Curves([0.5], [0.6]))
    assert [trial.state.name for trial in done] == ["COMPLETE"] * 2
    assert folders == {path.parent for path in tmp_path.glob("*/status.json")}, "the same values, the same runs"


def test_a_job_that_fails_or_cannot_work_is_told_so_and_not_tried_again(toy: None, tmp_path: Path):
    words = ("architecture.crash=choice(true)", "stages.0.lr=interval(0.1,0.2)")
    with study_file.opened(tmp_path / "zoo.study", asked(*words), GOAL, 0, None) as study:
        jobs = trials.Trials(study, asked(*words), GOAL, 2, "study", lambda each: composed(tmp_path, *each))
        with pytest.raises(sweep.JobsFailed, match="2 of 2 jobs failed"):
            sweep.run(jobs, forked, 2, tmp_path)
        again = trials.Trials(study, asked(*words), GOAL, 2, "study", lambda each: composed(tmp_path, *each))
    assert [job.state for job in again.jobs] == ["failed", "failed"] and again.take(2) == []


def test_the_study_of_another_search_is_refused_and_stays_as_it_is(tmp_path: Path):
    path = tmp_path / "zoo.study"
    with study_file.opened(path, asked(), GOAL, 0, 5):
        pass
    before = path.read_bytes()
    for other, goal in ((asked(RATE), GOAL), (asked(), Goal("rmse", "minimize"))):
        with pytest.raises(ZooError, match="is the study of another search .*for accuracy maximize") as caught:
            study_file.opened(path, other, goal, 0, 5).__enter__()
        assert (caught.value.exit_code, caught.value.code) == (2, "E-STUDY")
    assert path.read_bytes() == before
    path.write_text("no journal\nat all\n")
    with pytest.raises(ZooError, match="is no study of Optuna: give another file as hydra.sweeper.study"):
        study_file.opened(path, asked(), GOAL, 0, 5).__enter__()


def test_t42_two_searches_do_not_share_a_study(tmp_path: Path):
    with study_file.held(tmp_path / "zoo.study"), pytest.raises(ZooError, match="in use by another search"):
        study_file.held(tmp_path / "zoo.study").__enter__()


def test_the_same_command_has_the_same_study_whatever_its_number_of_trials(tmp_path: Path):
    place = study_file.place(None, tmp_path, asked(RATE, "seed=1", WIDTH), GOAL)
    assert place == study_file.place(None, tmp_path, asked(WIDTH, "seed=1", RATE), GOAL)
    assert place.name.startswith("width-lr-") and place.suffix == ".study"
    assert place != study_file.place(None, tmp_path, asked(RATE, "seed=2", WIDTH), GOAL)
    assert place != study_file.place(None, tmp_path, asked(RATE, "seed=1", WIDTH), Goal("f1", "maximize"))


def test_a_metric_that_no_training_reports_is_refused_with_those_that_there_are(toy: None, tmp_path: Path):
    goal = Goal("exactness", "maximize")
    said = "metric=exactness is not among .*: choose one of accuracy"
    with (
        study_file.opened(tmp_path / "zoo.study", asked(), goal, 0, 5) as study,
        pytest.raises(ZooError, match=said) as caught,
    ):
        sweep.run(source(study, 2, tmp_path, goal), Curves([0.5, 0.6], [0.5, 0.6]), 1, tmp_path)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("a=interval(1,2)", lambda v: 1 <= float(v) <= 2),
        ("a=int(interval(3,5))", lambda v: v in "345"),
        ("a=tag(log,int(interval(1,1000)))", lambda v: 1 <= int(v) <= 1000),
        ("a=range(1,4)", lambda v: v in "123"),
        ("a=range(0,1,0.25)", lambda v: float(v) in (0, 0.25, 0.5, 0.75)),
        ("a=choice(x,y)", lambda v: v in "xy"),
        ("a=x,'y z'", lambda v: v in ("x", "'y z'")),
    ],
)
def test_every_way_to_give_several_values_is_searched_within_its_bounds(word: str, values):
    found = [one[0] for one in trials.sketch(asked(word), 20, seed=1)]
    assert all(one.startswith("a=") and values(one[2:]) for one in found) and len(set(found)) > 1
    assert all(values(each[0][2:]) for each in asked(word).samples())


def test_each_value_of_a_choice_is_in_a_sample_of_the_trials():
    found = asked("seed=1", "a=choice(x,y,z)", "b=range(1,9)", "c=p,q").samples()
    assert found == [["seed=1", f"a={a}", "b=1", f"c={c}"] for a, c in (("x", "p"), ("y", "p"), ("z", "p"), ("x", "q"))]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seed=1"], "has nothing to search: give a key several values"),
        (["a=interval(2,1)"], r"a=interval\(2,1\) holds no value to try: give the lower end first"),
        (["a=range(3,3)"], "holds no value to try"),
        (["a=tag(log,interval(0,1))"], "searched by its logarithm: its lower end has to be above 0"),
    ],
)
def test_a_search_of_nothing_is_refused(words: list[str], said: str):
    with pytest.raises(ZooError, match=said):
        asked(*words)


def test_the_direction_follows_from_the_metrics_name_or_is_asked_for(toy: None, tmp_path: Path):
    job = composed(tmp_path)
    assert search.goal(None, None, job) == Goal("accuracy", "maximize"), "the toy's labels are classes"
    assert search.goal("rmse/smooth", None, job).direction == "minimize"
    assert search.goal("own", "maximize", job).direction == "maximize"
    with pytest.raises(ZooError, match="its name does not say: give hydra.sweeper.direction=minimize or maximize"):
        search.goal("own", None, job)
    with pytest.raises(ZooError, match="'up' is neither minimize nor maximize"):
        search.goal("own", "up", job)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hydra.sweeper.trials=0"], "hydra.sweeper.trials=0 asks for no trial: give 1 or more."),
        (["hydra/launcher=basic"], "cannot work with hydra/launcher=basic: take processes, submitit_slurm"),
        (["architecture=choice(convolution,reznet)"], "No installed package has architecture=reznet"),
    ],
)
def test_the_command_refuses_with_one_sentence_and_exit_code_2(toy: None, tmp_path: Path, words, said: str, capsys):
    told = ["-m", "hydra/sweeper=tune", "seed=range(3)", f"runs={tmp_path / 'runs'}", *words]
    assert compose.run_hydra("train", told) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_without_optuna_the_extra_is_named(toy: None, tmp_path: Path, monkeypatch, capsys):
    from zoo import sweeper

    find = sweeper.importlib.util.find_spec
    monkeypatch.setattr(sweeper.importlib.util, "find_spec", lambda name: None if name == "optuna" else find(name))
    assert compose.run_hydra("train", ["-m", "hydra/sweeper=tune", "seed=1,2", f"runs={tmp_path / 'runs'}"]) == 2
    said = 'zoo train: hydra/sweeper=tune needs Optuna: pip install "galaxy-model-zoo[tune]". [E-EXTRA]\n'
    assert capsys.readouterr().err == said


def test_an_interval_without_a_search_names_the_way(toy: None, tmp_path: Path, capsys):
    assert compose.run_hydra("train", ["-m", RATE, f"runs={tmp_path / 'runs'}"]) == 2
    assert "add hydra/sweeper=tune" in capsys.readouterr().err


def test_the_table_has_the_keys_that_are_searched_from_the_first_trial_on():
    jobs = [Job(["seed=1", "stages.0.lr=0.1"], {}, None)]
    assert sweep_table.swept(jobs) == [], "one job differs from no other"
    assert asked().keys == ["stages.0.lr", "architecture.width"]
