"""Tables as results of commands: drawn to fit where a person looks, as wide as need be where a program reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

FRACTION = re.compile(r"-?\d+\.\d{4,}(e[-+]?\d+)?")
"""A number with more digits than a table needs."""


def show(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on stdout."""
    cells = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        draw(columns, cells)
    else:
        print("\n".join(aligned([list(columns), *cells])))


def short(text: str) -> str:
    """A long fraction with four significant digits; any other text as it is."""
    return f"{float(text):.4g}" if FRACTION.fullmatch(text) else text


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table that folds long cells to the width of the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*map(Text, row))  # Text: brackets in a cell are no markup
    Console().print(drawn)
