"""Classes that models gave to galaxies without labels: which models, in which round, and how sure they were."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from zoo import atomic
from zoo.errors import DataError

CODE = "E-PSEUDO-LABELS"
SOURCE = b"zoo.pseudo_labels"
"""The key of the metadata under which a table says from which data set its galaxies are."""

COLUMNS = ("object_id", "label", "probability", "round", "models")
"""`probability` is the mean of the `models` named, for that label; `round` counts from 1."""


def most_confident(probabilities: pd.DataFrame, most: int) -> pd.DataFrame:
    """The galaxies of each class that are surest to belong to it, ranked by the probability of that class (G25).

    probabilities: a row per galaxy, by its id, and a column per class. A galaxy counts for its most probable class
    alone; of equal ones the first by id is taken. Fewer than `most` galaxies of a class are all that there are.
    """
    likeliest = probabilities.idxmax(axis=1)
    chosen = []
    for name in probabilities.columns:
        own = probabilities.loc[likeliest == name, name].sort_index()
        ranked = own.sort_values(ascending=False, kind="stable").head(most)
        chosen.append(pd.DataFrame({"object_id": ranked.index, "label": name, "probability": ranked.to_numpy()}))
    return pd.concat(chosen, ignore_index=True)


def given_by(chosen: pd.DataFrame, number: int, models: Sequence[str]) -> pd.DataFrame:
    """The chosen galaxies with where their labels come from."""
    return chosen.assign(round=number, models=" ".join(models))[list(COLUMNS)]


def write(path: Path, table: pd.DataFrame, source: Mapping[str, Any]) -> None:
    """Write a table as Parquet, whole or not at all; `source` are the choice and the values of the data set."""
    rows = pa.Table.from_pandas(table, preserve_index=False)
    rows = rows.replace_schema_metadata({SOURCE: json.dumps(source, sort_keys=True)})
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.replacing(path, same_stays=True) as file:
        pq.write_table(rows, file)


def read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table, and from which data set its galaxies are. Raises DataError for what `zoo recurse` did not write."""
    try:
        rows = pq.read_table(path)
        source = json.loads((rows.schema.metadata or {})[SOURCE])
        table = rows.select(list(COLUMNS)).to_pandas()
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"pseudo_labels={path} is no table of pseudo-labels ({error}): `zoo recurse` writes such tables.", CODE
        ) from error
    if table["object_id"].duplicated().any():
        twice = table["object_id"][table["object_id"].duplicated()].iloc[0]
        raise DataError(f"pseudo_labels={path} has {twice} twice: leave one row of it.", CODE)
    return table, source
