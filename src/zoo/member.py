"""A finished catalogue as an input: any range of its rows, read shard by shard, so that memory need not hold it all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zoo.catalogue import ABOUT, ERROR_CODE, OBJECT_ID, STATUS, Catalogue, derived
from zoo.errors import DataError
from zoo.parquet import parsed

NO_ANSWERS = frozenset(column.name for column in (OBJECT_ID, *ABOUT, STATUS, ERROR_CODE))
"""Columns that are no predictions."""

ENTRY = ("file", "rows", "sha256")
"""What a manifest has to say of each shard."""


class Member:
    """One catalogue of a blend. Raises DataError where it is none, is unfinished, or lacks a shard.

    name: what it is called in tables. inputs: from what it was computed. fingerprint: a hash of that and of the bytes
    of its shards.
    """

    def __init__(self, folder: Path):
        self.catalogue = Catalogue(folder)
        self.folder = self.catalogue.folder
        self.name = self.folder.name
        if not self.catalogue.complete:
            raise DataError(
                f"The catalogue {folder} is incomplete: repeat the `zoo predict` command that began it.",
                "E-CATALOGUE-INCOMPLETE",
            )
        try:
            self.inputs: dict[str, Any] = dict(self.catalogue.manifest["inputs"])
            self.shards = [{key: shard[key] for key in ENTRY} for shard in self.catalogue.manifest["shards"]]
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged("manifest", f"lacks something ({error})") from error
        self.ends = np.cumsum([shard["rows"] for shard in self.shards])
        there = {path.name for path in self.catalogue.paths}
        if absent := [shard["file"] for shard in self.shards if shard["file"] not in there]:
            raise self._damaged(f"shard {absent[0]}", "is missing")
        self._held: tuple[int, pa.Table] | None = None

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same rows of the same model, wherever the catalogue lies."""
        known = [self.inputs, [(shard["rows"], shard["sha256"]) for shard in self.shards]]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

    @property
    def answers(self) -> list[str]:
        """The columns that are predictions."""
        columns = self.catalogue.columns
        return [column.name for column in columns if column.name not in NO_ANSWERS and not derived(column)]

    def rows(self, start: int, stop: int) -> pa.Table:
        """The rows of a range. Raises DataError for a shard that is not what the manifest says."""
        return self._range(start, stop, self._whole)

    def ids(self, start: int, stop: int) -> pa.ChunkedArray:
        """The ids of a range; no other column is read."""
        return self._range(start, stop, self._id_column)["object_id"]

    def _range(self, start: int, stop: int, read: Callable[[int], pa.Table]) -> pa.Table:
        pieces = []
        for number in range(np.searchsorted(self.ends, start, "right"), np.searchsorted(self.ends, stop, "left") + 1):
            first = int(self.ends[number]) - self.shards[number]["rows"]
            from_row, to_row = max(start - first, 0), min(stop - first, self.shards[number]["rows"])
            pieces.append(read(number).slice(from_row, to_row - from_row))
        return pa.concat_tables(pieces)

    def _whole(self, number: int) -> pa.Table:
        """A shard, checked; the last one read is held, as ranges may end within it."""
        if self._held is None or self._held[0] != number:
            shard = self.shards[number]
            data = (self.folder / shard["file"]).read_bytes()
            table = parsed(data) if hashlib.sha256(data).hexdigest() == shard["sha256"] else None
            if table is None:
                raise self._damaged(f"shard {shard['file']}", "does not hold what the manifest says")
            self._held = number, table
        return self._held[1]

    def _id_column(self, number: int) -> pa.Table:
        shard = self.shards[number]
        try:
            table = pq.ParquetFile(self.folder / shard["file"]).read(columns=["object_id"])
        except (OSError, ValueError) as error:
            raise self._damaged(f"shard {shard['file']}", f"cannot be read ({error})") from error
        if len(table) != shard["rows"]:
            raise self._damaged(f"shard {shard['file']}", f"has {len(table)} rows, not {shard['rows']}")
        return table

    def _damaged(self, part: str, what: str) -> DataError:
        return DataError(
            f"The {part} of the catalogue {self.folder} {what}: repeat the `zoo predict` command that wrote the "
            "catalogue, which mends it.",
            "E-CATALOGUE-DAMAGED",
        )


class Ids(Sequence[str]):
    """The ids of a catalogue as a sequence that is read where it is looked at."""

    def __init__(self, member: Member):
        self.member = member

    def __len__(self) -> int:
        return len(self.member)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return self.member.ids(index.start, index.stop).to_pylist()
        return self.member.ids(index, index + 1)[0].as_py()
