"""A table of labels: every cell the text that was written, turned into ids, numbers or classes on request.

Ids never pass through numbers (an 18-digit objid loses its last digits in a float), and words such as NA or null are
ids like any other.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from zoo import angle
from zoo.errors import DataError

MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "--"})
"""What counts as no number, in lower case."""

FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?|[+-]?nan", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class LabelTable:
    """Columns of text by name. `lines` are the places of the rows in the file, counted in units of `unit`.

    measured_in: the units that the file states of its columns, as it spells them; frames: of the sky, the same. A CSV
    file states neither.
    """

    path: Path
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    unit: str = "row"
    measured_in: Mapping[str, str] = field(default_factory=dict)
    frames: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        path: Path,
        columns: Mapping[str, Sequence[Any]],
        measured_in: Mapping[str, str] | None = None,
        frames: Mapping[str, str] | None = None,
    ) -> LabelTable:
        """A table from typed columns: floats keep a point, so that they cannot pass as ids."""
        read = {name: tuple(map(as_text, cells)) for name, cells in columns.items()}
        rows = range(1, 1 + max(map(len, read.values()), default=0))
        return cls(path, read, rows, measured_in=measured_in or {}, frames=frames or {})

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, row: int) -> str:
        """The place of a row, for messages."""
        return f"{self.path}, {self.unit} {self.lines[row]}"

    def text(self, column: str) -> Sequence[str]:
        """The cells of a column. Raises DataError with the nearest names for an unknown one."""
        if column in self.columns:
            return self.columns[column]
        raise DataError(f"{self.path} has no column {column}{nearest(column, self.columns)}.", "E-TABLE-COLUMN")

    def degrees(self, column: str) -> float:
        """How many degrees one unit of a column of angles is, 1 where the file does not say.

        Raises DataError for a unit that is no angle.
        """
        return angle.degrees(self.measured_in.get(column, ""), f"{column} in {self.path}")

    def ids(self, column: str) -> list[str]:
        """The cells of a column as ids of galaxies, byte by byte. Raises DataError for blank, doubled or float ones."""
        ids = list(self.text(column))
        if all(FLOAT.fullmatch(i) or WHOLE.fullmatch(i) or not i for i in ids):
            self._refuse(ids, column, FLOAT.fullmatch, "is a floating-point number, which loses digits of an id: "
                         "write the column as text or whole numbers")  # fmt: skip
        self._refuse(ids, column, lambda i: not i.strip(), "is blank: give every row its id")
        self._refuse(ids, column, lambda i: i != i.strip(), "has blanks around it: remove them")
        self._refuse(ids, column, lambda i: not i.isprintable(), "has control characters: remove them")
        self._refuse_twice(ids)
        return ids

    def numbers(self, columns: Sequence[str]) -> Float[np.ndarray, "row column"]:
        """Columns of numbers; a missing one (blank, NaN, NA, null) is NaN. Raises DataError for any other text."""
        return np.stack([self._numbers(column) for column in columns], axis=1)

    def classes(self, column: str) -> list[str]:
        """The cells of a column of names, without blanks around them; an empty one has no class."""
        return [cell.strip() for cell in self.text(column)]

    def _numbers(self, column: str) -> Float[np.ndarray, " row"]:
        cells = self.text(column)
        try:
            values = np.array([float(cell) for cell in cells])
            plain = not np.isinf(values).any() and not any("_" in cell for cell in cells)
        except ValueError:
            plain = False
        return values if plain else np.array([self._number(column, row, cell) for row, cell in enumerate(cells)])

    def _number(self, column: str, row: int, cell: str) -> float:
        if cell.strip().lower() in MISSING:
            return np.nan
        try:
            if "_" in cell:  # Python's own spelling of thousands
                raise ValueError
            value = float(cell)
        except ValueError:
            found = f"{self.where(row)}: {column} is {cell!r}, no number"
            raise DataError(f"{found}; {hint(cell)}.", "E-TABLE-NUMBER") from None
        if np.isinf(value):
            raise DataError(f"{self.where(row)}: {column} is {cell}; leave an unknown value blank.", "E-TABLE-NUMBER")
        return value

    def _refuse(self, ids: Sequence[str], column: str, bad: Any, why: str) -> None:
        rows = [row for row, i in enumerate(ids) if bad(i)]
        if rows:
            more = f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""
            raise DataError(f"{self.where(rows[0])}{more}: the id {ids[rows[0]]!r} in {column} {why}.", "E-TABLE-ID")

    def _refuse_twice(self, ids: Sequence[str]) -> None:
        seen: dict[str, int] = {}
        pairs = [(seen[i], row) for row, i in enumerate(ids) if seen.setdefault(i, row) != row]
        if not pairs:
            return
        listed = "; ".join(
            f"{ids[b]} in {self.unit}s {self.lines[a]} and {self.lines[b]}, labels {self._compare(a, b)}"
            for a, b in pairs[:3]
        )
        raise DataError(
            f"{self.path} has {len(pairs)} doubled ids ({listed}): keep one row for each galaxy.", "E-TABLE-DOUBLED"
        )

    def _compare(self, a: int, b: int) -> str:
        return "alike" if all(column[a] == column[b] for column in self.columns.values()) else "different"


def as_text(value: Any) -> str:
    """A typed cell as text: null blank, whole numbers exactly, floats with all digits, bytes without their padding."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return value.decode(errors="replace").rstrip(" \0") if isinstance(value, bytes) else str(value)


def nearest(name: str, names: Iterable[str]) -> str:
    """How to go on after an unknown name: the nearest ones, or all of a few."""
    names = [n for n in names if n]
    lower = {n.lower(): n for n in names}
    close = [lower[n] for n in difflib.get_close_matches(name.lower(), lower, n=3)]
    return f"; the nearest are {', '.join(close)}" if close else f"; it has {some(names, 12)}"


def hint(cell: str) -> str:
    """What to do about a cell that is no number."""
    if ":" in cell:
        return "write it in degrees"
    return f"write {cell.replace(',', '.')}" if cell.count(",") == 1 else "mend the cell, or name another column"


def natural(text: str) -> tuple[bool, int, str]:
    """A sort key that puts whole numbers first, in numeric order."""
    whole = text.isascii() and text.isdigit()
    return not whole, int(text) if whole else 0, text


def some(ids: Sequence[str], most: int = 5) -> str:
    """The first ids of a list, for messages."""
    return ", ".join(ids[:most]) + (" …" if len(ids) > most else "")
