"""Batches that worker processes read ahead; when a worker fails, a sentence says how, and at which galaxy."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from threading import Event, Thread
from typing import Any

from torch.utils.data import DataLoader

from zoo.dataset import Dataset
from zoo.desk import Broken, Desk
from zoo.errors import WorkerFailed, ZooError

POLL = 1.0
"""Seconds between two looks at whether the workers live."""

GRACE = 10.0
"""Seconds until the end of a worker is known here, once torch has met it."""

LIKELY = {
    "SIGKILL": "as the kernel does when memory runs out: take fewer workers",
    "SIGBUS": "as happens when shared memory (/dev/shm) is full: take fewer workers or a smaller batch_size",
}
"""Why a signal ends a worker, and what helps."""

HINT = "; workers=0 reads in the process itself. Repeat the command to go on."


class Reading:
    """The batches of a DataLoader with workers. timeout: seconds to wait for one of them, the workers' start included.

    Raises WorkerFailed when a worker dies, raises or is silent, and the ZooError that a worker met.
    """

    def __init__(self, loader: DataLoader, dataset: Dataset, desk: Desk, timeout: float):
        self.loader, self.dataset, self.desk, self.timeout = loader, dataset, desk, timeout

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        others = {*multiprocessing.active_children()}
        batches = iter(self.loader)
        workers = [one for one in multiprocessing.active_children() if one not in others]
        try:
            while (batch := self._awaited(batches, workers)) is not None:
                if isinstance(batch, Broken):
                    raise self._told(batch)
                yield batch
        finally:
            for worker in workers:
                worker.kill()  # those that are left; SIGTERM would wait for one that is stopped
                worker.join()

    def _awaited(self, batches: Iterator[Any], workers: Sequence[BaseProcess]) -> Any:
        """The next batch, None behind the last one. torch gives up after each `POLL`, and can be asked again."""
        looks = max(1, round(self.timeout / POLL))
        with ended_after(looks + 2, workers) as late:
            for _ in range(looks):
                try:
                    return next(batches, None)
                except (RuntimeError, OSError, EOFError) as error:  # the latter where batches were on their way
                    if late.is_set():
                        break
                    silent = "timed out" in str(error)
                    if ended := wait([worker.sentinel for worker in workers], 0 if silent else GRACE):
                        raise self._ended(next(one for one in workers if one.sentinel in ended)) from error
                    if not silent:
                        raise
        raise self._silent()

    def _silent(self) -> WorkerFailed:
        """What is said of workers that deliver nothing."""
        at = ", ".join(map(self._galaxy, self.desk.rows().values()))
        where = (
            f"while they read {at}: look at these files and at the disk they lie on"
            if at
            else "and read no image: take fewer workers"
        )
        return WorkerFailed(
            f"The workers delivered nothing for worker_timeout={self.timeout:g} seconds, {where}, or allow more "
            f"time{HINT}"
        )

    def _ended(self, worker: BaseProcess) -> WorkerFailed:
        """What is said of a dead worker."""
        worker.join()
        code = worker.exitcode or 0
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        row = self.desk.rows().get(worker.pid or 0)
        where = "while it read no image" if row is None else f"while it read {self._galaxy(row)}"
        likely = LIKELY.get(name, "perhaps by the library that decodes images: look at that file")
        return WorkerFailed(f"A worker that reads images was ended by {name} {where}, {likely}{HINT}")

    def _told(self, failed: Broken) -> ZooError:
        """What is said of an error that a worker met."""
        if failed.error is not None:
            return failed.error
        full = "shared memory" in failed.words or "No space left" in failed.words
        what = f" ({LIKELY['SIGBUS']})" if full else ""
        doing = "put a batch together" if failed.row is None else f"read {self._galaxy(failed.row)}"
        told = WorkerFailed(f"A worker that {doing} ended with {failed.words}{what}{HINT}")
        told.__cause__ = RuntimeError(failed.trace)
        return told

    def _galaxy(self, row: int) -> str:
        """A galaxy by its id, its row, and its file where that is known."""
        place = self.dataset.place(row)
        return f"galaxy {self.dataset.table['object_id'].iat[row]} (row {row}{place and ', '}{place})"


@contextmanager
def ended_after(looks: int, workers: Sequence[BaseProcess]) -> Iterator[Event]:
    """Kill the workers after so many looks, each `POLL` seconds apart, and set the event.

    torch waits without end for a worker that is stopped with a batch on its way, since the memory of that batch is
    handed over by the worker itself. Looks are counted, not seconds: who was stopped himself has not waited.
    """
    done, late = Event(), Event()

    def watch() -> None:
        if not any(done.wait(POLL) for _ in range(looks)):
            late.set()
            for worker in workers:
                worker.kill()

    Thread(target=watch, daemon=True).start()
    try:
        yield late
    finally:
        done.set()
