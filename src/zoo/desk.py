"""What a worker does for those who wait for it: it notes what it reads, and hands on its errors instead of dying."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

from torch import Tensor
from torch.utils.data import get_worker_info

from zoo.errors import ZooError

IDLE = -1
"""Stands for a row while a worker reads none."""


class Broken(NamedTuple):
    """What a worker sends in place of a batch: the error, or its words and trace, and the row that it was reading.

    row: None where it was putting a batch together.
    """

    row: int | None
    error: ZooError | None
    words: str
    trace: str


class Desk:
    """What each worker is reading: its process and its row, in memory that the training shares with them."""

    def __init__(self, workers: int, context: BaseContext):
        self._noted = context.RawArray("q", [0, IDLE] * workers)

    def note(self, row: int) -> None:
        """Say, in a worker, which row it turns to."""
        place = 2 * get_worker_info().id
        self._noted[place : place + 2] = [os.getpid(), row]

    def rows(self) -> dict[int, int]:
        """The rows being read, by process."""
        noted = list(self._noted)
        return {process: row for process, row in zip(noted[::2], noted[1::2], strict=True) if row != IDLE}


class Rows:
    """The rows of a reader, in a worker: each is noted on the desk, and an error is handed on as a value."""

    def __init__(self, reader: Any, desk: Desk):
        self.reader, self.desk = reader, desk

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, row: int) -> Any:
        self.desk.note(row)
        try:
            return self.reader[row]
        except Exception as error:
            return broken(row, error)


class Packed:
    """Batches from a worker: moved into shared memory here, for torch would do it where nobody hears of a failure."""

    def __init__(self, collate: Callable[[Sequence[Any]], Any], desk: Desk):
        self.collate, self.desk = collate, desk

    def __call__(self, samples: Sequence[Any]) -> Any:
        failed = next((one for one in samples if isinstance(one, Broken)), None)
        try:
            batch = failed or shared(self.collate(samples))
        except Exception as error:
            batch = broken(None, error)
        self.desk.note(IDLE)
        return batch


def broken(row: int | None, error: Exception) -> Broken:
    """An error on its way out of a worker; others than zoo's may not be fit to travel, their words are."""
    words = f"{type(error).__name__}: {error}"
    return Broken(row, error if isinstance(error, ZooError) else None, words, traceback.format_exc())


def shared(batch: Any) -> Any:
    """A batch whose tensors lie in shared memory."""
    for value in batch:
        if isinstance(value, Tensor):
            value.share_memory_()
    return batch
