"""What is wrong with a file that is to be handed in to the challenge, a line per problem."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from zoo.dataset import Problem
from zoo.errors import DataError
from zoo.schema import VoteFractions
from zoo.table_file import encoding_of, lines_of, unpacked
from zoo.vote_fractions import TOLERANCE
from zoo_dataset_galaxy_zoo.labels import ID_COLUMNS


def problems(path: Path, object_ids: Sequence[str], tree: VoteFractions) -> Iterator[Problem]:
    """Compare a submission, also a gzipped one, with the galaxies that it has to hold and with the sums of the tree.

    After a wrong header nothing else is looked at. Raises DataError for a file that cannot be read.
    """
    if not path.is_file():
        raise DataError(f"There is no submission {path}: `zoo predict … split=test format=kaggle` writes one.")
    data = unpacked(path)
    reader = csv.reader(lines_of(data, encoding_of(path, data)))
    if what := wrong_header(next(reader, []), tree):
        yield Problem("", f"line 1: {what}")
        return
    known, lines, previous, count = set(object_ids), dict[str, int](), "", 0
    for row in reader:
        if not row:
            yield Problem("", f"line {reader.line_num}: the line is empty")
            continue
        object_id, count = row[0], count + 1
        told = [*wrong_id(object_id, known, lines, previous), *wrong_cells(row, tree)]
        yield from (Problem(object_id, f"line {reader.line_num}: {what}") for what in told)
        lines.setdefault(object_id, reader.line_num)
        previous = object_id
    if count != len(object_ids):
        yield Problem("", f"{count} rows, where there are {len(object_ids)} test galaxies")
    yield from (Problem(i, "is missing: every test galaxy has a row") for i in object_ids if i not in lines)


def wrong_header(header: Sequence[str], tree: VoteFractions) -> str:
    """The first difference to the header that the challenge asks for; empty where there is none."""
    wanted = [ID_COLUMNS[0], *tree.columns]
    found = [ID_COLUMNS[0] if k == 0 and name in ID_COLUMNS else name for k, name in enumerate(header)]
    if found == wanted:
        return ""
    if len(found) != len(wanted):
        return f"the header has {len(found)} columns, expected {len(wanted)}: {wanted[0]},{wanted[1]},…,{wanted[-1]}"
    column = next(k for k, name in enumerate(found) if name != wanted[k])
    return f"column {column + 1} of the header is {header[column]!r}, expected {wanted[column]!r}"


def wrong_id(object_id: str, known: set[str], lines: dict[str, int], previous: str) -> Iterator[str]:
    """What is wrong with the id of a row, or with its place."""
    if object_id not in known:
        yield f"{object_id!r} is none of the test galaxies"
    if object_id in lines:
        yield f"the galaxy stands in line {lines[object_id]} already"
    elif object_id.isdecimal() and previous.isdecimal() and int(object_id) < int(previous):
        yield f"the galaxy stands behind {previous}, and ids have to ascend"


def wrong_cells(row: Sequence[str], tree: VoteFractions) -> Iterator[str]:
    """What is wrong with the numbers of a row; sums are looked at where every number is a fraction."""
    cells = row[1:]
    if len(cells) != len(tree.columns):
        yield f"{len(row)} cells, expected {1 + len(tree.columns)}"
        return
    values = [fraction(cell) for cell in cells]
    bad = [k for k, value in enumerate(values) if value is None]
    for k in bad:
        yield f"{tree.columns[k]} is {cells[k]!r}, expected a number from 0 to 1"
    if not bad:
        yield from wrong_sums(values, tree)


def fraction(cell: str) -> float | None:
    """The number in a cell, None if it is no fraction."""
    try:
        value = math.nan if "_" in cell else float(cell)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def wrong_sums(values: Sequence[float], tree: VoteFractions) -> Iterator[str]:
    """The questions whose answers do not sum to the fraction of the answer they follow."""
    for question, where, parent in zip(tree.questions, tree.slices, tree.parents, strict=True):
        total, wanted = sum(values[where]), 1 if parent is None else values[parent]
        if abs(total - wanted) > TOLERANCE:
            whose = "expected 1" if question.parent is None else f"{question.parent} is {wanted:.6g}"
            yield f"the answers of {question.name} sum to {total:.6g}, {whose}"
