"""Features of galaxies for reading: what `zoo embed` wrote, or a Parquet file of anybody's."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32

from zoo.catalogue import FEATURES, LABEL, OBJECT_ID, OK, SPLIT, STATUS, Catalogue
from zoo.errors import DataError
from zoo.label_table import nearest

CODE = "E-EMBEDDING"


@dataclass(frozen=True)
class Embedding:
    """Galaxies with their features, one row each; splits and labels are empty where they are not known.

    sets: the name of the set that each is from, where several were joined.
    """

    object_ids: Sequence[str]
    features: Float32[np.ndarray, "galaxy feature"]
    splits: Sequence[str]
    labels: Sequence[str]
    sets: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.object_ids)

    def row(self, object_id: str) -> int:
        """Where a galaxy stands. Raises DataError, with the nearest names, where it does not."""
        if object_id not in self.object_ids:
            raise DataError(
                f"object_id={object_id} is none of the {len(self)} galaxies that have features"
                f"{nearest(object_id, self.object_ids)}.",
                "E-OBJECT-ID",
            )
        return self.object_ids.index(object_id)

    def sample(self, number: int | None) -> Embedding:
        """At most so many galaxies, evenly spaced among all; None takes all."""
        if number is None or number >= len(self):
            return self
        rows = np.linspace(0, len(self) - 1, number).astype(int)
        texts = [[column[row] for row in rows] for column in (self.object_ids, self.splits, self.labels)]
        return Embedding(texts[0], self.features[rows], *texts[1:])

    def fingerprint(self) -> str:
        """A hash of ids and features."""
        digest = hashlib.sha256("\0".join(self.object_ids).encode())
        digest.update(self.features.tobytes())
        return digest.hexdigest()


def read(path: Path) -> Embedding:
    """The features in a folder of `zoo embed`, or in a Parquet file with the columns `object_id` and `features`.

    Galaxies whose features are not finite, or whose status is not ok, are left out and counted on stderr. Raises
    DataError where there are no features, or a catalogue is incomplete.
    """
    table = of_catalogue(path) if path.is_dir() else of_file(path)
    features = vectors(path, table[FEATURES.name])
    good = np.isfinite(features).all(axis=1)
    if STATUS.name in table.column_names:
        good &= np.array(table[STATUS.name].to_pylist()) == OK
    if not good.all():
        print(f"{(~good).sum()} of {len(good)} galaxies of {path} have no features and are left out", file=sys.stderr)
    kept = table.drop_columns(FEATURES.name).filter(pa.array(good))
    texts = {name: kept[name].to_pylist() for name in kept.column_names if name in (SPLIT.name, LABEL.name)}
    nothing = [""] * len(kept)
    ids = [str(object_id) for object_id in kept[OBJECT_ID.name].to_pylist()]
    return Embedding(ids, features[good], texts.get(SPLIT.name, nothing), texts.get(LABEL.name, nothing))


def joined(paths: Sequence[Path], most: int | None = None) -> Embedding:
    """Several sets in one, at most so many galaxies of each; sets are called as their folders.

    Raises DataError where they have different numbers of features: those of several models make no common map.
    """
    each = [read(path).sample(most) for path in paths]
    if len(each) == 1:
        return each[0]
    last = [path.name for path in paths]
    names = last if len({*last}) == len(last) else list(map(str, paths))
    for path, one in zip(paths, each, strict=True):
        if one.features.shape[1] != each[0].features.shape[1]:
            raise DataError(
                f"{path} has {one.features.shape[1]} features a galaxy and {paths[0]} has {each[0].features.shape[1]}: "
                "embed all sets with one run.",
                CODE,
            )
    texts = [[text for one in each for text in getattr(one, name)] for name in ("object_ids", "splits", "labels")]
    sets = [name for name, one in zip(names, each, strict=True) for _ in range(len(one))]
    return Embedding(texts[0], np.concatenate([one.features for one in each]), *texts[1:], sets)


def of_catalogue(folder: Path) -> pa.Table:
    """The rows of a finished catalogue. Raises DataError for another."""
    catalogue = Catalogue(folder)
    if not catalogue.complete:
        raise DataError(f"{folder} is incomplete: repeat the `zoo embed` command that began it.", CODE)
    return has_features(folder, pa.concat_tables(catalogue.shards()))


def of_file(path: Path) -> pa.Table:
    """The rows of a Parquet file. Raises DataError for anything else."""
    try:
        return has_features(path, pq.read_table(path))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as Parquet ({error}): name a folder or file that `zoo embed` wrote.", CODE
        ) from error


def has_features(path: Path, table: pa.Table) -> pa.Table:
    """The table, if it has ids and features and is not empty. Raises DataError otherwise."""
    for name in (OBJECT_ID.name, FEATURES.name):
        if name not in table.column_names:
            raise DataError(f"{path} has no column {name}: `zoo embed run=… out=…` writes one with features.", CODE)
    if not len(table):
        raise DataError(f"{path} has 0 galaxies: embed another split or data set.", CODE)
    return table


def vectors(path: Path, column: pa.ChunkedArray) -> Float32[np.ndarray, "galaxy feature"]:
    """A column of lists as a matrix. Raises DataError for lists of several lengths."""
    lengths = {len(row) for row in column}
    if len(lengths) != 1 or lengths == {0}:
        raise DataError(f"{path} has features of {len(lengths)} lengths: every galaxy needs as many numbers.", CODE)
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(flat.reshape(len(column), -1), np.float32)
