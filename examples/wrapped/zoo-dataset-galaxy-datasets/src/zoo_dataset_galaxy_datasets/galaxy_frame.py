"""Galaxies of a table, read by the dataset class of galaxy-datasets."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from zoo.dataset import Dataset, Problem, Sample, hash_split
from zoo.errors import MissingImage, ZooError, ZooImageError
from zoo.schema import Classes

with contextlib.redirect_stdout(sys.stderr):  # it says on being imported what it has not
    from galaxy_datasets.pytorch.galaxy_dataset import CatalogDataset


class GalaxyFrame(Dataset):
    """A `CatalogDataset` of the classes in one column of a table.

    table, images: the CSV file, and the folder of images. suffix: of an image's name behind the id. object_id, label:
    columns. Raises ZooError where there is no table.
    """

    def __init__(self, table: str, images: str, suffix: str, object_id: str, label: str):
        if not Path(table).is_file():
            raise ZooError(f"There is no table {table}: give dataset.table=FILE.")
        rows = pd.read_csv(table, dtype=str)
        self.schema = Classes(tuple(sorted(set(rows[label]))))
        ids = rows[object_id]
        self.table = pd.DataFrame({"object_id": ids, "split": hash_split(ids, {"train": 0.8, "validation": 0.2})})
        self.targets = rows[label].map(self.schema.names.index).to_numpy()
        files = [str(Path(images) / f"{one}{suffix}") for one in ids]
        self.galaxies = CatalogDataset(
            pd.DataFrame({"id_str": ids, "file_loc": files, "label": self.targets}), ["label"]
        )

    def __len__(self) -> int:
        return len(self.galaxies)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError where its image cannot be read."""
        object_id = self.table["object_id"][index]
        try:
            galaxy = self.galaxies[index]
        except OSError as error:  # Pillow's, for absent and damaged files
            kind = MissingImage if isinstance(error, FileNotFoundError) else ZooImageError
            raise kind(f"{object_id} has no readable image ({error}): fetch it again.") from error
        pixels = torch.from_numpy(np.array(galaxy["image"])).permute(2, 0, 1).contiguous()
        return Sample(pixels, torch.tensor(int(galaxy["label"])), object_id, index)

    def prepare(self) -> None:
        """Nothing has to be made."""

    def verify(self, quick: bool = False) -> Iterator[Problem]:
        """Every image that cannot be read."""
        for index in range(len(self)):
            try:
                self[index]
            except ZooImageError as error:
                yield Problem(self.table["object_id"][index], str(error), error.code)
