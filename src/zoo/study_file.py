"""The file of a search's study: where Optuna remembers all trials, for one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from zoo import lock
from zoo.errors import ZooError
from zoo.search import Goal, Search
from zoo.sweep_table import file_name

CODE = "E-STUDY"
NAME = "zoo"


def place(study: str | None, folder: Path, search: Search, goal: Goal) -> Path:
    """The file of a study: as asked, else beside the sweep's table under a name that the same command finds again."""
    told = [search.told, goal.metric, goal.direction]
    return Path(study) if study else folder / f"{file_name(sorted(search.keys), told)}.study"


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
