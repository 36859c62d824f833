"""The generic dataset: any CSV, Parquet or FITS table with ids, labels and a folder of images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from zoo import labels, sky_frame
from zoo.dataset import Dataset, Problem, Sample, as_target, label_mask
from zoo.errors import DataError, ZooError
from zoo.image_files import ImageFiles, listed, named, with_images
from zoo.image_stack import ImageStack
from zoo.label_table import LabelTable
from zoo.labels import SHARES, Labels
from zoo.table_file import read_table

COORDINATES = {"ra": (0.0, 360.0), "dec": (-90.0, 90.0)}
"""Range in degrees, ICRS."""


class Table(Dataset):
    """Galaxies of a table. Labels are a column of classes, columns of numbers, or vote fractions of a decision tree.

    table: the file. images: a folder or zip archive, relative to the table's folder. suffix: follows the id in the name
    of an image. object_id, ra, dec: names of columns. image: a column with paths within `images`, in place of id and
    suffix. label: a column of classes; classes: their names and order, if not all that occur. answers: columns of
    numbers. tree: questions whose answers are columns; schema: what these hold, `fractions` or numbers of `votes`.
    split: `hash` or a column. missing: `refuse` or `drop` rows without image. violations: `refuse`, `drop` or `keep`
    labels that break the tree. image_size, limits, cache: see `zoo.image_stack`.
    """

    def __init__(
        self,
        table: Path | None,
        images: str = "images",
        suffix: str = ".jpg",
        object_id: str = "object_id",
        image: str | None = None,
        label: str | None = None,
        classes: Sequence[str] = (),
        answers: Sequence[str] = (),
        tree: Mapping[str, Any] | None = None,
        schema: str = "fractions",
        ra: str | None = None,
        dec: str | None = None,
        split: str = "hash",
        missing: str = "refuse",
        violations: str = "refuse",
        image_size: int | None = None,
        limits: Sequence[float] | None = None,
        cache: bool = False,
    ):
        if table is None:
            raise ZooError(
                "dataset=table needs dataset.table=FILE, a CSV, Parquet or FITS table with one row a galaxy."
            )
        self.path = Path(table).expanduser()
        self.images, self.suffix, self.image = self.path.parent / images, suffix, image
        self.columns = {"object_id": object_id, "ra": ra, "dec": dec}
        self.labels = Labels(label, classes, answers, tree, schema, violations)
        self.split, self.missing = split, missing
        self.reading = {"image_size": image_size, "limits": limits, "cache": cache}
        self.stack: ImageStack | None = None

    def prepare(self) -> None:
        """Read the table, find and examine the images, decode them into the cache where asked."""
        if self.stack is not None:
            return
        rows = read_table(self.path)
        ids = rows.ids(self.columns["object_id"])
        files = self._files(rows, ids)
        kept = with_images(ids, files, self.missing)
        if not kept:
            raise DataError(f"0 galaxies of {self.path} have an image in {self.images} (it has {len(ids)} rows).")
        self.schema, targets, self.broken = self.labels.read(rows, ids)
        split = labels.splits(rows, ids, label_mask(targets), self.split, SHARES)
        stack = ImageStack(files, [ids[row] for row in kept], **self.reading)
        stack.prepare()
        self.table = pd.DataFrame({"object_id": stack.object_ids, **self._positions(rows, kept), "split": split[kept]})
        self.targets, self.num_bands = targets[kept], stack.shape[0]
        self.fingerprint = stack.fingerprint(split[kept].tolist(), self.targets)
        self.spare = len(files) - len(kept)
        self.stack = stack

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError for an unusable image."""
        image = torch.from_numpy(self.stack[index])
        return Sample(image, as_target(self.targets[index]), self.stack.object_ids[index], index)

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """What is wrong with the images; the table was checked when it was read."""
        return self.stack.problems(quick)

    def report(self) -> list[str]:
        """What is in the dataset, as lines: galaxies by split, images without rows, sums that break the tree."""
        counts = ", ".join(f"{n} {split}" for split, n in self.table["split"].value_counts().items())
        lines = [f"{len(self)} galaxies: {counts}", f"{self.spare} images without a row"]
        return lines + self.labels.told(self.broken)

    def _files(self, rows: LabelTable, ids: Sequence[str]) -> ImageFiles:
        if self.image is None:
            return listed(self.images, self.suffix)
        return named(self.images, dict(zip(ids, rows.text(self.image), strict=True)))

    def _positions(self, rows: LabelTable, kept: Sequence[int]) -> dict[str, np.ndarray]:
        positions = {}
        for name, (low, high) in COORDINATES.items():
            if column := self.columns[name]:
                positions[name] = rows.numbers([column])[kept, 0] * rows.degrees(column)
                if ((positions[name] < low) | (positions[name] > high)).any():
                    raise DataError(
                        f"{rows.path}: {column} leaves {low:g} to {high:g} degrees: mend or rename dataset.{name}."
                    )
        if len(positions) == len(COORDINATES):
            columns = self.columns["ra"], self.columns["dec"]
            found = sky_frame.to_icrs(positions["ra"], positions["dec"], rows.frames, columns, str(rows.path))
            positions = dict(zip(COORDINATES, found, strict=True))
        return positions
