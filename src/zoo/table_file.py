"""Table files: CSV, Parquet, FITS or VOTable in, a table of text out, in which every cell is what the file says.

Nothing is guessed: a number stays the digits that were written, a blank stays blank, and a file that could be read in
two ways is refused with the place and the remedy.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import sky_frame
from zoo.errors import DataError
from zoo.label_table import LabelTable

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BYTES = 2**31
"""Size of an unpacked table above which it is refused; a full survey's labels have a tenth of it."""

SEPARATORS = ",;\t|"
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Byte-order marks."""


def read_table(path: Path, columns: Collection[str] | None = None) -> LabelTable:
    """The table in a `.csv` (also `.csv.gz`, `.tsv`, `.txt`, or alone in a `.zip`), `.parquet`, `.fits` or `.vot` file.

    columns: of a CSV table, keep these alone, as far as they are there: hundreds of others cost gigabytes. Raises
    DataError, naming the line, for anything but one header and rows of its length.
    """
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "does not exist"
        raise DataError(f"The table {path} {found}: name a CSV, Parquet, FITS or VOTable file.", "E-TABLE-MISSING")
    if path.suffix in (".parquet", ".pq"):
        table = parquet(path)
    elif path.name.endswith((".fits", ".fit", ".fits.gz")):
        table = by_astropy(path, "fits", "a FITS table")
    elif path.name.endswith((".vot", ".votable", ".xml", ".vot.gz")):
        table = by_astropy(path, "votable", "a VOTable")
    else:
        table = from_csv(path, unpacked(path), columns)
    if not len(table):
        raise DataError(f"{path} has a header and 0 rows: is the download complete?", "E-TABLE-EMPTY")
    return table


def unpacked(path: Path) -> bytes:
    """The bytes of a text table, out of its archive where it lies in one."""
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = [n for n in archive.namelist() if n.lower().endswith(".csv") and not n.startswith("__MACOSX")]
                if len(names) != 1:
                    raise DataError(f"{path} holds {len(names)} CSV files where one is expected: unpack it.")
                with archive.open(names[0]) as file:
                    data = file.read(MAX_BYTES + 1)
        else:
            with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zipfile.BadZipFile, gzip.zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}): retrieve it again.") from error
    if len(data) > MAX_BYTES:
        raise DataError(f"{path} unpacks to more than {MAX_BYTES:,} bytes: that is no table of labels.")
    return data


def from_csv(path: Path, data: bytes, columns: Collection[str] | None = None) -> LabelTable:
    """The table in the bytes of a CSV file with one header, whatever its separator, line ends and byte-order mark.

    columns: see `read_table`.
    """
    text = decoded(path, data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise DataError(f"{path} is empty ({len(data)} bytes): retrieve it again.", "E-TABLE-EMPTY")
    if first.lstrip().lower().startswith(("<!doctype", "<html")):
        raise DataError(f"{path} is an HTML page (download error?): retrieve it again.")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header, kept, rows, lines = list[str](), list[int](), [], []
    try:
        for row in reader:
            if row and not header:
                header = [name.strip() for name in row]
                check_header(path, header)
                kept = [k for k, name in enumerate(header) if columns is None or name in columns]
            elif row:  # not an empty line
                refuse_ragged(path, reader.line_num, row, header)
                rows.append(row if columns is None else [row[k] for k in kept])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}; mend the quotes of that line.") from error
    cells = zip(*rows, strict=True) if rows else [()] * len(kept)
    return LabelTable(path, dict(zip([header[k] for k in kept], cells, strict=True)), tuple(lines), "line")


def refuse_ragged(path: Path, line: int, row: list[str], header: list[str]) -> None:
    """Raise DataError for a row of another length than the header."""
    if len(row) != len(header):
        raise DataError(
            f"{path}, line {line}: {len(row)} cells where the header has {len(header)}; mend or remove the line.",
            "E-TABLE-RAGGED",
        )


def decoded(path: Path, data: bytes) -> str:
    """The text of a file in UTF-8, or in what its byte-order mark says."""
    encoding = next((encoding for mark, encoding in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte 0x{data[error.start]:02X} is not {encoding.upper()}; save the table as UTF-8 "
            "(from Latin-1: iconv -f latin1 -t utf8).",
            "E-TABLE-ENCODING",
        ) from None
    if "\0" in text:
        raise DataError(f"{path} holds NUL bytes: it is no text, or UTF-16 without its mark; save it as UTF-8.")
    return text


def check_header(path: Path, header: list[str]) -> None:
    """Raise DataError if the first line is data, or names a column twice."""
    if number := next((cell for cell in header if is_number(cell)), None):
        raise DataError(
            f"{path} has no header: its first row looks like data ({number!r} is a number); add a line with the names "
            "of the columns.",
            "E-TABLE-HEADER",
        )
    if twice := [name for name, n in Counter(header).items() if n > 1 and name]:
        raise DataError(f"{path} has the column {twice[0]} more than once: rename or remove one.", "E-TABLE-HEADER")


def is_number(cell: str) -> bool:
    """Whether a cell is a plain number; `nan` and `inf` are words."""
    try:
        float(cell)
    except ValueError:
        return False
    return any(c.isdigit() for c in cell)


def parquet(path: Path) -> LabelTable:
    """The columns of a Parquet file as text; null is blank."""
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise DataError(f"{path} cannot be read as Parquet ({error}): retrieve it again.") from error
    frames = sky_frame.of_metadata(table.schema.metadata)
    return LabelTable.of(
        path, {name: table[name].to_pylist() for name in table.column_names}, units_of(table.schema), frames
    )


def units_of(schema: pa.Schema) -> dict[str, str]:
    """The units of a Parquet file's columns, in the fields' metadata as in catalogues of zoo."""
    stated = {field.name: (field.metadata or {}).get(b"unit", b"") for field in schema}
    return {name: unit.decode(errors="replace") for name, unit in stated.items() if unit}


def by_astropy(path: Path, form: str, kind: str) -> LabelTable:
    """The columns of the first table of a FITS or VOTable file as text; masked is blank."""
    try:
        from astropy.table import Table
    except ImportError:
        raise DataError(f"{path} is {kind}, which astropy reads: pip install 'galaxy-model-zoo[fits]'.") from None
    try:
        table = Table.read(path, format=form)
        frames = sky_frame.of_file(path) if form == "votable" else {}
    except Exception as error:  # astropy raises a dozen kinds for damaged files
        what = " ".join(str(error).split())
        raise DataError(f"{path} cannot be read as {kind} ({what}): retrieve it again.") from error
    stated = {name: str(table[name].unit) for name in table.colnames if getattr(table[name], "unit", None) is not None}
    if whole := sky_frame.of_header(table.meta):
        frames = dict.fromkeys(table.colnames, whole)
    return LabelTable.of(path, {name: table[name].tolist() for name in table.colnames}, stated, frames)
