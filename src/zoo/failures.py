"""Galaxies whose images cannot be used, counted as they come: a few are left out and listed, too many end the work."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from zoo.dataset import Dataset, Problem, problems
from zoo.errors import DataError

log = logging.getLogger("zoo")

TOLD = 5
"""How many are named in the log."""

CODE = "E-ROWS-FAILED"


class Failures:
    """The unusable ones among `total` galaxies, told one by one in the order of their rows.

    limit: the share that may be left out. in_a_row: how many one after the other end the work at once, however long the
    catalogue is, for then a disk or a folder is gone. row: how many it is now.
    """

    def __init__(self, total: int, limit: float = 0.01, in_a_row: int = 100):
        self.total, self.limit, self.in_a_row = total, limit, in_a_row
        self.found: dict[str, Problem] = {}
        self.row = 0

    def note(self, object_id: str, problem: Problem | None) -> None:
        """Count the next galaxy. Raises DataError for the last of too many in a row."""
        if problem is None:
            self.row = 0
            return
        self.row += 1
        self.found[object_id] = problem
        if self.row >= self.in_a_row:
            raise DataError(
                f"{self.row} galaxies in a row cannot be used, up to {problem}: see whether all images are there, or "
                "raise failures.in_a_row.",
                CODE,
            )

    def note_batch(self, object_ids: Sequence[str], failed: Mapping[int, tuple[str, str]]) -> None:
        """Count the galaxies of a batch; failed: code and sentence by place."""
        for place, object_id in enumerate(object_ids):
            code, what = failed.get(place, ("", ""))
            self.note(object_id, Problem(object_id, what, code) if place in failed else None)

    def refuse(self) -> None:
        """Raise DataError where more were found than may be left out, else list them in the log."""
        if not self.found:
            return
        first = next(iter(self.found.values()))
        if len(self.found) > self.limit * self.total:
            raise DataError(
                f"{len(self.found)} of {self.total} galaxies cannot be used, more than failures.limit={self.limit:g}, "
                f"first {first}: `zoo data verify` lists all.",
                first.code,
            )
        log.warning("%d of %d galaxies cannot be used and are left out:", len(self.found), self.total)
        for problem in list(self.found.values())[:TOLD]:
            log.warning("  %s", problem)

    def without(self, rows: Iterable[int], dataset: Dataset) -> list[int]:
        """The rows of the others."""
        ids = dataset.table["object_id"].array
        return [row for row in rows if ids[row] not in self.found]


def of(dataset: Dataset, limits: Mapping[str, float]) -> Failures:
    """The galaxies of a data set of which headers or last bytes say that they cannot be used.

    limits: `limit` and `in_a_row`. Raises DataError for too many, and for what is wrong with no single galaxy.
    """
    failures, found = Failures(len(dataset), **limits), problems(dataset, quick=True)
    first = {problem.object_id: problem for problem in reversed(found)}
    ids = dataset.table["object_id"].tolist() if found else []
    if strange := first.keys() - {*ids}:
        problem = first[min(strange)]
        raise DataError(f"The data set cannot be used: {problem}; `zoo data verify` lists all.", problem.code)
    for object_id in ids:
        failures.note(object_id, first.get(object_id))
    failures.refuse()
    return failures
