"""The IVOA's words for a table: a VOTable document that describes columns, with or without rows.

Without rows it is what Parquet files carry in their metadata by the convention VOParquet 1.0 (IVOA Note, 2025), so that
TOPCAT and astropy show units, UCDs and descriptions; with rows it is `format=votable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pyarrow as pa

from zoo.errors import ZooError

if TYPE_CHECKING:
    from zoo.catalogue import Column

NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DATATYPES = {
    "string": {"datatype": "unicodeChar", "arraysize": "*"},
    "int32": {"datatype": "int"},
    "float32": {"datatype": "float"},
    "float64": {"datatype": "double"},
    "vector": {"datatype": "float", "arraysize": "*"},
}


def document(
    columns: Sequence[Column],
    facts: Mapping[str, str],
    lengths: Mapping[str, int] | None = None,
    origin: Mapping[str, str] | None = None,
) -> str:
    """A VOTable of these columns without rows; `facts` say where they come from, as parameters of the table.

    lengths: of the longest text in each column of texts, where that is known; astropy reads no VOParquet without.
    origin: what Data Origin in the VO (IVOA Note 1.2) has names for, such as rights, as information on the resource.
    """
    root = ElementTree.Element("VOTABLE", version="1.4", xmlns=NAMESPACE)
    resource = ElementTree.SubElement(root, "RESOURCE", type="results")
    for name, value in (origin or {}).items():
        ElementTree.SubElement(resource, "INFO", name=name, value=value)
    ElementTree.SubElement(resource, "COOSYS", ID="icrs", system="ICRS")
    table = ElementTree.SubElement(resource, "TABLE", name="catalogue")
    for name, value in facts.items():
        kind = "char" if value.isascii() else "unicodeChar"
        ElementTree.SubElement(table, "PARAM", name=name, datatype=kind, arraysize="*", value=value)
    for column in columns:
        field = ElementTree.SubElement(table, "FIELD", name=column.name, **DATATYPES[column.kind])
        if column.name in (lengths or {}):
            field.set("arraysize", str(lengths[column.name]))
        field.attrib |= {key: value for key, value in (("unit", column.unit), ("ucd", column.ucd)) if value}
        if column.ucd.startswith("pos.eq"):
            field.set("ref", "icrs")
        ElementTree.SubElement(field, "DESCRIPTION").text = column.description
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False)


def table_rows(shard: pa.Table) -> Iterator[str]:
    """Rows as TABLEDATA. Raises ZooError for a text that XML cannot hold."""
    cells = [
        _texts(shard[name]) if pa.types.is_string(shard[name].type) else _numbers(shard[name])
        for name in shard.column_names
    ]
    for row in zip(*cells, strict=True):
        yield f"<TR><TD>{'</TD><TD>'.join(row)}</TD></TR>\n"


def _numbers(values: pa.ChunkedArray) -> Iterator[str]:
    """The shortest digits that identify each number."""
    return (text.replace("nan", "NaN").replace("inf", "Inf") for text in values.cast(pa.string()).to_pylist())


def _texts(values: pa.ChunkedArray) -> Iterator[str]:
    for text in values.to_pylist():
        if NOT_IN_XML.search(text):
            raise ZooError(
                f"{text!r} cannot stand in a VOTable, which is XML: take the Parquet shards.", "E-VOTABLE-TEXT"
            )
        yield escape(text, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
