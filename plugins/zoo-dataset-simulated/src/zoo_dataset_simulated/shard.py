"""One file of rendered galaxies, and the note beside it that tells whether it is still what was written.

Nothing here reaches torch: worker processes import this module.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from zoo import atomic

GALAXIES = 50
"""Galaxies in a shard: about two seconds of work, which is what an interruption costs."""


def write_shard(path: Path, seed: int, number: int) -> None:
    """Render shard `number` of a survey. The file appears whole or not at all, and its note after it."""
    from zoo_dataset_simulated.render import render

    pictures = np.stack([render(seed, index) for index in range(number * GALAXIES, (number + 1) * GALAXIES)])
    with atomic.replacing(path) as file:
        np.save(file, pictures, allow_pickle=False)
    state = path.stat()
    note = {"bytes": state.st_size, "modified_ns": state.st_mtime_ns, "sha256": sha256(path)}
    atomic.write_json(path.with_suffix(".json"), note)


def fault(path: Path, quick: bool = False) -> str | None:
    """What is wrong with a shard, as a sentence, or None.

    `quick` trusts a file that has the length and the time at which it was written; any other is read and hashed.
    """
    note = path.with_suffix(".json")
    if not path.exists() or not note.exists():
        return f"{path} is missing: zoo data prepare renders it."
    try:
        written = json.loads(note.read_text())
        length, modified, digest = written["bytes"], written["modified_ns"], written["sha256"]
    except (ValueError, KeyError, TypeError):
        return f"{note} is not the note that was written beside a shard: delete it, and prepare the dataset again."
    state = path.stat()
    if state.st_size != length:
        return f"{path} has {state.st_size} bytes instead of {length}: zoo data prepare renders it again."
    if (not quick or state.st_mtime_ns != modified) and sha256(path) != digest:
        return (
            f"{path} was changed after it was written (its SHA-256 differs): delete it, and prepare the dataset again."
        )
    return None


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
