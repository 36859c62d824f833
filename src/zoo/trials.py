"""The trials of a search as the jobs of a sweep: asked of Optuna one by one, and told to it at their end."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from zoo import lock
from zoo.errors import ZooError
from zoo.job import Job
from zoo.run import Run
from zoo.search import Goal, Search
from zoo.sweep import Source
from zoo.sweep_table import named

CODE = "E-STUDY"
NAME = "zoo"


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
        self.trials: dict[int, optuna.Trial] = {}
        self.seen: dict[int, int] = {}

    def take(self, free: int) -> list[Job]:
        """The jobs of the next trials; first those that an earlier sweep has begun."""
        taken: list[Job] = []
        while len(taken) < free and (self.begun or len(self.study.get_trials(deepcopy=False)) < self.total):
            trial = self.begun.pop(0) if self.begun else self.study.ask()
            job = self.composed(self.search.suggested(trial))
            self.trials[id(job)] = trial
            self.jobs.append(job)
            job.prepare()
            taken.append(job) if job.state == "waiting" else self.ended(job)
        return taken

    def goes_on(self, job: Job) -> None:
        """Report each pass over the data; stop the job where the median of the others was better by then."""
        trial, table = self.trials[id(job)], history(job)
        if not table.is_file() or table.stat().st_mtime_ns == self.seen.get(id(job)):
            return
        self.seen[id(job)] = table.stat().st_mtime_ns
        known = len(self.study.get_trials(deepcopy=False)[trial.number].intermediate_values)
        for number, value in enumerate(passes(table, self.goal.metric)[known:], known + 1):
            trial.report(value, number)
            if trial.should_prune():
                job.stop(f"{self.goal.metric} {value:.4g} after pass {number} is worse than the median of the others")

    def ended(self, job: Job) -> None:
        """Tell the study; a job that was stopped stays open, for the same command goes on with it."""
        trial = self.trials[id(job)]
        trial.set_user_attr("job", {"overrides": job.overrides, "state": job.state, "reason": job.reason})
        if job.run:
            trial.set_user_attr("run", str(job.run.folder))
        if job.state == "finished":
            value = reported(job.metrics, self.goal.metric)
            good = math.isfinite(value)
            self.study.tell(trial, value if good else None, state=None if good else TrialState.FAIL)
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


def passes(table: Path, metric: str) -> list[float]:
    """The metric after each pass so far. Raises ZooError for one that the training does not report."""
    with open(table, newline="") as file:
        return [reported(row, metric) for row in csv.DictReader(file)]


def reported(metrics: Mapping[str, str | float], metric: str) -> float:
    """The value of a metric. Raises ZooError where it is not among them."""
    if metric not in metrics:
        known = [name for name in metrics if "/" not in name and name not in ("step", "stage", "train_loss")]
        raise ZooError(
            f"hydra.sweeper.metric={metric} is not among what these trainings report: choose one of {', '.join(known)}."
        )
    return float(metrics[metric])


def past(trial: FrozenTrial) -> Job:
    """The job of a trial that an earlier command has brought to its end."""
    told, run = trial.user_attrs["job"], trial.user_attrs.get("run")
    return Job(told["overrides"], {}, None, Run(Path(run)) if run else None, told["state"], told["reason"])


def place(study: str | None, folder: Path, search: Search, goal: Goal) -> Path:
    """The file of a study: as asked, else beside the sweep's table under a name that the same command finds again."""
    told = [search.told, goal.metric, goal.direction]
    return Path(study) if study else folder / f"{named(sorted(search.keys), told)}.study"


@contextmanager
def opened(path: Path, search: Search, goal: Goal, seed: int, patience: int | None) -> Iterator[optuna.Study]:
    """The study in a file, begun or gone on with. patience: trials that finish before any is pruned, None for ever.

    Raises ZooError for the file of another search, for what is no study, and while another process works with it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    with held(path):
        study = begun(path, goal)
        refuse_other(path, study, search, goal)
        # With one seed for all commands, those that go on would try the first values again.
        study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.get_trials(deepcopy=False)))
        study.pruner = optuna.pruners.NopPruner() if patience is None else optuna.pruners.MedianPruner(patience)
        yield study


def begun(path: Path, goal: Goal) -> optuna.Study:
    """The study in a file, or a new one where the file is empty. Raises ZooError for what is no study."""
    new = path.stat().st_size == 0
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        if new:
            return optuna.create_study(study_name=NAME, storage=storage, direction=goal.direction)
        return optuna.load_study(study_name=NAME, storage=storage)
    except (ValueError, KeyError, TypeError) as error:
        raise ZooError(f"{path} is no study of Optuna: give another file as hydra.sweeper.study.", CODE) from error


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other processes from the same search; the kernel lets go when this one ends, however it ends."""
    with open(path, "ab") as file:
        try:
            lock.hold(file, path.parent, wait=False)
        except BlockingIOError as error:
            raise ZooError(f"{path} is in use by another search: wait for it, or stop it.", CODE) from error
        yield


def refuse_other(path: Path, study: optuna.Study, search: Search, goal: Goal) -> None:
    """Raise if a study was begun for other values, keys or another metric; note what a new one is for."""
    asked = {"search": search.told, "goal": [goal.metric, goal.direction]}
    known = study.user_attrs.get(NAME)
    if known is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(NAME, asked)
    elif known != asked:
        before = " ".join([*known["search"], "for", *known["goal"]]) if known else "something that zoo does not know"
        raise ZooError(
            f"{path} is the study of another search ({before}): leave hydra.sweeper.study out, or name a new file.",
            CODE,
        )


def sketch(search: Search, trials: int, seed: int) -> list[list[str]]:
    """So many trials as a search might choose them, for a forecast."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return [search.suggested(study.ask()) for _ in range(trials)]
