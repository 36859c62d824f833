"""Tables in the exchange format of the Virtual Observatory: version 1.2 without a name space, as Data Lab has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from zoo_dataset_surveys.standin.exchange import Reply

KIND = "application/x-votable+xml"
UCDS = {"access_url": "VOX:Image_AccessReference", "access_format": "VOX:Image_Format", "object": "VOX:Image_Title",
        "s_ra": "POS_EQ_RA_MAIN", "s_dec": "POS_EQ_DEC_MAIN"}  # fmt: skip


def table(rows: list[dict[str, Any]], names: Sequence[str], texts: bool = False, overflow: bool = False) -> Reply:
    """Rows with these columns. texts: all of them characters. overflow: say behind the table that there are more."""
    fields = "".join(field(name, rows, texts) for name in names)
    cells = "".join(f"<TR>{''.join(f'<TD>{escape(str(row[name]))}</TD>' for name in names)}</TR>" for row in rows)
    more = status("OVERFLOW") if overflow else ""
    return whole(f"{status('OK')}<TABLE>{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>{more}")


def field(name: str, rows: list[dict[str, Any]], texts: bool) -> str:
    """The declaration of a column."""
    value = rows[0][name] if rows else ""
    numbers = {int: 'datatype="long"', float: 'datatype="double"'}
    kind = 'datatype="char" arraysize="*"' if texts else numbers.get(type(value), 'datatype="char" arraysize="*"')
    ucd = f' ucd="{UCDS[name]}"' if texts and name in UCDS else ""
    return f'<FIELD name="{name}" {kind}{ucd}/>'


def refused(why: str) -> Reply:
    """No table but the reason, with status 200."""
    return whole(status("ERROR", why))


def status(value: str, text: str = "") -> str:
    """The element that says how a query went."""
    return f'<INFO name="QUERY_STATUS" value="{value}">{escape(text)}</INFO>'


def whole(inside: str) -> Reply:
    """A document of one resource."""
    text = f'<?xml version="1.0"?><VOTABLE version="1.2"><RESOURCE type="results">{inside}</RESOURCE></VOTABLE>'
    return Reply(text.encode(), KIND)
