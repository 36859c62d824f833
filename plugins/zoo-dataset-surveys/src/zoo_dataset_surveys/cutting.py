"""Cutting: the pixels and the provenance of galaxies from the files that show them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoo.dataset import Problem
from zoo.errors import ZooImageError
from zoo_dataset_surveys.cutter import Cutout, Target
from zoo_dataset_surveys.flags import Flag
from zoo_dataset_surveys.recipe import FrameFile, Pixels, Recipe

log = logging.getLogger("zoo")

Group = tuple[Mapping[str, Path | None], list[Target]]
"""Galaxies, and the file that shows them in each band, or None."""


class Cutting:
    """Cuts groups of galaxies by a recipe. root: the folder that the names of frames in the rows are relative to."""

    def __init__(self, recipe: Recipe, root: Path):
        self.recipe, self.root = recipe, root
        self._in_hand: dict[tuple[Path, str], FrameFile | None] = {}

    def cut(self, targets: Sequence[Target], groups: Sequence[Group]) -> tuple[pd.DataFrame, Pixels]:
        """Rows and kept pixels of galaxies in their order; `groups` hold each of them once.

        Raises Incompatible and ZooImageError where the frames and the recipe do not go together.
        """
        planes, dtype = self.recipe.layout
        pixels = np.zeros((len(targets), self.recipe.pixels, self.recipe.pixels, planes), dtype)
        places = {target.object_id: place for place, target in enumerate(targets)}
        rows: dict[int, dict[str, Any]] = {}
        for files, some in groups:
            frames = self._frames(files)
            found = self._provenance(files, frames)
            lost = Flag.UNREADABLE if any(path and not frames[band] for band, path in files.items()) else Flag.GOOD
            for target, cutout in zip(some, self._cutouts(frames, some), strict=True):
                place = places[target.object_id]
                if cutout.pixels is not None:
                    pixels[place] = self.recipe.kept(cutout.pixels).transpose(1, 2, 0)
                extremes = self._extremes(cutout, pixels[place])
                rows[place] = told(target, cutout, cutout.flags | lost) | extremes | found
        return pd.DataFrame([rows[place] for place in range(len(targets))]), pixels

    def named(self, path: Path | None) -> str:
        """How a file is called in the rows: relative to the root where it lies there."""
        return str(path.relative_to(self.root) if path and path.is_relative_to(self.root) else path or "")

    def _cutouts(self, frames: Mapping[str, FrameFile | None], targets: list[Target]) -> Iterator[Cutout]:
        if any(frames.values()):
            return self.recipe.cutter({band: one and one.frame for band, one in frames.items()}).cutouts(targets)
        what = f"no frame that can be read shows it in {', '.join(frames)}; take further frames, or leave it out."
        flags = Flag.MISSING_BAND | Flag.EDGE
        return (
            Cutout(one.object_id, None, flags, 0.0, Problem(one.object_id, what, "E-CUTOUT-OUTSIDE")) for one in targets
        )

    def _frames(self, files: Mapping[str, Path | None]) -> dict[str, FrameFile | None]:
        """The frames of a group: those that the last group had too are not read again, others are let go."""
        wanted = {(path, band) for band, path in files.items() if path}
        self._in_hand = {key: one for key, one in self._in_hand.items() if key in wanted}
        for key in wanted - self._in_hand.keys():
            self._in_hand[key] = self._read(*key)
        return {band: self._in_hand[path, band] if path else None for band, path in files.items()}

    def _read(self, path: Path, band: str) -> FrameFile | None:
        """A frame, None where it cannot be read, which is said."""
        try:
            return self.recipe.read(path, band)
        except ZooImageError as error:
            log.warning("%s", error)
            return None

    def _provenance(self, files: Mapping[str, Path | None], frames: Mapping[str, FrameFile | None]) -> dict[str, str]:
        names = {f"frame_{band}": self.named(path) for band, path in files.items()}
        return names | {f"sha256_{band}": one.sha256 if one else "" for band, one in frames.items()}

    @staticmethod
    def _extremes(cutout: Cutout, kept: Pixels) -> dict[str, float]:
        values = (kept.min(), kept.max()) if cutout.pixels is not None else (np.nan, np.nan)
        return dict(zip(("lowest", "highest"), map(float, values), strict=True))


def told(target: Target, cutout: Cutout, flags: Flag) -> dict[str, Any]:
    """What is to be known of one cutout beside its frames and its pixels."""
    problem = cutout.problem or Problem(target.object_id, "", "")
    return {
        "object_id": target.object_id,
        "ra": target.ra,
        "dec": target.dec,
        "flag": int(flags),
        "masked": cutout.masked,
        "code": problem.code,
        "problem": problem.what,
    }
