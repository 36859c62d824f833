"""The rendered galaxies of a survey on disk: memory-mapped shards, which galaxies of any number share."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from zoo import atomic, progress
from zoo.dataset import Problem
from zoo.errors import MissingImage
from zoo.worker import end_with_parent
from zoo_dataset_simulated.shard import GALAXIES, fault, write_shard


class Shards:
    """Galaxies 0, 1, … of the survey with this seed. A larger number of galaxies reuses the shards of a smaller one.

    Shards are opened when first read, so the object is cheap to send to other processes.
    """

    def __init__(self, folder: Path, seed: int):
        self.folder, self.seed = folder, seed
        self._open: dict[int, np.ndarray] = {}

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_open": {}}

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "height width colour"]:
        """A copy of the picture of one galaxy. Raises MissingImage before `prepare`."""
        number, row = divmod(index, GALAXIES)
        if number not in self._open:
            if not self.path(number).exists():
                raise MissingImage(
                    f"Galaxy {index} has not been rendered: run zoo data prepare dataset=simulated first."
                )
            self._open[number] = np.load(self.path(number), mmap_mode="r", allow_pickle=False)
        return np.array(self._open[number][row])

    def path(self, number: int) -> Path:
        """The file of a shard."""
        return self.folder / f"{number:06d}.npy"

    def needed(self, size: int) -> range:
        """The shards that hold the first `size` galaxies."""
        return range(-(-size // GALAXIES))

    def prepare(self, size: int, workers: int) -> None:
        """Render the shards that are missing or damaged; several workers are processes of one thread each."""
        atomic.sweep(self.folder)
        wanted = [number for number in self.needed(size) if fault(self.path(number), quick=True)]
        if not wanted:
            return
        self._open.clear()
        jobs = [(self.path(number), self.seed, number) for number in wanted]
        for _ in progress.track(written(jobs, workers), "rendering galaxies (shards of 50)", total=len(jobs)):
            pass

    def verify(self, size: int, quick: bool) -> Iterator[Problem]:
        """One problem for each missing or damaged shard."""
        for number in self.needed(size):
            if what := fault(self.path(number), quick):
                yield Problem("", what)


def written(jobs: list[tuple[Path, int, int]], workers: int) -> Iterator[None]:
    """Write shards, and yield after each; a single worker needs no second process."""
    if min(workers, len(jobs)) == 1:
        for job in jobs:
            yield write_shard(*job)
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of torch
    with ProcessPoolExecutor(min(workers, len(jobs)), context, initializer=end_with_parent) as pool:
        for future in as_completed([pool.submit(write_shard, *job) for job in jobs]):
            yield future.result()
