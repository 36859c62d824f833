"""A catalogue's shard as a Parquet file: the same values give the same bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zoo import votable
from zoo.catalogue import Column, facts

INPUTS = b"zoo.inputs"
"""The key of the metadata under which a shard says from what it was computed."""

TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "vector": pa.list_(pa.float32()),
}


def serialise(columns: Sequence[Column], values: Mapping[str, Sequence[Any]], inputs: Mapping[str, Any]) -> bytes:
    """The bytes of a shard of these columns.

    Units, UCDs and descriptions stand in each field's metadata, and for TOPCAT and astropy in a VOTable without rows,
    with the lengths of the longest texts, which astropy asks for. There are no dictionaries: predictions hardly repeat,
    and without them a shard is written four times as fast.
    """
    fields = [
        pa.field(c.name, TYPES[c.kind], metadata={"unit": c.unit, "ucd": c.ucd, "description": c.description})
        for c in columns
    ]
    lengths = {c.name: max([1, *map(len, values[c.name])]) for c in columns if c.kind == "string"}
    metadata = {
        INPUTS: json.dumps(inputs),
        "IVOA.VOTable-Parquet.version": "1.0",
        "IVOA.VOTable-Parquet.content": votable.document(columns, facts(inputs), lengths),
        **{f"table::len::{name}": str(length) for name, length in lengths.items()},
    }
    cells = {name: list(column) if np.ndim(column) == 2 else column for name, column in values.items()}
    table = pa.table([pa.array(cells[f.name], f.type) for f in fields], schema=pa.schema(fields, metadata))
    file = io.BytesIO()
    pq.write_table(table, file, use_dictionary=False, write_page_checksum=True, row_group_size=max(1, len(table)))
    return file.getvalue()


def parsed(data: bytes) -> pa.Table | None:
    """The rows of a shard whose pages agree with their checksums, else None."""
    try:
        return pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True).read()
    except (OSError, ValueError):
        return None


def inputs_of(path: Path) -> dict[str, Any] | None:
    """What a shard says it was computed from; None for any other file."""
    try:
        return json.loads(pq.read_metadata(path).metadata[INPUTS])
    except (OSError, ValueError, KeyError, TypeError):
        return None
