"""The columns of an HDF5 file in the layout of Galaxy10: one array per column, one row per galaxy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
from jaxtyping import Shaped, UInt8

from zoo.errors import DataError

COLUMNS = ("images", "ans", "ra", "dec")
BLOCK = 256
"""Rows that are read at once where the file does not say how many lie together."""


class Hdf5Table:
    """The file at `path`. Raises DataError, when it is first looked at, where that is none of this layout."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def sha256(self) -> str:
        """The file's hash; 2.5 GB take some seconds."""
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def shape(self) -> tuple[int, int, int, int]:
        """Galaxies, height, width and bands. Raises DataError for columns that are absent or do not fit together."""
        with self.opened() as file:
            if absent := [name for name in COLUMNS if name not in file]:
                raise DataError(
                    f"{self.path} has no {absent[0]}, but {', '.join(file) or 'nothing'}: is it Galaxy10's?"
                )
            lengths = {name: file[name].shape[0] for name in COLUMNS}
            if len(set(lengths.values())) > 1:
                told = ", ".join(f"{count} {name}" for name, count in lengths.items())
                raise DataError(f"{self.path} has {told}: each galaxy needs one of each; fetch the file again.")
            images = file["images"]
            if images.ndim != 4 or images.dtype != np.uint8:
                raise DataError(f"The images of {self.path} are {images.dtype} {images.shape}, not uint8 (n, h, w, 3).")
            return images.shape

    def column(self, name: str) -> Shaped[np.ndarray, " galaxy"]:
        """A column of numbers. Raises DataError where it cannot be read."""
        with self.opened() as file:
            return file[name][()]

    def images(self) -> Iterator[UInt8[np.ndarray, "band height width"]]:
        """The images in the order of rows, read in the blocks that lie together. Raises DataError for a damaged block.

        HDF5 files are packed in blocks of many galaxies and a few pixels: to read one galaxy is to unpack hundreds.
        """
        with self.opened() as file:
            images = file["images"]
            step = images.chunks[0] if images.chunks else BLOCK
            for start in range(0, len(images), step):
                yield from images[start : start + step].transpose(0, 3, 1, 2)

    @contextmanager
    def opened(self) -> Iterator[h5py.File]:
        """The open file. Raises DataError where there is none, or none that can be read."""
        if not self.path.is_file():
            raise DataError(f"There is no {self.path}: fetch it, and give dataset.root=FOLDER, the folder it is in.")
        try:
            with h5py.File(self.path, "r") as file:
                yield file
        except (OSError, RuntimeError) as error:  # what HDF5 raises for damaged files
            raise DataError(f"{self.path} cannot be read ({error}): fetch it again.") from error
