"""Labels: columns of a table as the targets of a schema, and the split of each galaxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from zoo import vote_counts, vote_fractions
from zoo.dataset import SPLITS, UNLABELLED, hash_split
from zoo.errors import DataError, ZooError
from zoo.label_table import LabelTable, natural, some
from zoo.schema import Classes, Quantities, Schema, VoteCounts, VoteFractions, read_tree

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""What fraction of the galaxies each split gets by default."""


@dataclass(frozen=True)
class Labels:
    """Which columns of a table are labels, and what they mean; without any, galaxies can only be predicted.

    label: a column of classes; classes: their names and order, if not all that occur. answers: columns of numbers.
    tree: questions whose answers are columns; schema: what these hold, `fractions` or numbers of `votes`. violations:
    `refuse`, `drop` or `keep` labels that break the tree. Raises ZooError where more than one kind is named.
    """

    label: str | None = None
    classes: Sequence[str] = ()
    answers: Sequence[str] = ()
    tree: Mapping[str, Any] | None = None
    schema: str = "fractions"
    violations: str = "refuse"

    def __post_init__(self) -> None:
        if (self.label is not None) + bool(self.answers) + bool(self.tree) > 1:
            raise ZooError(
                "Choose one of dataset.label, dataset.answers and dataset.tree: a dataset has one kind of label."
            )
        if self.schema not in ("fractions", "votes"):
            raise ZooError(f"dataset.schema={self.schema}: the columns of a tree hold fractions or votes.")
        if self.schema == "votes" and not self.tree:
            raise ZooError("dataset.schema=votes needs the questions: choose a tree with tree@dataset.tree=gz2.")

    def read(self, rows: LabelTable, ids: Sequence[str]) -> tuple[Schema, Shaped[np.ndarray, "galaxy ..."], list[str]]:
        """The schema, the target of each galaxy, and the ids of those that break the tree. Raises DataError."""
        if self.label is not None:
            return *classes(rows, self.label, self.classes), []
        if self.tree:
            schema = read_tree(self.tree["questions"], counts=self.schema == "votes")
            reader = fractions if isinstance(schema, VoteFractions) else votes
            return schema, *reader(rows, schema, ids, self.violations)
        answers = tuple(map(str, self.answers))
        values = rows.numbers(answers) if answers else np.empty((len(rows), 0))
        return Quantities(answers), values.astype(np.float32), []

    def told(self, broken: Sequence[str]) -> list[str]:
        """How many galaxies break the tree, as a line; none without a tree."""
        if not self.tree:
            return []
        more, sums = "have more votes on a question than came to it", "break the sums of the tree"
        return [f"{len(broken)} galaxies {more if self.schema == 'votes' else sums}"]


def classes(rows: LabelTable, column: str, names: Sequence[str] = ()) -> tuple[Classes, Int[np.ndarray, " galaxy"]]:
    """The classes in a column, in natural order or as `names` lists them, and each galaxy's class (-1: blank).

    Raises DataError for a class that `names` does not list, and for a column with nearly as many values as galaxies.
    """
    cells = rows.classes(column)
    found = sorted({cell for cell in cells if cell}, key=natural)
    known = [str(name) for name in names] or found
    if strange := [name for name in found if name not in known]:
        raise DataError(f"{rows.path}: {column} has the classes {some(strange)}, dataset.classes lists {some(known)}.")
    if len(found) > max(20, len(cells) // 2):
        raise DataError(
            f"{rows.path}: {column} has {len(found)} different values in {len(cells)} rows, no classes; name another "
            "column with dataset.label, or columns of numbers with dataset.answers."
        )
    number = {name: k for k, name in enumerate(known)} | {"": -1}
    return Classes(tuple(known)), np.array([number[cell] for cell in cells], dtype=np.int64)


def fractions(
    rows: LabelTable, schema: VoteFractions, ids: Sequence[str], way: str
) -> tuple[Float[np.ndarray, "galaxy answer"], list[str]]:
    """The vote fractions of each galaxy by the names of the answers, and the ids of those that break the tree's sums.

    Raises DataError for numbers that are no fractions, and for broken sums if `way` is refuse; drop makes them NaN.
    """
    values = rows.numbers(schema.columns)
    vote_fractions.check_range(schema, values, ids)
    broken = vote_fractions.violations(schema, values, ids, way)
    if way == "drop":
        values[broken] = np.nan
    return values.astype(np.float32), np.array(ids)[broken].tolist()


def votes(
    rows: LabelTable, schema: VoteCounts, ids: Sequence[str], way: str
) -> tuple[Float[np.ndarray, "galaxy answer"], list[str]]:
    """The votes of each galaxy by the names of the answers, and the ids of those with more votes than volunteers came.

    Raises DataError for numbers that are no votes, and for such galaxies if `way` is refuse; drop makes them NaN.
    """
    return checked_votes(schema, rows.numbers(schema.columns), ids, way)


def checked_votes(
    schema: VoteCounts, numbers: Float[np.ndarray, "galaxy answer"], ids: Sequence[str], way: str
) -> tuple[Float[np.ndarray, "galaxy answer"], list[str]]:
    """Numbers in the order of the schema as votes, and the ids of galaxies whose votes break the tree (see `votes`)."""
    values = vote_counts.whole(schema, numbers, ids)
    broken = vote_counts.violations(schema, values, ids, way)
    if way == "drop":
        values[broken] = np.nan
    return values.astype(np.float32), np.array(ids)[broken].tolist()


def splits(
    rows: LabelTable, ids: Sequence[str], labelled: Shaped[np.ndarray, " galaxy"], way: str, shares: Mapping[str, float]
) -> Shaped[np.ndarray, " galaxy"]:
    """The split of each galaxy: by a hash of its id, or as a column says; without a label it is `unlabelled`.

    way: `hash`, or the name of a column. shares: what fraction each split gets. A column's `test` stays test.
    """
    if way == "hash":
        return np.where(labelled, hash_split(ids, shares), UNLABELLED)
    said = np.array([cell.strip() for cell in rows.text(way)])
    if strange := sorted(set(said) - {*SPLITS, UNLABELLED}):
        raise DataError(
            f"{rows.path}: {way} has the splits {some(strange)}, zoo knows {', '.join(SPLITS)} and {UNLABELLED}: "
            "rename them, or choose dataset.split=hash."
        )
    return np.where(labelled | (said == "test"), said, UNLABELLED)
