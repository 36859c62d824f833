"""The labels of the challenge by GalaxyID: 37 vote fractions, or one class a galaxy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from zoo import labels
from zoo.label_table import LabelTable
from zoo.schema import Classes, Schema, VoteFractions
from zoo.table_file import read_table

ID_COLUMNS = ("GalaxyID", "GalaxyId")
"""The data write the first, the challenge's evaluation page the second (spec A6)."""


@dataclass(frozen=True)
class Labels:
    """Labels in the order of their table. broken: the ids whose fractions do not sum as the tree asks."""

    schema: Schema
    ids: Sequence[str]
    values: Shaped[np.ndarray, "label ..."]
    broken: Sequence[str] = ()

    def at(self, object_ids: Sequence[str]) -> Shaped[np.ndarray, "galaxy ..."]:
        """The label of each galaxy: NaN, or the class -1, where there is none."""
        nothing = -1 if isinstance(self.schema, Classes) else np.nan
        found = np.full((len(object_ids), *self.values.shape[1:]), nothing, self.values.dtype)
        row_of = {object_id: row for row, object_id in enumerate(self.ids)}
        known = [(k, row_of[i]) for k, i in enumerate(object_ids) if i in row_of]
        if known:
            at, rows = map(list, zip(*known, strict=True))
            found[at] = self.values[rows]
        return found


def fractions(path: Path, tree: VoteFractions, violations: str) -> Labels:
    """The vote fractions of a solutions table, columns by name. `violations`: see `zoo.vote_fractions`."""
    rows = read_table(path)
    ids = galaxy_ids(rows)
    return Labels(tree, ids, *labels.fractions(rows, tree, ids, violations))


def classes(path: Path) -> Labels:
    """The classes of a table with the column `label`."""
    rows = read_table(path)
    schema, values = labels.classes(rows, "label")
    return Labels(schema, galaxy_ids(rows), values)


def none(schema: Schema) -> Labels:
    """No labels at all, as for a folder of test images."""
    shape = (0,) if isinstance(schema, Classes) else (0, len(schema.columns))
    return Labels(schema, (), np.empty(shape, np.int64 if isinstance(schema, Classes) else np.float32))


def galaxy_ids(rows: LabelTable) -> list[str]:
    """The ids of a table of the challenge, however it spells their column."""
    return rows.ids(next((name for name in ID_COLUMNS if name in rows.columns), ID_COLUMNS[0]))
