"""A folder of galaxies: a table of classes and an image of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int, UInt8
from PIL import Image
from torch import Tensor

from zoo.dataset import Dataset, Problem, Sample, as_target, hash_split
from zoo.errors import DataError, MissingImage, ZooImageError
from zoo.schema import Classes

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


class TemplateDataset(Dataset):
    """`labels.csv` with the columns object_id and label, and `images/<object_id>.png` in RGB, all of one size.

    root: the folder. Raises DataError without a table, or where a galaxy occurs twice.
    """

    def __init__(self, root: str):
        self.root = Path(root)

    @cached_property
    def labels(self) -> pd.DataFrame:
        """The table as it lies there; ids are text."""
        path = self.root / "labels.csv"
        if not path.is_file():
            raise DataError(f"There is no table {path}: give dataset.root=FOLDER, the folder that holds labels.csv.")
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if absent := {"object_id", "label"} - set(table.columns):
            raise DataError(f"{path} has no column {min(absent)}, but {', '.join(table.columns)}: rename one.")
        if len(twice := table["object_id"][table["object_id"].duplicated()]):
            raise DataError(f"{path} has {twice.iloc[0]} twice: leave one row of it.")
        return table

    @cached_property
    def schema(self) -> Classes:
        """The classes, in the order of the alphabet."""
        return Classes(tuple(sorted(set(self.labels["label"]))))

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per galaxy; its id alone decides to which split it belongs."""
        ids = self.labels["object_id"]
        return pd.DataFrame({"object_id": ids, "split": hash_split(ids, SHARES)})

    @cached_property
    def targets(self) -> Int[np.ndarray, " galaxy"]:
        """The number of each galaxy's class."""
        return np.array([self.schema.names.index(name) for name in self.labels["label"]])

    @property
    def fingerprint(self) -> str:
        """A hash of ids, splits, labels and image files."""
        digest = hashlib.sha256(self.labels.to_csv(index=False).encode())
        for object_id in self.labels["object_id"]:
            digest.update(hashlib.sha256(self.file(object_id).read_bytes()).digest())
        return digest.hexdigest()

    def __len__(self) -> int:
        """The number of galaxies."""
        return len(self.labels)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError for an unusable image."""
        object_id = self.labels["object_id"][index]
        return Sample(self.image(object_id), as_target(self.targets[index]), object_id, index)

    def file(self, object_id: str) -> Path:
        """The file of a galaxy's image. Raises MissingImage."""
        path = self.root / "images" / f"{object_id}.png"
        if not path.is_file():
            raise MissingImage(f"{object_id} has no image {path}: fetch it, or take its row out of labels.csv.")
        return path

    def image(self, object_id: str) -> UInt8[Tensor, "3 height width"]:
        """The pixels of a galaxy. Raises ZooImageError for a file that cannot be decoded."""
        path = self.file(object_id)
        try:
            with Image.open(path) as image:
                pixels = np.array(image.convert("RGB"))
        except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for damaged files
            raise ZooImageError(f"{path} cannot be read ({error}): fetch it again.") from error
        return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()

    def prepare(self) -> None:
        """Look whether every image is there; nothing has to be made."""
        for object_id in self.labels["object_id"]:
            self.file(object_id)

    def verify(self, quick: bool = False) -> Iterator[Problem]:
        """Every image that cannot be read; quick: that is missing."""
        for object_id in self.labels["object_id"]:
            try:
                self.file(object_id) if quick else self.image(object_id)
            except ZooImageError as error:
                yield Problem(object_id, str(error), error.code)
