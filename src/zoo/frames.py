"""Decoded frames of a dataset as one memory map in the cache: decoding is paid once, not once an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from zoo import cache
from zoo.atomic import replacing, sweep

Frame = UInt8[np.ndarray, "band height width"] | Float32[np.ndarray, "band height width"]


class Frames:
    """The frames in a file, by row, all of one depth; a row whose image could not be decoded has none.

    The file is mapped when a frame is first asked for, by each process for itself, so workers are sent a path only.
    A frame is a window on that map, not a copy: writing into it changes no file, but what this process reads next.
    """

    def __init__(self, path: Path):
        self.path = path
        self._frames: np.ndarray | None = None
        self._usable: np.ndarray | None = None

    def __getitem__(self, row: int) -> Frame | None:
        if self._frames is None:
            self._usable = np.load(usable(self.path), allow_pickle=False)
            self._frames = np.load(self.path, mmap_mode="c", allow_pickle=False)
        return self._frames[row].transpose(2, 0, 1) if self._usable[row] else None

    def __getstate__(self) -> dict:
        return {"path": self.path, "_frames": None, "_usable": None}

    def exist(self) -> bool:
        """Whether the file was finished."""
        return self.path.is_file() and usable(self.path).is_file()

    def make(
        self, frames: Iterable[Frame | None], shape: tuple[int, ...], instead: str = "take smaller images"
    ) -> None:
        """Write frames of `shape` (galaxy, band, height, width).

        Raises ZooError if the disk has no room for them; instead: what else can be done then.
        """
        count, bands, height, width = shape
        dtype, frames = depth(frames)
        folder, need = self.path.parent, count * bands * height * width * dtype.itemsize
        cache.refuse_full(folder, need, "The file of decoded frames", instead)
        sweep(folder)
        done = np.zeros(count, bool)
        with replacing(self.path) as file:
            layout = {"descr": dtype.str, "fortran_order": False, "shape": (count, height, width, bands)}
            np.lib.format.write_array_header_1_0(file, layout)
            for row, frame in enumerate(frames):
                done[row] = frame is not None
                file.write(frame.transpose(1, 2, 0).tobytes() if frame is not None else bytes(need // count))
            with replacing(usable(self.path)) as marks:
                np.save(marks, done)


def depth(frames: Iterable[Frame | None]) -> tuple[np.dtype, Iterator[Frame | None]]:
    """The numbers of the first frame there is, and all frames from the beginning."""
    rest, begun = iter(frames), []
    for frame in rest:
        begun.append(frame)
        if frame is not None:
            return frame.dtype, chain(begun, rest)
    return np.dtype(np.uint8), iter(begun)


def usable(path: Path) -> Path:
    """The file that tells which rows have a frame."""
    return path.with_suffix(".usable.npy")
