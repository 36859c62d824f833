"""The table of what was measured on each galaxy of a data set: one row per galaxy, kept in the cache."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float

from zoo import atomic, cache, progress
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset, fingerprint
from zoo.errors import DataError, ZooImageError
from zoo.measurement import Measurement

CODE = "E-MEASUREMENTS"
NAME = b"zoo.measurement"
"""The key of the metadata under which a table says how it was measured."""


def attach(dataset: Dataset, augmenter: Augmenter, path: str | Path | None = None) -> None:
    """Give a prepared dataset what its augmenter wants to know of each galaxy: from the table named, else measured.

    Raises DataError for a table that was measured in another way or lacks galaxies.
    """
    if augmenter.measurement is not None:
        table = read(Path(path), augmenter.measurement) if path else measured(dataset, augmenter.measurement)[1]
        dataset.measured = rows(table, dataset, augmenter.measurement, path)


def measured(dataset: Dataset, measurement: Measurement) -> tuple[Path, pd.DataFrame]:
    """The table of a dataset, measured unless the cache has it, and where it lies."""
    key = f"{measurement.name}:{fingerprint(dataset)}"
    path = cache.folder("measurements") / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.parquet"
    if not path.is_file():
        write(path, measure(dataset, measurement), measurement)
    return path, read(path, measurement)


def measure(dataset: Dataset, measurement: Measurement) -> pd.DataFrame:
    """Measure every galaxy behind a progress bar; an image that cannot be read gives NaN, and is told of elsewhere."""

    def row(index: int) -> list[float]:
        try:
            return list(measurement(dataset[index].image.numpy()))
        except ZooImageError:
            return [np.nan] * len(measurement.columns)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(progress.track(threads.map(row, range(len(dataset))), "measuring", len(dataset)))
    values = pd.DataFrame(found, columns=list(measurement.columns), dtype=float)
    return pd.concat([dataset.table["object_id"].astype(str).reset_index(drop=True), values], axis=1)


def write(path: Path, table: pd.DataFrame, measurement: Measurement) -> None:
    """Write a table as Parquet, whole or not at all."""
    rows = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata({NAME: measurement.name})
    with atomic.replacing(path, same_stays=True) as file:
        pq.write_table(rows, file)


def read(path: Path, measurement: Measurement) -> pd.DataFrame:
    """Read a table. Raises DataError if it is none, or holds something else than this measurement."""
    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise DataError(f"measurements={path} is no Parquet table that can be read ({error}).", CODE) from error
    absent = [name for name in ("object_id", *measurement.columns) if name not in table.column_names]
    if absent:
        raise DataError(
            f"measurements={path} has no column {absent[0]}: `zoo data recentre … out={path}` writes one that has.",
            CODE,
        )
    how = (table.schema.metadata or {}).get(NAME, measurement.name.encode()).decode()
    if how != measurement.name:
        raise DataError(
            f"measurements={path} was measured as {how}, and {measurement.name} is asked for: name another table, or "
            "none to have it measured.",
            CODE,
        )
    return table.to_pandas()


def rows(
    table: pd.DataFrame, dataset: Dataset, measurement: Measurement, path: str | Path | None
) -> Float[np.ndarray, "galaxy number"]:
    """The numbers in the order of the dataset's rows. Raises DataError if a galaxy is missing or twice in the table."""
    known, wanted = table["object_id"].astype(str), dataset.table["object_id"].astype(str)
    if known.duplicated().any():
        raise DataError(
            f"measurements={path} has {known[known.duplicated()].iloc[0]} twice: leave one row of it.", CODE
        )
    if len(absent := wanted[~wanted.isin(known)]):
        raise DataError(
            f"measurements={path} lacks {len(absent)} of {len(dataset)} galaxies, first {absent.iloc[0]}: it belongs "
            "to another data set; `zoo data recentre` measures this one.",
            CODE,
        )
    columns = list(measurement.columns)
    return table.set_index(known)[columns].loc[wanted].to_numpy(np.float64)


def summary(table: pd.DataFrame, measurement: Measurement) -> list[tuple[str, ...]]:
    """Each number's name, in how many galaxies it is known, and three of its percentiles."""
    rows = []
    for name in measurement.columns:
        known = table[name].dropna()
        percentiles = np.percentile(known, [5, 50, 95]) if len(known) else [np.nan] * 3
        rows.append((name, str(len(known)), *(f"{value:.2f}" for value in percentiles)))
    return rows
