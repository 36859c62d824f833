"""A recipe: how the cutout of a galaxy is made from its frames, and how its pixels are kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Num, UInt8

from zoo.errors import Incompatible, ZooError
from zoo_dataset_surveys import frame
from zoo_dataset_surveys.colour import PRESETS, UNITS
from zoo_dataset_surveys.cutter import Cut, Cutter, Unit
from zoo_dataset_surveys.frame import Frame
from zoo_dataset_surveys.size import SIZES, CutoutSize

VERSION = 1
"""Of all that decides a pixel: it grows when that changes, and what was cut before is left alone."""

WHOLE = ("uint8", "uint16")
DEPTHS = (*WHOLE, "float16", "float32")
"""Numbers in which pixels can be kept."""

Pixels = Num[np.ndarray, "band height width"]


class FrameFile(NamedTuple):
    """A frame, and the SHA-256 of its file."""

    frame: Frame
    sha256: str


@dataclass(frozen=True)
class Recipe:
    """One way to make cutouts. conf/dataset/cutouts.yaml explains the values.

    size: a side in arcsec, or a name of `zoo_dataset_surveys.size.SIZES`. colour: a name of `colour.PRESETS`. depth:
    one of DEPTHS, None for what the colour gives. limits: the values that become 0 and 1. zero_point: before what
    headers say; survey_zero_point: where they say nothing. Raises ZooError for values that are none, and Incompatible
    for a colour that needs other bands.
    """

    bands: tuple[str, ...]
    size: float | str
    pixels: int
    cut: Cut = "corrected"
    colour: str = "bands"
    unit: Unit | None = None
    zero_point: float | None = None
    survey_zero_point: float | None = None
    depth: str | None = None
    limits: tuple[float, float] | None = None
    fill: float | None = 0.0
    most_masked: float = 0.2
    centre: tuple[str, str] | None = None
    mask: tuple[str, str] | None = None
    weight: tuple[str, str] | None = None
    hdu: int | str | None = None

    def __post_init__(self) -> None:
        if self.colour not in PRESETS:
            raise ZooError(f"dataset.colour={self.colour} is unknown: choose one of {', '.join(PRESETS)}.")
        if isinstance(self.size, str) and self.size not in SIZES:
            raise ZooError(f"dataset.size={self.size}: give a side in arcsec, or one of {', '.join(SIZES)}.")
        if self.pixels < 1:
            raise ZooError(f"dataset.pixels={self.pixels}: all cutouts have one side, of 1 pixel or more.")
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise ZooError(f"dataset.limits={list(self.limits)}: name the value that becomes 0, then the larger one.")
        if self.depth not in (None, *DEPTHS):
            raise ZooError(f"dataset.depth={self.depth} is unknown: choose one of {', '.join(DEPTHS)}, or null.")

    @cached_property
    def layout(self) -> tuple[int, np.dtype]:
        """Planes of a cutout, and the numbers in which they are kept. Raises Incompatible."""
        made = self._coloured(np.zeros((len(self.bands), 1, 1), np.float32))
        if made.dtype == np.uint8 and self.depth not in (None, "uint8"):
            raise Incompatible(
                f"dataset.colour={self.colour} makes 8-bit colours, which dataset.depth={self.depth} cannot deepen: "
                "take dataset.colour=bands or bands_asinh."
            )
        if made.dtype != np.uint8 and self.depth in WHOLE and self.limits is None and self.colour == "bands":
            raise ZooError(
                f"dataset.depth={self.depth} keeps whole numbers from black to white: say which values these are, with "
                "dataset.limits=[low,high]."
            )
        return len(made), np.dtype(self.depth or made.dtype)

    @cached_property
    def cutout_size(self) -> CutoutSize:
        """The size of a cutout on the sky."""
        return SIZES[self.size] if isinstance(self.size, str) else CutoutSize(float(self.size), "arcsec")

    @property
    def columns(self) -> list[str]:
        """The columns of numbers that the table of positions must have."""
        return [*self.cutout_size.columns, *(self.centre or ())]

    @property
    def key(self) -> str:
        """A text of all that decides the kept pixels."""
        return repr([VERSION, sorted(asdict(self).items()), self.cutout_size])

    def read(self, path: Path, band: str) -> FrameFile:
        """The frame in a file with its mask and weight. Raises ZooImageError."""
        data = path.read_bytes()
        planes = {kind: file for kind, file in self.beside(path).items() if file.is_file()}
        found = frame.read(data, str(path), self.hdu, band, self.zero_point, **planes)
        if found.zero_point is None:
            found = replace(found, zero_point=self.survey_zero_point)
        return FrameFile(found, hashlib.sha256(data).hexdigest())

    def beside(self, path: Path) -> Mapping[str, Path]:
        """Where the files of a frame's mask and weight lie, if they are files of their own that its name leads to."""
        meant = {"mask": self.mask, "weight": self.weight}.items()
        named = {kind: words for kind, words in meant if words and words[0] in path.name}
        return {kind: path.with_name(path.name.replace(*words)) for kind, words in named.items()}

    def cutter(self, frames: Mapping[str, Frame | None]) -> Cutter:
        """What cuts galaxies out of these frames. Raises Incompatible and ZooImageError as it does."""
        unit = self.unit or UNITS.get(self.colour, "stored")
        size, masked = self.cutout_size, self.most_masked
        return Cutter(frames, size, self.pixels, self.cut, unit, self.fill, masked, self.centre)

    def kept(self, cutout: Float32[np.ndarray, "band height width"]) -> Pixels:
        """The pixels of a cutout as they lie on disk: in [0, 1], or up to white; fluxes where there are no limits."""
        made, dtype = self._coloured(cutout), self.layout[1]
        if made.dtype == np.uint8:
            return made
        scaled = made if self.limits is None else unit_interval(made, *self.limits)
        return np.rint(scaled * np.iinfo(dtype).max).astype(dtype) if dtype.name in WHOLE else scaled.astype(dtype)

    def shown(self, kept: Pixels) -> UInt8[np.ndarray, "band height width"] | Float32[np.ndarray, "band height width"]:
        """Kept pixels as a model takes them: 8 bits as they are, all others as float32 in [0, 1], at their depth."""
        import torch

        if kept.dtype == np.uint16:
            return kept / np.float32(np.iinfo(np.uint16).max)
        # The same numbers as astype's, nine times as fast.
        return torch.from_numpy(kept).float().numpy() if kept.dtype == np.float16 else kept

    def flux(self, kept: Pixels) -> Float32[np.ndarray, "band height width"]:
        """Kept bands in the unit of the recipe again, as far as limits and depth let them through."""
        low, high = self.limits or (0, 1)
        white = np.iinfo(kept.dtype).max if kept.dtype.name in WHOLE else 1
        return kept.astype(np.float32) * np.float32((high - low) / white) + np.float32(low)

    def _coloured(self, cutout: Float32[np.ndarray, "band height width"]) -> Pixels:
        return PRESETS[self.colour](cutout, self.bands)


def unit_interval(values: Num[np.ndarray, "*any"], low: float, high: float) -> Float32[np.ndarray, "*any"]:
    """Values from `low` to `high` as float32 from 0 to 1; those beyond are clipped."""
    made = np.subtract(values, np.float32(low), dtype=np.float32)
    made *= np.float32(1 / (high - low))
    return np.clip(made, 0, 1, out=made)


def pair(value: Sequence | None, key: str) -> tuple | None:
    """A list of two as a tuple. Raises ZooError for lists of another length."""
    if value is not None and (isinstance(value, str) or len(value) != 2):
        raise ZooError(f"dataset.{key}={value}: give a list of two, or null.")
    return None if value is None else tuple(value)
