"""The trials of a search as the jobs of a sweep: asked of Optuna one by one, and told to it at their end."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import optuna
from optuna.trial import FrozenTrial, TrialState

from zoo import scores
from zoo.errors import ZooError
from zoo.job import Job
from zoo.run import Run
from zoo.search import Goal, Search
from zoo.sweep import Source


class Trials(Source):
    """A source of jobs that asks a study for the next one, and stops those that are worse than the median.

    total: trials in all, those of earlier commands included; composed: makes a job of overrides.
    """

    def __init__(
        self,
        study: optuna.Study,
        search: Search,
        goal: Goal,
        total: int,
        name: str,
        composed: Callable[[Sequence[str]], Job],
    ):
        self.study, self.search, self.goal, self.composed = study, search, goal, composed
        self.name, self.keys = name, search.keys
        told = study.get_trials(deepcopy=False)
        self.jobs = [past(trial) for trial in told if trial.state.is_finished()]
        self.total = max(total, len(told))
        self.begun = [optuna.Trial(study, trial._trial_id) for trial in told if not trial.state.is_finished()]
        self.trials: dict[Job, optuna.Trial] = {}
        self.seen: dict[Job, int] = {}

    def take(self, free: int) -> list[Job]:
        """The jobs of the next trials; first those that an earlier sweep has begun."""
        taken: list[Job] = []
        while len(taken) < free and (self.begun or len(self.study.get_trials(deepcopy=False)) < self.total):
            trial = self.begun.pop(0) if self.begun else self.study.ask()
            job = self.composed(self.search.suggested(trial))
            self.trials[job] = trial
            self.jobs.append(job)
            job.prepare()
            taken.append(job) if job.state == "waiting" else self.ended(job)
        return taken

    def goes_on(self, job: Job) -> None:
        """Report each pass over the data; stop the job where the median of the others was better by then."""
        trial, table = self.trials[job], history(job)
        if not table.is_file() or table.stat().st_mtime_ns == self.seen.get(job):
            return
        self.seen[job] = table.stat().st_mtime_ns
        known = len(self.study.get_trials(deepcopy=False)[trial.number].intermediate_values)
        for number, value in enumerate(passes(table, self.goal.metric)[known:], known + 1):
            trial.report(value, number)
            if math.isfinite(value) and trial.should_prune():
                job.stop(f"{self.goal.metric} {value:.4g} after pass {number} is worse than the median of the others")

    def ended(self, job: Job) -> None:
        """Tell the study; a job that was stopped stays open, for the same command goes on with it."""
        trial = self.trials[job]
        value = result(job, self.goal.metric) if job.state == "finished" else math.nan
        if job.state == "finished" and not math.isfinite(value):
            job.reason = f"{self.goal.metric} is undefined for its validation galaxies"
        trial.set_user_attr("job", {"overrides": job.overrides, "state": job.state, "reason": job.why})
        if job.run:
            trial.set_user_attr("run", str(job.run.folder))
        if math.isfinite(value):
            self.study.tell(trial, value)
        elif job.state != "stopped":
            self.study.tell(trial, state=TrialState.PRUNED if job.state == "pruned" else TrialState.FAIL)

    def summary(self) -> str:
        """The best trial so far."""
        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if not done:
            return ""
        best = self.study.best_trial
        chosen = [word for word in best.user_attrs["job"]["overrides"] if word.partition("=")[0] in self.keys]
        return f"best of {len(done)} finished trials: {' '.join(chosen)} ({self.goal.metric} {best.value:.4g})"


def history(job: Job) -> Path:
    """The table in which a training writes a row for each pass over the data."""
    assert job.run
    return job.run.folder / "metrics.csv"


def result(job: Job, metric: str) -> float:
    """The metric of a finished job: of its last weights, else after its last pass, which alone has the losses.

    Not a number where it is undefined. Raises ZooError for one that the training does not report.
    """
    assert job.run
    final = scores.single(job.run.metrics or {})
    if metric in final:
        value = final[metric]["value"]
        return math.nan if value is None else float(value)
    table = history(job)
    rows = passes(table, metric) if table.is_file() else []
    if not rows:
        refuse(metric, final)
    return rows[-1]


def passes(table: Path, metric: str) -> list[float]:
    """The metric after each pass so far, not a number where it is undefined.

    Raises ZooError for one that the training does not report.
    """
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and metric not in rows[0]:
        refuse(metric, rows[0])
    return [float(row[metric] or "nan") for row in rows]


def refuse(metric: str, known: Iterable[str]) -> NoReturn:
    """Raise ZooError for a metric that is not among those known."""
    ours = [name for name in known if "/" not in name and name not in ("step", "stage", "train_loss")]
    raise ZooError(
        f"hydra.sweeper.metric={metric} is not among what these trainings report: choose one of {', '.join(ours)}."
    )


def past(trial: FrozenTrial) -> Job:
    """The job of a trial that an earlier command has brought to its end."""
    told, run = trial.user_attrs["job"], trial.user_attrs.get("run")
    return Job(told["overrides"], {}, None, Run(Path(run)) if run else None, told["state"], told["reason"])


def sketch(search: Search, trials: int, seed: int) -> list[list[str]]:
    """So many trials as a search might choose them, for a forecast."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return [search.suggested(study.ask()) for _ in range(trials)]
