"""A data set with galaxies of another one behind its own, which train with labels that models gave them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from zoo import leak
from zoo.dataset import Dataset, Problem, Sample, all_targets, as_target, fingerprint
from zoo.errors import DataError, Incompatible
from zoo.schema import Classes

CODE = "E-PSEUDO-LABELS"


class Joined(Dataset):
    """Two prepared data sets as one.

    base: has classes of its own. other: has the galaxies that are added, to the split `train`; may be `base` itself, of
    which the added galaxies then are unlabelled no more. given: classes by id.

    Raises Incompatible for labels that are no classes and for images of another shape, and DataError for galaxies that
    `other` lacks, that have a label in `base` already, or that are among those to validate or test on.
    """

    def __init__(self, base: Dataset, other: Dataset, given: Mapping[str, str]):
        self.base, self.other, self.given = base, other, dict(given)
        refuse_labels(base, set(given.values()))
        self.added = rows_of(other, list(given))
        self.kept = np.flatnonzero(~base.table["object_id"].isin(self.given)) if base is other else np.arange(len(base))
        refuse_shapes(base, other, self.added)
        if base is not other:
            refuse_known(base, self.given)
        leak.refuse(leak.galaxies(other, self.added, images=True), leak.tested(base, images=True))
        self.schema, self.num_bands, self.label_variance = base.schema, base.num_bands, None
        self.table = self._table()
        names = list(base.schema.columns)
        labels = [names.index(label) for label in self.given.values()]
        self.targets = np.concatenate([all_targets(base)[self.kept], np.array(labels, np.int64)])
        self.fingerprint = self._fingerprint()

    def prepare(self) -> None:
        """Nothing: both are prepared."""

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError for an unusable image."""
        dataset, row = self._source(index)
        found = dataset[row]
        return Sample(found.image, as_target(self.targets[index]), found.object_id, index)

    def place(self, index: int) -> str:
        """Where the data set that has a row says that its image lies."""
        dataset, row = self._source(index)
        return dataset.place(row)

    def _source(self, index: int) -> tuple[Dataset, int]:
        """Of which data set, and which of its rows, a row is."""
        ours = index < len(self.kept)
        return (self.base, self.kept[index]) if ours else (self.other, self.added[index - len(self.kept)])

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """What is wrong with either of them."""
        both = [self.base] if self.base is self.other else [self.base, self.other]
        return (problem for one in both for problem in one.verify(quick))

    def report(self) -> list[str]:
        """What the base reports, and how many galaxies were added."""
        counts = ", ".join(f"{n} {label}" for label, n in pd.Series(self.given).value_counts().items())
        return [*self.base.report(), f"{len(self.given)} galaxies train with labels that models gave them: {counts}"]

    def _table(self) -> pd.DataFrame:
        columns = [name for name in ("object_id", "split", "ra", "dec") if name in self.base.table]
        theirs = self.other.table.iloc[self.added].assign(split="train").reindex(columns=columns)
        return pd.concat([self.base.table.iloc[self.kept][columns], theirs], ignore_index=True)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(f"{fingerprint(self.base)} {fingerprint(self.other)}".encode())
        for object_id, label in self.given.items():
            digest.update(f"\0{object_id}\0{label}".encode())
        return digest.hexdigest()


def refuse_labels(base: Dataset, given: set[str]) -> None:
    """Raise Incompatible unless the labels of the data set are classes, the given ones among them."""
    if not isinstance(base.schema, Classes):
        raise Incompatible(
            f"Pseudo-labels are classes, and the labels of the data set are {base.schema.kind}: take a data set of "
            "classes."
        )
    if strange := sorted(given - {*base.schema.columns}):
        raise Incompatible(
            f"The pseudo-label {strange[0]} is none of the classes {', '.join(base.schema.columns)}: take the table "
            "that belongs to this data set."
        )


def rows_of(other: Dataset, ids: Sequence[str]) -> list[int]:
    """The rows of these galaxies. Raises DataError for one that the data set lacks."""
    rows = {object_id: row for row, object_id in enumerate(other.table["object_id"])}
    if absent := [object_id for object_id in ids if object_id not in rows]:
        raise DataError(
            f"{len(absent)} of {len(ids)} pseudo-labels are of galaxies that their data set does not have any more, "
            f"first {absent[0]}: restore the data set, or repeat zoo recurse.",
            CODE,
        )
    return [rows[object_id] for object_id in ids]


def refuse_shapes(base: Dataset, other: Dataset, rows: Sequence[int]) -> None:
    """Raise Incompatible where the images of the two do not fit into one batch."""
    if rows and len(base):
        ours, theirs = (one[row].image for one, row in ((base, 0), (other, rows[0])))
        if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
            raise Incompatible(
                f"The images of the pseudo-labelled galaxies are {describe(theirs)}, those of the data set "
                f"{describe(ours)}: choose one size for both, dataset.pixels of cutouts, else dataset.image_size."
            )


def describe(image: object) -> str:
    """The shape and type of an image in words."""
    return f"{'x'.join(map(str, image.shape))} {str(image.dtype).removeprefix('torch.')}"


def refuse_known(base: Dataset, given: Mapping[str, str]) -> None:
    """Raise DataError where the data set has a galaxy of this name already."""
    if twice := [object_id for object_id in base.table["object_id"] if object_id in given]:
        raise DataError(
            f"{len(twice)} of {len(given)} galaxies with pseudo-labels are in the data set already, first {twice[0]}: "
            "withdraw them (zoo recurse withdrawn=[…]).",
            CODE,
        )
