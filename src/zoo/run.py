"""A run folder: names and numbers of one training, never code."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from zoo import atomic, note, plain, schema, scores
from zoo.errors import ZooError

PATHS = frozenset({"root", "table", "images", "positions", "frames", "weights", "classes_table"})
"""Keys of parts that say where something lies; what lies there counts in a run's name by its content. `zoo.words` has
more keys: those whose values need quotes on the command line."""

NOT_IN_THE_NAME = frozenset(
    {"runs", "rerun", "forecast", "workers", "worker_timeout", "failures", "threads", "logger", "verbose"}
    | {"checkpoints", "keep_checkpoints", "progress"}
)
"""Keys that change where and how fast a training runs, never its weights."""

MACHINE = frozenset({"accelerator", "devices", "num_nodes", "strategy", "precision", "timeout", "restarts"})
"""Keys of the trainer of the same kind."""


ONCE = ("rerun", "forecast")
"""Keys of a command that the run does not remember."""

WEIGHTS, LOCK = "model.safetensors", ".lock"
"""The files of a finished run's last weights, and of the lock that its process holds."""

LOOKS = 5
"""How often a lock that is taken is looked at again before it counts as taken."""


class Busy(ZooError):
    """A run folder that another process works in."""

    code = "E-RUN-BUSY"

    def __init__(self, run: Run, holder: str):
        super().__init__(f"{run.folder} is in use by {holder}: wait for it, or stop it.")
        self.run, self.holder = run, holder


class Run:
    """One training, by its folder. `choices`: group → name, provider, version of a part; `config`: all values."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in an existing folder. Raises ZooError where there is none."""
        if not Path(folder).is_dir():
            raise ZooError(f"There is no run folder {folder}: `zoo runs` lists those there are.", "E-RUN-MISSING")
        if not (Path(folder) / "choices.yaml").is_file():
            raise ZooError(f"{folder} is no run folder: it has no choices.yaml; `zoo runs` lists those there are.")
        return cls(folder)

    @cached_property
    def choices(self) -> dict[str, dict[str, str]]:
        """Which part was chosen in each group."""
        return plain.read(self.folder / "choices.yaml")

    @cached_property
    def config(self) -> dict[str, Any]:
        """The values of everything, as plain Python."""
        return plain.read(self.folder / "config.yaml")

    @property
    def description(self) -> dict[str, Any]:
        """What `model.json` says beside the weights. Raises ZooError while the run is unfinished."""
        path = self.folder / "model.json"
        if not path.is_file():
            raise ZooError(f"{self.folder} has no finished model: repeat the `zoo train` command that began it.")
        return plain.read(path)

    @cached_property
    def schema(self) -> schema.Schema:
        """What the model's labels mean."""
        return schema.from_dict(self.description["schema"])

    @property
    def num_bands(self) -> int:
        """Bands of the images that the model takes."""
        return self.description["num_bands"]

    @property
    def status(self) -> dict[str, Any]:
        """How far it came: `state` is new, starting, running, stopped, finished, failed, skipped or pruned."""
        path = self.folder / "status.json"
        return plain.read(path) if path.is_file() else {"state": "new"}

    def say(self, state: str, **details: Any) -> None:
        """Write `status.json`."""
        atomic.write_json(self.folder / "status.json", {"state": state, **details})

    @property
    def metrics(self) -> dict[str, Any] | None:
        """What `metrics.json` holds, None while the run is unfinished."""
        path = self.folder / "metrics.json"
        return plain.read(path) if path.is_file() else None

    @property
    def numbers(self) -> dict[str, Mapping[str, Any]]:
        """What `metrics.json` says of each metric that is one number; nothing while the run is unfinished."""
        return scores.defined(self.metrics) if self.metrics else {}

    def tell(self, choices: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Write `choices.yaml` and `config.yaml`."""
        write_yaml(self.folder / "config.yaml", {key: value for key, value in config.items() if key not in ONCE})
        write_yaml(self.folder / "choices.yaml", choices)

    def clear(self) -> None:
        """Remove all that an earlier training left: its evaluations and pictures belong to other weights."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

    def write_history(self, history: Sequence[Mapping[str, Any]], weights: Sequence[Mapping[str, Any]] = ()) -> None:
        """Replace `metrics.csv`, a row per pass over the data, and `weights.csv`, a row per pass and parameter."""
        import pandas as pd

        tables = {"metrics.csv": history, "weights.csv": weights}
        for name, rows in tables.items():
            atomic.write_text(self.folder / name, pd.DataFrame(rows).to_csv(index=False))

    @property
    def finished(self) -> bool:
        """Whether the weights are final."""
        return self.status["state"] == "finished"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the kernel frees it when the process ends, however it ends.

        Where the file system knows no locks, the note in the lock file stands for one, as far as this machine sees.
        Raises Busy naming the process that holds it.
        """
        from zoo import lock

        with open(self.folder / LOCK, "a+") as file:
            if holder := lock.rival(file, self.folder, LOOKS):
                raise Busy(self, holder)
            file.truncate(0)
            file.write(lock.signature())
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)

    @property
    def holder(self) -> str:
        """The process that holds the folder, empty where there is none."""
        from zoo import lock

        with open(self.folder / LOCK, "a+") as file:
            return lock.rival(file, self.folder, looks=1)


def name(choices: Mapping[str, Mapping[str, str]], config: Mapping[str, Any], data: str) -> str:
    """The folder's name: the chosen parts, and a hash of all that changes the weights."""
    parts = [choices[group]["name"] for group in ("architecture", "head", "augmenter", "dataset")]
    return f"{'-'.join(parts)}-{identity(choices, config, data)[:8]}"


def identity(choices: Mapping[str, Mapping[str, str]], config: Mapping[str, Any], data: str) -> str:
    """A hash of parts by package and name, their values, seed, stages, batch size and data; of no path or machine."""
    chosen = {group: full_name(part) for group, part in deciding(choices).items()}
    text = json.dumps([chosen, essence(config), data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def full_name(choice: Mapping[str, str]) -> str:
    """A chosen part as `provider/name`: another package's part of the same name is another part."""
    return f"{choice['provider']}/{choice['name']}" if choice.get("provider") else choice["name"]


def deciding(choices: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """The parts that can change the weights."""
    return {group: part for group, part in choices.items() if group not in NOT_IN_THE_NAME}


def essence(config: Mapping[str, Any]) -> dict[str, Any]:
    """The values that change the weights. Files named by `weights` and `measurements` count by their content."""
    kept = {key: value for key, value in config.items() if key not in NOT_IN_THE_NAME}
    kept["weights"] = content(kept.get("weights"))
    kept["measurements"] = content(kept.get("measurements"))
    kept.pop("pseudo_labels", None)  # the data's own hash has them
    kept["trainer"] = {k: v for k, v in kept.get("trainer", {}).items() if k not in MACHINE}
    for group, values in kept.items():
        if isinstance(values, Mapping):
            kept[group] = {k: content(v) if k == "weights" else v for k, v in values.items() if keeps(k)}
    return kept


def without_seeds(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without its seed and those of its parts."""
    parts = {key: value for key, value in config.items() if key != "seed"}
    return {
        key: {k: v for k, v in value.items() if k != "seed"} if isinstance(value, Mapping) else value
        for key, value in parts.items()
    }


def keeps(key: str) -> bool:
    """Whether a part's key can change the weights."""
    return key == "weights" or key not in PATHS | NOT_IN_THE_NAME | {"cache", "credits", "download", "origin"}


def content(path: Any) -> Any:
    """The sha256 of a file, or of the weights in a run folder; what is no path stays what it is."""
    if not isinstance(path, str):
        return path
    file = Path(path) / WEIGHTS if Path(path).is_dir() else Path(path)
    return note.sha256(file) if file.is_file() else path


def difference(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> list[str]:
    """Where two tables of values differ, as `key old→new`."""
    found = []
    for key in sorted(old.keys() | new.keys(), key=str):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += difference(before, after, f"{at}{key}.")
        elif before != after:
            found.append(f"{at}{key} {before}→{after}")
    return found


def write_yaml(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a YAML file of plain values; keys keep their order."""
    atomic.write_text(path, yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True))


def found_in(folder: Path) -> list[Run]:
    """All runs directly below a folder, by name."""
    return [Run(path.parent) for path in sorted(folder.glob("*/choices.yaml"))]


def names_apart(runs: Sequence[Run]) -> list[str]:
    """The names of the runs' folders; their paths where two have the same name."""
    unique = len({one.folder.name for one in runs}) == len(runs)
    return [one.folder.name if unique else str(one.folder) for one in runs]


def relative(path: Path) -> Path:
    """A path as seen from where the command was typed, if it lies below."""
    inside = path.is_absolute() and path.is_relative_to(Path.cwd())
    return path.relative_to(Path.cwd()) if inside else path
