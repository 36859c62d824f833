"""The images of a dataset's rows, all of one shape: read by row number, from files or from decoded frames."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Shaped

from zoo import cache, cutout
from zoo.dataset import Problem
from zoo.errors import DataError, ZooError, ZooImageError
from zoo.frames import Frames
from zoo.image_files import ImageFiles
from zoo.manifest import RULE, Facts, examine
from zoo.progress import track


class ImageStack:
    """Images by row. `shape` (bands, height, width) is that of most files, or as `image_size` asks.

    limits: see `zoo.cutout.read`. cache: keep the decoded frames on disk. May be used once `prepare` has returned.
    """

    def __init__(
        self,
        files: ImageFiles,
        object_ids: Sequence[str],
        image_size: int | None = None,
        limits: Sequence[float] | None = None,
        cache: bool = False,
    ):
        if image_size is not None and image_size < 1:
            raise ZooError(f"dataset.image_size={image_size}: name a number of pixels from 1, or null for no change.")
        if limits is not None and not (len(limits) == 2 and limits[0] < limits[1]):
            raise ZooError(f"dataset.limits={list(limits)}: name the value that becomes 0, then the larger one for 1.")
        self.files, self.object_ids = files, list(object_ids)
        self.image_size, self.limits, self._cache = image_size, limits, cache
        self.facts: list[Facts] = []
        self.frames: Frames | None = None

    def prepare(self) -> None:
        """Examine the files, and decode them all into the cache if asked."""
        self.facts, self.manifests = examine(self.files, self.object_ids)
        self.shape = self._shape()
        if self._cache:
            self.frames = self._decoded()

    def __len__(self) -> int:
        return len(self.object_ids)

    def __getitem__(self, row: int) -> Shaped[np.ndarray, "band height width"]:
        """The image of a row, uint8 or float32 in [0, 1]. Raises ZooImageError with the id for an unusable one."""
        frame = self.frames[row] if self.frames else None
        if frame is not None:
            return frame
        try:
            return self._image(row, self.files.read_bytes(self.object_ids[row]))
        except ZooImageError as error:
            raise type(error)(f"Galaxy {self.object_ids[row]} (row {row}): {error}", error.code) from error

    def place(self, row: int) -> str:
        """The path of a row's file; blank where there is none."""
        object_id = self.object_ids[row]
        return str(self.files.place(object_id)) if object_id in self.files else ""

    def problems(self, quick: bool) -> Iterator[Problem]:
        """What is wrong with the files: by their headers and last bytes, or in full by every pixel and sha256."""
        for row, (object_id, facts) in enumerate(zip(self.object_ids, self.facts, strict=True)):
            try:
                if facts.problem:
                    raise ZooImageError(facts.problem, facts.code)
                self._check_shape(row, facts.shape)
                self._check_sha256(row, facts.sha256)
                if not quick:
                    data = self.files.read_bytes(object_id)
                    self._check_sha256(row, hashlib.sha256(data).hexdigest())
                    self._image(row, data)
            except ZooImageError as error:
                yield Problem(object_id, str(error), error.code)

    def fingerprint(self, splits: Sequence[str], targets: Shaped[np.ndarray, "galaxy ..."]) -> str:
        """A hash of all that reaches a model: ids, splits, labels and pixels, in the order of rows."""
        digest = hashlib.sha256(self._pixels().encode() + np.ascontiguousarray(targets).tobytes())
        digest.update("\n".join([*self.object_ids, *splits]).encode())
        return digest.hexdigest()

    def _pixels(self) -> str:
        """A hash of every pixel: of the files' sha256 in the order of rows, and of how they are read."""
        key = [RULE, repr(self.image_size), repr(self.limits and list(self.limits)), *(f.sha256 for f in self.facts)]
        return hashlib.sha256("\n".join(key).encode()).hexdigest()

    def _shape(self) -> tuple[int, int, int]:
        shapes = Counter(facts.shape for facts in self.facts if not facts.problem)
        bands, height, width = shapes.most_common(1)[0][0] if shapes else (3, 1, 1)
        return (bands, height, width) if self.image_size is None else (bands, self.image_size, self.image_size)

    def _image(self, row: int, data: bytes) -> Shaped[np.ndarray, "band height width"]:
        image = cutout.read(data, str(self.files.place(self.object_ids[row])), self.limits)
        self._check_shape(row, image.shape)
        return image if self.image_size is None else cutout.fit(image, self.image_size)

    def _check_shape(self, row: int, shape: tuple[int, ...]) -> None:
        place, (bands, height, width) = self.files.place(self.object_ids[row]), self.shape
        if shape[0] != bands:
            raise ZooImageError(f"{place} has {shape[0]} bands where most have {bands}: convert it.", "E-IMAGE-SIZE")
        if self.image_size is None and shape != self.shape:
            raise ZooImageError(
                f"{place} has {shape[2]}×{shape[1]} pixels where most images here have {width}×{height}: "
                f"dataset.image_size={width} pads or crops about the centre.",
                "E-IMAGE-SIZE",
            )

    def _check_sha256(self, row: int, sha256: str) -> None:
        place, facts = self.files.place(self.object_ids[row]), self.facts[row]
        if sha256 != facts.prepared:
            raise ZooImageError(
                f"{place} is not what was prepared (sha256 {sha256[:9]}…, was {facts.prepared[:9]}…): restore it, or, "
                f"if the change was meant, remove {self.manifests[place.container]} and prepare again.",
                "E-IMAGE-CHANGED",
            )

    def _decoded(self) -> Frames:
        frames = Frames(cache.folder("frames") / f"{self._pixels()[:32]}.npy")
        if not frames.exist():
            rows = track(range(len(self)), "decoding images", len(self))
            of_one_depth = self._of_one_depth(map(self._frame, rows))
            frames.make(of_one_depth, (len(self), *self.shape), instead="take dataset.cache=false")
        return frames

    def _frame(self, row: int) -> np.ndarray | None:
        try:
            return self[row]
        except ZooImageError:
            return None  # reading the row says why, each time it is asked for

    def _of_one_depth(self, images: Iterable[np.ndarray | None]) -> Iterator[np.ndarray | None]:
        """The images of all rows. Raises DataError for one of another depth than those before."""
        depth = None
        for row, image in enumerate(images):
            if image is not None and image.dtype != (depth := depth or image.dtype):
                raise DataError(
                    f"dataset.cache=true keeps images of one depth, and {self.files.place(self.object_ids[row])} has "
                    f"{image.dtype} where others have {depth}: dataset.cache=false."
                )
            yield image
