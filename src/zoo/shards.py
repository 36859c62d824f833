"""Catalogues on their way to the disk: shard by shard, each whole or absent.

A shard is a function of its rows and of the catalogue's inputs, and carries both. So a catalogue that was broken off
goes on behind its finished shards, and ends with the bytes it would have had anyway (protocol: Pillai et al. 2014).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from zoo import atomic
from zoo.catalogue import FAILED, MANIFEST, VERSION, Column, facts
from zoo.errors import DataError, Stopped, ZooError
from zoo.failpoint import fp
from zoo.parquet import inputs_of, parsed, serialise


class CatalogueWriter:
    """Writes one catalogue: `begin`, `describe`, `write` for each of `missing()`, `finish`.

    object_ids: of all rows, each once; that is checked unless they are known to be `unique`. inputs: all that decides
    what the rows hold, in plain values without times, hosts and paths; only a catalogue with equal inputs is continued.
    shards: by number, those that are finished.
    """

    def __init__(
        self,
        folder: Path,
        object_ids: Sequence[str],
        rows_per_shard: int,
        inputs: Mapping[str, Any],
        unique: bool = False,
    ):
        if not unique:
            refuse_duplicates(object_ids)
        self.folder, self.object_ids, self.rows_per_shard = Path(folder), object_ids, rows_per_shard
        self.inputs = json.loads(json.dumps({**inputs, "rows_per_shard": rows_per_shard}))
        self.columns: list[Column] = []
        self.shards: dict[int, dict[str, Any]] = {}

    @property
    def num_shards(self) -> int:
        """How many shards the finished catalogue has."""
        return -(-len(self.object_ids) // self.rows_per_shard)

    def path(self, number: int) -> Path:
        """Where a shard lies."""
        return self.folder / f"part-{number:05d}.parquet"

    def rows(self, number: int) -> range:
        """Which rows a shard holds."""
        start = number * self.rows_per_shard
        return range(start, min(start + self.rows_per_shard, len(self.object_ids)))

    def missing(self) -> list[int]:
        """The shards still to be written."""
        return [number for number in range(self.num_shards) if number not in self.shards]

    def begin(self) -> bool:
        """Take over what is right of an earlier attempt; True if that is everything.

        Raises ZooError if the folder holds anything else, and leaves it as it is.
        """
        manifest = self._own_manifest()
        self._refuse_strangers()
        atomic.sweep(self.folder)
        known = {shard["file"]: shard["sha256"] for shard in manifest.get("shards", ())}
        for number in range(self.num_shards):
            shard = self._finished(number)
            if shard and known.get(shard["file"], shard["sha256"]) == shard["sha256"]:
                self.shards[number] = shard
        return bool(manifest.get("complete")) and not self.missing()

    def failed_before(self, number: int) -> int:
        """How many rows in a row, just before this shard, have no usable image."""
        count = 0
        for earlier in range(number - 1, -1, -1):
            if not self.shards.get(earlier, {}).get("status", {}).get(FAILED):
                break
            status = pq.read_table(self.path(earlier), columns=["status"])["status"].to_pylist()
            failed = len(list(takewhile(FAILED.__eq__, reversed(status))))
            count += failed
            if failed < len(status):
                break
        return count

    def describe(self, columns: Sequence[Column]) -> None:
        """Say what the columns are, before the first shard."""
        self.columns = list(columns)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_manifest(complete=False)
        except OSError as error:
            raise ZooError(
                f"The catalogue folder {self.folder} cannot be written ({error.strerror}): choose another out=…"
            ) from error

    def write(self, number: int, values: Mapping[str, Sequence[Any]]) -> None:
        """Write one shard from its columns. Raises Stopped, with all others kept, if the disk does not take it."""
        data = serialise(self.columns, values, self.inputs)
        try:
            with atomic.replacing(self.path(number)) as file:
                file.write(data[: len(data) // 2])
                fp("shard.half")
                file.write(data[len(data) // 2 :])
                fp("shard.before_rename")
        except OSError as error:
            raise self._stopped(self.path(number), error) from error
        fp("shard.after_rename")
        self.shards[number] = self._entry(number, data, values["status"])

    def finish(self) -> None:
        """Say that the catalogue is complete."""
        fp("shard.manifest")
        try:
            self._write_manifest(complete=True)
        except OSError as error:
            raise self._stopped(self.folder / MANIFEST, error) from error

    def statuses(self) -> Counter[str]:
        """How many rows have each status."""
        return sum((Counter(shard["status"]) for shard in self.shards.values()), Counter())

    def _own_manifest(self) -> dict[str, Any]:
        """The manifest of an earlier attempt, empty if there is none; a damaged one is empty if the shards are ours."""
        others = [p for p in self.folder.glob("*") if not (p.name.startswith(".") and p.name.endswith(".part"))]
        try:
            manifest = json.loads((self.folder / MANIFEST).read_bytes())
            inputs, own = manifest["inputs"], manifest
        except (OSError, ValueError, KeyError, TypeError):
            inputs, own = next((i for p in others if (i := inputs_of(p)) is not None), None), {}
        if others and inputs is None:
            raise self._foreign(min(path.name for path in others))
        if inputs not in (None, self.inputs):
            raise self._other(inputs)
        return own

    def _refuse_strangers(self) -> None:
        """Raise if a shard is there that is none of ours."""
        own = {self.path(number).name for number in range(self.num_shards)}
        for path in sorted(self.folder.glob("part-*.parquet")):
            if path.name not in own:
                raise self._foreign(path.name)
            if (inputs := inputs_of(path)) not in (None, self.inputs):
                raise self._other(inputs)

    def _finished(self, number: int) -> dict[str, Any] | None:
        """The entry of a shard that holds the right rows undamaged, else None."""
        path, rows = self.path(number), self.rows(number)
        data = path.read_bytes() if path.exists() else b""
        table = parsed(data)
        if table is None or table["object_id"].to_pylist() != list(self.object_ids[rows.start : rows.stop]):
            return None
        return self._entry(number, data, table["status"].to_pylist())

    def _entry(self, number: int, data: bytes, status: Sequence[str]) -> dict[str, Any]:
        rows = self.rows(number)
        return {
            "file": self.path(number).name,
            "rows": len(rows),
            "first": self.object_ids[rows[0]],
            "last": self.object_ids[rows[-1]],
            "status": dict(sorted(Counter(status).items())),
            "sha256": hashlib.sha256(data).hexdigest(),
        }

    def _write_manifest(self, complete: bool) -> None:
        manifest = {
            "version": VERSION,
            "rows": len(self.object_ids),
            "inputs": self.inputs,
            "columns": [asdict(column) for column in self.columns],
            "shards": [self.shards[number] for number in sorted(self.shards)] if complete else [],
            "complete": complete,
        }
        atomic.write_json(self.folder / MANIFEST, manifest)

    def _foreign(self, name: str) -> ZooError:
        return ZooError(
            f"{self.folder} holds other files, such as {name!r}, and nothing of them was touched: choose a new folder "
            "with out=…",
            "E-CATALOGUE-FOREIGN",
        )

    def _other(self, inputs: Mapping[str, Any]) -> ZooError:
        return ZooError(
            f"{self.folder} holds another catalogue ({_difference(inputs, self.inputs)}), and nothing of it was "
            "touched: choose a new folder with out=…",
            "E-CATALOGUE-OTHER",
        )

    def _stopped(self, path: Path, error: OSError) -> Stopped:
        return Stopped(
            f"{path} could not be written ({error.strerror}): {len(self.shards)} of {self.num_shards} shards are "
            "finished and kept; mend that, and repeat the command to go on.",
            "E-CATALOGUE-WRITE",
        )


def refuse_duplicates(object_ids: Sequence[str]) -> None:
    """Raise DataError if an id stands twice: its rows could not be told apart."""
    ids = pd.Series(object_ids, dtype=object)
    twice = ids[ids.duplicated()]
    if len(twice):
        row = int(twice.index[0])
        first = int(ids.eq(twice.iloc[0]).idxmax())
        raise DataError(
            f"{len(twice)} of {len(ids)} object_ids stand twice, the first is {twice.iloc[0]!r} (rows {first} and "
            f"{row}): a catalogue has one row per galaxy; give every row a name of its own.",
            "E-DUPLICATE-ID",
        )


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The first fact in which two inputs differ."""
    before, after = facts(old), facts(new)
    key = next(key for key in {**after, **before} if before.get(key) != after.get(key))
    return f"{key}: {before.get(key)}, not {after.get(key)}"
