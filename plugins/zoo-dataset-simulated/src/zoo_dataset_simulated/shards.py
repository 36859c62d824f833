"""Rendered galaxies on disk: memory-mapped shards, each beside a small file with its hash."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from zoo import atomic, progress
from zoo.dataset import Problem

GALAXIES_PER_SHARD = 250


class Shards:
    """Galaxies 0, 1, … of one survey. A shard is written whole or not at all, whatever the number of galaxies wanted."""

    def __init__(self, folder: Path, seed: int):
        self.folder, self.seed = folder, seed
        self._open: dict[int, np.ndarray] = {}

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_open": {}}

    def path(self, shard: int) -> Path:
        """The file of a shard."""
        return self.folder / f"{shard:06d}.npy"

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "height width band"]:
        """The picture of one galaxy, a copy; its shard is opened when first needed."""
        shard, row = divmod(index, GALAXIES_PER_SHARD)
        if shard not in self._open:
            self._open[shard] = np.load(self.path(shard), mmap_mode="r", allow_pickle=False)
        return np.array(self._open[shard][row])

    def needed(self, size: int) -> range:
        """The shards that hold the first `size` galaxies."""
        return range(-(-size // GALAXIES_PER_SHARD))

    def prepare(self, size: int, workers: int) -> None:
        """Render what is missing or has the wrong length, in processes of one thread each."""
        atomic.sweep(self.folder)
        damaged = [shard for shard in self.needed(size) if self.problem(shard, quick=True)]
        if not damaged:
            return
        self._open.clear()
        context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
        with ProcessPoolExecutor(min(workers, len(damaged)), mp_context=context) as pool:
            jobs = [pool.submit(write_shard, self.path(shard), self.seed, shard) for shard in damaged]
            for job in progress.track(as_completed(jobs), "rendering galaxies", total=len(jobs)):
                job.result()

    def problem(self, shard: int, quick: bool) -> str | None:
        """What is wrong with a shard: `quick` compares its length with what was written, else its hash."""
        path, note = self.path(shard), self.path(shard).with_suffix(".json")
        if not path.exists() or not note.exists():
            return f"{path} is missing: run zoo data prepare to render it."
        written = json.loads(note.read_text())
        if path.stat().st_size != written["bytes"]:
            return f"{path} has {path.stat().st_size} bytes instead of {written['bytes']}: run zoo data prepare to render it again."
        if not quick and digest(path) != written["sha256"]:
            return f"{path} is damaged (its SHA-256 differs from the one written beside it): delete it and run zoo data prepare."
        return None

    def verify(self, size: int, quick: bool) -> Iterator[Problem]:
        """One problem for each missing or damaged shard."""
        for shard in self.needed(size):
            if what := self.problem(shard, quick):
                yield Problem("", what)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_shard(path: Path, seed: int, shard: int) -> None:
    """Render one shard, and write it and the note beside it."""
    from zoo_dataset_simulated.render import render

    first = shard * GALAXIES_PER_SHARD
    pictures = np.stack([render(seed, index) for index in range(first, first + GALAXIES_PER_SHARD)])
    with atomic.replacing(path) as file:
        np.save(file, pictures, allow_pickle=False)
    atomic.write_json(path.with_suffix(".json"), {"bytes": path.stat().st_size, "sha256": digest(path)})
