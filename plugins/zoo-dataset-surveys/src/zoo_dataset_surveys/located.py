"""Galaxies with their places on the sky, wherever they are listed: a catalogue, a table or a data set."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from zoo.catalogue import DEC, OBJECT_ID, RA, Catalogue
from zoo.dataset import Dataset
from zoo.errors import DataError
from zoo.table_file import read_table
from zoo_dataset_surveys import coordinates

log = logging.getLogger("zoo")

NEEDED = (OBJECT_ID.name, RA.name, DEC.name)


def in_catalogue(folder: Path) -> pd.DataFrame:
    """The rows of a catalogue that have a place. Raises DataError where none has."""
    catalogue = Catalogue(folder)
    refuse_nowhere([column.name for column in catalogue.columns], str(folder))
    return known(catalogue.to_pandas(), str(folder))


def in_table(path: Path, object_id: str, ra: str, dec: str) -> pd.DataFrame:
    """The rows of a table file as text, with the places in degrees. Raises DataError as `coordinates.of` does."""
    table = read_table(path)
    positions = coordinates.of(table, ra, dec)
    read = dict(zip(NEEDED, (table.ids(object_id), positions.ra, positions.dec), strict=True))
    return pd.DataFrame({**{name: table.text(name) for name in table.columns if name not in NEEDED}, **read})


def in_dataset(dataset: Dataset) -> pd.DataFrame:
    """The rows of a data set that have a place. Raises DataError where none has."""
    refuse_nowhere(dataset.table.columns, "The data set")
    return known(dataset.table, "the data set")


def refuse_nowhere(columns: Collection[str], what: str) -> None:
    """Raise DataError where there are no columns of positions."""
    if not {RA.name, DEC.name} <= {*columns}:
        raise DataError(
            f"{what} has no columns {RA.name} and {DEC.name}, so nobody knows where its galaxies are: take a data set "
            "with positions, such as dataset=cutouts or dataset=table dataset.ra=… dataset.dec=….",
            "E-POSITION-NONE",
        )


def known(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """The rows that have a place; others are told of. Raises DataError for none, and for places beyond the sky."""
    found = rows[np.isfinite(rows[[RA.name, DEC.name]]).all(axis=1)]
    if lost := len(rows) - len(found):
        log.warning("%d of %d galaxies of %s have no position and are left out", lost, len(rows), what)
    if found.empty:
        raise DataError(f"None of the {len(rows)} galaxies of {what} has a position.", "E-POSITION-NONE")
    return found.reset_index(drop=True)
