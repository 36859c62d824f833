"""A catalogue's other formats, written beside its shards: one function per `conf/format/<name>.yaml`.

A plugin's format is a function like these: it is told the finished `catalogue`, takes its YAML's keys, writes one file
into the catalogue's folder, shard by shard, and returns its path. One that has an argument `dataset` is told also the
data set of the galaxies, None where a blend has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import WriteOptions, write_csv

from zoo import atomic
from zoo.catalogue import Catalogue, facts
from zoo.errors import ZooError
from zoo.votable import document, table_rows

if TYPE_CHECKING:
    from astropy.io.fits import Header

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet take a cell for a formula (OWASP, "CSV injection")."""

FITS_BLOCK = 2880
"""Bytes; headers and tables of a FITS file fill whole blocks (FITS Standard 4.0, section 3.1)."""


def parquet(catalogue: Catalogue) -> Path:
    """Nothing beside the shards, which are Parquet already."""
    return catalogue.folder


def csv(catalogue: Catalogue, spreadsheet_safe: bool) -> Path:
    """`catalogue.csv`: texts in quotes, numbers with all their digits, nothing where a number is missing.

    spreadsheet_safe: put an apostrophe before ids that a spreadsheet would run as formulas; such ids are then no longer
    those of the data set.
    """
    refuse_vectors(catalogue, "csv")
    path = catalogue.folder / "catalogue.csv"
    with atomic.replacing(path, same_stays=True) as file:
        for number, shard in enumerate(catalogue.shards()):
            cells = {name: _cells(shard[name], spreadsheet_safe) for name in shard.column_names}
            write_csv(pa.table(cells), file, WriteOptions(include_header=number == 0))
    return path


def refuse_vectors(catalogue: Catalogue, name: str) -> None:
    """Raise ZooError where a column holds vectors, which this format has no cell for."""
    if vectors := [column.name for column in catalogue.columns if column.kind == "vector"]:
        raise ZooError(
            f"format={name} has one number per cell, and {vectors[0]} in {catalogue.folder} are vectors: take "
            "format=parquet or format=projector.",
            "E-FORMAT-VECTOR",
        )


def _cells(values: pa.ChunkedArray, spreadsheet_safe: bool) -> pa.ChunkedArray | list[str]:
    """A column as it stands in a CSV file."""
    if not pa.types.is_string(values.type):
        return pc.if_else(pc.is_nan(values), None, values)
    return ["'" + t if t.startswith(FORMULA) else t for t in values.to_pylist()] if spreadsheet_safe else values


def votable(catalogue: Catalogue) -> Path:
    """`catalogue.vot`: a VOTable with units, UCDs and descriptions."""
    refuse_vectors(catalogue, "votable")
    path = catalogue.folder / "catalogue.vot"
    told = facts(catalogue.manifest["inputs"])
    head, tail = document(catalogue.columns, told, origin=_origin(catalogue)).split("</TABLE>")
    with atomic.replacing(path, same_stays=True) as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<DATA><TABLEDATA>\n'.encode())
        for shard in catalogue.shards():
            file.writelines(row.encode() for row in table_rows(shard))
        file.write(f"</TABLEDATA></DATA></TABLE>{tail}\n".encode())
    return path


def _origin(catalogue: Catalogue) -> dict[str, str]:
    """Where a catalogue comes from, by the names of Data Origin in the VO (IVOA Note 1.2)."""
    known = {"rights": catalogue.credits.get("licence"), "citation": catalogue.credits.get("citation")}
    told = {"server_software": catalogue.software, "request_date": catalogue.created, **known}
    return {name: value for name, value in told.items() if value}


def fits(catalogue: Catalogue) -> Path:
    """`catalogue.fits`: a binary table with TUNIT, and UCDs and descriptions as TUCD and TCOMM, which TOPCAT shows.

    Its header has DATE and CREATOR, LICENSE and REFERENC (what is to be cited) where they are known, and all facts as
    COMMENT.
    """
    refuse_vectors(catalogue, "fits")
    dtype = _record(catalogue)
    path = catalogue.folder / "catalogue.fits"
    with atomic.replacing(path, same_stays=True) as file:
        for header in _headers(catalogue, dtype):
            file.write(header.tostring().encode("ascii"))
        for shard in catalogue.shards():
            file.write(_records(shard, dtype).tobytes())
        file.write(b"\0" * (-len(catalogue) * dtype.itemsize % FITS_BLOCK))
    return path


def _record(catalogue: Catalogue) -> np.dtype:
    """The layout of a row: FITS is big-endian, and its texts have one width per column."""
    kinds = {"int32": ">i4", "float32": ">f4", "float64": ">f8"}
    texts = [column.name for column in catalogue.columns if column.kind == "string"]
    widths = dict.fromkeys(texts, 1)
    for shard in catalogue.shards():
        for name in texts:
            widths[name] = max(widths[name], *map(len, _fits_texts(shard, name)))
    return np.dtype([(c.name, kinds.get(c.kind) or f"S{widths[c.name]}") for c in catalogue.columns])


def _fits_texts(shard: pa.Table, name: str) -> Iterator[bytes]:
    """Texts as FITS can hold them: ASCII that ends in no blank."""
    for text in shard[name].to_pylist():
        _refuse_text(text, name)
        yield text.encode("ascii")


def _refuse_text(text: str, what: str) -> None:
    if not (text.isascii() and text.isprintable()) or text.endswith(" "):
        raise ZooError(
            f"The {what} {text!r} cannot stand in a FITS table, which holds printable ASCII without blanks at the "
            "end: take format=votable or the Parquet shards.",
            "E-FITS-TEXT",
        )


def _told(text: str) -> str:
    """A description as a FITS header can hold it: other letters as Python escapes them."""
    return ascii(text)[1:-1]


def _headers(catalogue: Catalogue, dtype: np.dtype) -> list[Header]:
    """The headers of the empty primary array and of the table."""
    try:
        from astropy.io import fits as astropy_fits
    except ImportError as error:
        raise ZooError(
            "format=fits needs astropy, which is not installed: pip install 'galaxy-model-zoo[fits]'.",
            "E-EXTRA-MISSING",
        ) from error
    codes = {"i4": "J", "f4": "E", "f8": "D"}
    kinds = [dtype[name].str[1:] for name in dtype.names]
    formats = [codes.get(kind) or f"{kind[1:]}A" for kind in kinds]
    for column in catalogue.columns:
        _refuse_text(column.name, "column")
    described = zip(catalogue.columns, formats, strict=True)
    columns = [astropy_fits.Column(name=c.name, format=f, unit=c.unit or None) for c, f in described]
    header = astropy_fits.BinTableHDU.from_columns(columns, nrows=0, name="CATALOGUE").header
    header["NAXIS2"] = len(catalogue)
    for number, column in enumerate(catalogue.columns, 1):
        header[f"TUCD{number}"] = column.ucd
        header[f"TCOMM{number}"] = _told(column.description)
    known = {"LICENSE": catalogue.credits.get("licence"), "REFERENC": catalogue.credits.get("citation")}
    for name, value in {"DATE": catalogue.created, "CREATOR": catalogue.software, **known}.items():
        if value:
            header[name] = _told(value)
    for name, value in facts(catalogue.manifest["inputs"]).items():
        header["COMMENT"] = _told(f"{name}: {value}")
    return [astropy_fits.PrimaryHDU().header, header]


def _records(shard: pa.Table, dtype: np.dtype) -> np.ndarray:
    """The rows of a shard as FITS records."""
    records = np.zeros(len(shard), dtype)
    for name in dtype.names:
        texts = dtype[name].kind == "S"
        records[name] = list(_fits_texts(shard, name)) if texts else shard[name].to_numpy()
    return records
