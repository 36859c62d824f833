"""Galaxy10: classes and positions of galaxies, and all their images, in one HDF5 file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int

from zoo import cache
from zoo.dataset import Dataset, Problem, Sample, as_target, hash_split
from zoo.errors import DataError, MissingImage
from zoo.frames import Frames
from zoo.schema import Classes
from zoo_dataset_galaxy10.hdf5_table import Hdf5Table

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


class Galaxy10(Dataset):
    """The galaxies of a file with `images` (uint8; galaxy height width band), `ans`, `ra` and `dec` (degrees).

    The file has no ids: a galaxy is called by its position. root, file: where it is. sha256: of the whole file, null
    where it is not known. classes: what the numbers of `ans` mean. Raises DataError for a file of another layout.
    """

    def __init__(self, root: str, file: str, sha256: str | None, classes: Sequence[str]):
        self.file, self.sha256 = Hdf5Table(Path(root) / file), sha256
        self.schema = Classes(tuple(classes))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Name, position and split of each galaxy. One that is listed twice has a name for each row, and one split."""
        rows = pd.DataFrame({"ra": self.file.column("ra"), "dec": self.file.column("dec")})
        named = pd.Series([f"J{ra:010.6f}{dec:+010.6f}" for ra, dec in rows.itertuples(index=False)], dtype=str)
        again = named.groupby(named).cumcount()
        rows.insert(0, "object_id", named.where(again == 0, named + "-" + (again + 1).astype(str)))
        return rows.assign(split=hash_split(named, SHARES))

    @cached_property
    def targets(self) -> Int[np.ndarray, " galaxy"]:
        """The number of each galaxy's class. Raises DataError for a number that stands for no class."""
        found = self.file.column("ans").astype(np.int64)
        if len(strange := np.flatnonzero((found < 0) | (found >= len(self.schema.names)))):
            raise DataError(
                f"Row {strange[0]} of {self.file.path} has the class {found[strange[0]]}, and dataset.classes names "
                f"{len(self.schema.names)}: name all of them."
            )
        return found

    @property
    def fingerprint(self) -> str:
        """The hash of the file, which holds everything that reaches a model."""
        return self.file.sha256

    @cached_property
    def frames(self) -> Frames:
        """The images, unpacked into the cache."""
        return Frames(cache.folder("galaxy10") / f"{self.file.sha256[:32]}.npy")

    def __len__(self) -> int:
        """The number of galaxies."""
        return self.file.shape[0]

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises MissingImage where nothing is prepared."""
        object_id = self.table["object_id"][index]
        if (frame := self.frames[index]) is None:
            raise MissingImage(f"{object_id} has no image in {self.frames.path}: remove that file and prepare again.")
        return Sample(torch.from_numpy(frame.copy()), as_target(self.targets[index]), object_id, index)

    def prepare(self) -> None:
        """Unpack the images, once: 3.5 GB of the published file. Raises DataError for another file than that."""
        count, height, width, bands = self.file.shape
        self.refuse_another(self.file)
        if len(self.targets) and not self.frames.exist():
            need = count * height * width * bands
            cache.refuse_full(self.frames.path.parent, need, "Unpacking Galaxy10", "make room there")
            self.frames.make(self.file.images(), (count, bands, height, width))

    def refuse_another(self, file: Hdf5Table) -> None:
        """Raise DataError where the file is not the one whose hash is known."""
        if self.sha256 and file.sha256 != self.sha256.lower():
            raise DataError(
                f"{file.path} has the sha256 {file.sha256[:9]}… and the published file {self.sha256[:9]}…: fetch it "
                "again, or say dataset.sha256=null where it is another on purpose."
            )

    def verify(self, quick: bool = False) -> Iterator[Problem]:
        """Another hash than the published one; unless quick, every image that differs from what was unpacked."""
        file = Hdf5Table(self.file.path)  # what was read before may be damaged since
        try:
            self.refuse_another(file)
            yield from () if quick else self.changed(file)
        except DataError as error:
            yield Problem("", str(error), error.code)

    def changed(self, file: Hdf5Table) -> Iterator[Problem]:
        """The galaxies whose image in the file is another than in the cache."""
        for row, image in enumerate(file.images()):
            if not np.array_equal(image, self.frames[row]):
                what = f"{file.path} and {self.frames.path} show different images: fetch the one, remove the other."
                yield Problem(self.table["object_id"][row], what)
