"""`zoo embed`: the features of galaxies, which the last layer of a trained model tells them apart by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.embedder import Embedder
from zoo.predictor import Worker
from zoo.verbs.predict import Task, task_of, written

if TYPE_CHECKING:
    from omegaconf import DictConfig


def main(cfg: DictConfig) -> str:
    """Write the features as a catalogue, or go on with it; prints its folder.

    Raises TooManyFailedRows where it is finished with more failed rows than `failures.limit` allows.
    """
    task = asked(cfg)
    return written(cfg, task, Path(cfg.out) if cfg.out else home(task), of(task))


def asked(cfg: DictConfig) -> Task:
    """The task of a command line that is about features."""
    return task_of(cfg, contents="features")


def of(task: Task) -> Callable[[Worker], Embedder]:
    """What makes an embedder of the task's galaxies from its model."""
    return lambda worker: Embedder(worker, task.dataset.schema)


def home(task: Task) -> Path:
    """Where features lie that nobody gave a folder: in that of the run, by data set, split and a hash of all inputs."""
    digest = hashlib.sha256(json.dumps(task.inputs, sort_keys=True).encode()).hexdigest()[:8]
    split = "+".join(task.config["split"]) if isinstance(task.config["split"], list) else task.config["split"]
    return task.run.folder / "embeddings" / f"{task.inputs['dataset']['name']}-{split}-{digest}"
