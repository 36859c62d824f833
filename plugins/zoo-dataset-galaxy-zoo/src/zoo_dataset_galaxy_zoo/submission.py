"""A catalogue as the file that the challenge takes: `GalaxyID,Class1.1,…,Class11.6`, in order of the ids (spec A6)."""

from __future__ import annotations

import gzip as gz
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float
from pyarrow.csv import WriteOptions, write_csv

from zoo import atomic
from zoo.catalogue import OK, Catalogue
from zoo.dataset import Dataset
from zoo.errors import DataError
from zoo.label_table import some
from zoo.schema import read_tree
from zoo.vote_fractions import TOLERANCE
from zoo_dataset_galaxy_zoo.labels import ID_COLUMNS


def kaggle(catalogue: Catalogue, tree: Mapping[str, Any], gzip: bool, dataset: Dataset | None = None) -> Path:
    """`submission.csv`, or `submission.csv.gz`, with a row per galaxy of the catalogue; the same rows, the same bytes.

    dataset: where the catalogue holds test galaxies of it, those alone are written. Raises DataError for a catalogue
    that lacks an answer or has rows that are not ok, for ids that are no whole numbers, and for numbers that are no
    fractions.
    """
    answers = read_tree(tree["questions"]).columns
    refuse_answers(catalogue, answers)
    ids, fractions = rows(catalogue, answers, test_galaxies(dataset))
    data = written(ids, fractions, answers)
    path = catalogue.folder / ("submission.csv.gz" if gzip else "submission.csv")
    with atomic.replacing(path, same_stays=True) as file:
        file.write(packed(data) if gzip else data)
    return path


def refuse_answers(catalogue: Catalogue, answers: Sequence[str]) -> None:
    """Raise DataError, naming them, if the catalogue lacks answers."""
    if missing := sorted(set(answers) - {column.name for column in catalogue.columns}, key=answers.index):
        raise DataError(
            f"format=kaggle takes the {len(answers)} answers of the challenge, and {catalogue.folder} lacks "
            f"{len(missing)} of them ({some(missing)}): predict with a run that was trained on "
            "dataset.schema=fractions."
        )


def test_galaxies(dataset: Dataset | None) -> pa.Array:
    """The ids of a data set's test galaxies."""
    return pa.array(
        [] if dataset is None else dataset.table.loc[dataset.table["split"] == "test", "object_id"], "string"
    )


def rows(
    catalogue: Catalogue, answers: Sequence[str], test: pa.Array
) -> tuple[list[str], Float[np.ndarray, "galaxy answer"]]:
    """Ids and fractions in numeric order of the ids, of the test galaxies where there are any.

    Raises DataError for a row that cannot be handed in.
    """
    table = pa.concat_tables(shard.select(["object_id", "status", *answers]) for shard in catalogue.shards())
    tested = pc.is_in(table["object_id"], value_set=test)
    table = table.filter(tested) if pc.any(tested).as_py() else table
    ids, fractions = table["object_id"].to_pylist(), np.stack([table[name].to_numpy() for name in answers], axis=1)
    bad = table["status"].to_numpy() != OK
    refuse(catalogue, ids, bad, "have no prediction: mend their images and predict into a new out=…")
    odd = [not (i.isascii() and i.isdigit() and str(int(i)) == i) for i in ids]
    refuse(catalogue, ids, odd, "have ids that are no whole numbers: predict galaxies of the challenge")
    outside = ~((fractions >= -TOLERANCE) & (fractions <= 1 + TOLERANCE)).all(axis=1)
    refuse(catalogue, ids, outside, "have numbers outside 0 to 1: predict with a run that learnt vote fractions")
    order = sorted(range(len(ids)), key=lambda row: int(ids[row]))
    return [ids[row] for row in order], np.clip(fractions[order], 0, 1)


def refuse(catalogue: Catalogue, ids: Sequence[str], bad: Sequence[bool], what: str) -> None:
    """Raise DataError if a row is bad, with their number and the first ids."""
    if which := [i for i, one in zip(ids, bad, strict=True) if one]:
        raise DataError(f"{len(which)} of {len(ids)} galaxies in {catalogue.folder} ({some(which)}) {what}.")


def written(ids: Sequence[str], fractions: Float[np.ndarray, "galaxy answer"], answers: Sequence[str]) -> bytes:
    """The bytes of the file, with as many digits as the numbers have."""
    file = io.BytesIO(f"{','.join([ID_COLUMNS[0], *answers])}\n".encode())
    file.seek(0, io.SEEK_END)
    columns = dict(zip(answers, map(pa.array, fractions.T), strict=True))
    table = pa.table({"id": pa.array(ids, pa.string()), **columns})
    write_csv(table, file, WriteOptions(include_header=False, quoting_style="none"))
    return file.getvalue()


def packed(data: bytes) -> bytes:
    """The bytes as gzip, without name and time."""
    file = io.BytesIO()
    with gz.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as archive:
        archive.write(data)
    return file.getvalue()
