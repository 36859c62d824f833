"""The cutouts of a list of galaxies on disk: cut once, in memory-mapped shards, with a row of provenance for each."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Num

from zoo import atomic, cache, note, progress
from zoo.dataset import Problem
from zoo.errors import MissingImage, ZooImageError
from zoo_dataset_surveys.coordinates import along_a_curve
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.cutting import Cutting, Group
from zoo_dataset_surveys.recipe import Recipe
from zoo_dataset_surveys.source import Source

log = logging.getLogger("zoo")

SHARD = 2**26
"""Bytes of a shard, about: what is held in memory, and what a kill costs."""

AGAIN = "zoo data prepare cuts it again"
"""How to get a shard that is not there."""

TABLE = "cutouts.parquet"


class CutoutShards:
    """The cutouts of galaxies by row, made by one recipe from one source. May be used once `prepare` has returned.

    A shard holds galaxies that are neighbours on the sky, so few frames serve it, and is named by a hash of all that
    decides its pixels: galaxies, recipe, and the frames' names, sizes and times. So a killed preparation goes on behind
    its finished shards, and further frames have only those shards cut again that they touch.

    rows: of each galaxy `object_id`, `ra`, `dec`, `flag`, `masked` (the part of bad pixels in the worst band), `lowest`
    and `highest` kept value, `code` and `problem` where there is no cutout, `shard` and `place` in it, for each band
    `frame_<band>` (within the source's folder) and `sha256_<band>` of that file, and `tile`, that of the survey. table:
    where they lie as Parquet.
    """

    def __init__(self, recipe: Recipe, source: Source):
        self.recipe, self.source = recipe, source
        self.rows = pd.DataFrame()
        self._mapped: dict[str, np.ndarray] = {}

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_mapped": {}}

    def __getitem__(self, row: int) -> Num[np.ndarray, "band height width"]:
        """The kept pixels of a galaxy: a window on the file. Raises ZooImageError where it has no cutout."""
        object_id, shard, place, code, problem = self._found[row]
        if problem:
            raise ZooImageError(f"Galaxy {object_id} (row {row}) has no cutout: {problem}", code)
        if shard not in self._mapped:
            if not path(shard).exists():
                raise MissingImage(f"{path(shard)} is missing: {AGAIN}.")
            self._mapped[shard] = np.load(path(shard), mmap_mode="c", allow_pickle=False)
        return self._mapped[shard][place].transpose(2, 0, 1)

    def prepare(self, targets: Sequence[Target]) -> None:
        """Cut what was not cut yet, behind a progress bar. Raises what the source and the recipe raise."""
        key = hashlib.sha256(repr([self.recipe.key, list(targets), self.source.state(targets)]).encode()).hexdigest()[
            :24
        ]
        self.table = cache.folder("cutouts", key) / TABLE
        rows = read_rows(self.table)
        if (
            rows is None
            or "tile" not in rows
            or any(note.fault(path(shard), quick=True) for shard in rows["shard"].unique())
        ):
            rows = self._cut(targets)
            write_rows(self.table, rows)
        self.rows = rows
        self._found = list(rows[["object_id", "shard", "place", "code", "problem"]].itertuples(index=False, name=None))

    def problems(self, quick: bool) -> Iterator[Problem]:
        """Galaxies without a cutout, damaged shards and, if not `quick`, frames that are no longer what was cut."""
        for row in self.rows[self.rows["problem"] != ""].itertuples():
            yield Problem(row.object_id, row.problem, row.code)
        for shard in self.rows["shard"].unique():
            if what := note.fault(path(shard), quick, AGAIN):
                yield Problem("", what)
        if not quick:
            yield from self._changed_frames()

    def fingerprint(self) -> str:
        """A hash of the kept pixels in the order of rows."""
        sha256 = {shard: note.noted(path(shard)) for shard in self.rows["shard"].unique()}
        places = zip(self.rows["shard"].map(sha256), self.rows["place"], self.rows["code"], strict=True)
        return hashlib.sha256(repr(list(places)).encode()).hexdigest()

    def _changed_frames(self) -> Iterator[Problem]:
        for band in self.recipe.bands:
            for file, sha256 in (
                self.rows[[f"frame_{band}", f"sha256_{band}"]].drop_duplicates().itertuples(index=False)
            ):
                frame = self.source.path / file
                if sha256 and not (frame.is_file() and note.sha256(frame) == sha256):
                    yield Problem("", f"{frame} is gone or not what was cut: restore it, or prepare again.")

    def _cut(self, targets: Sequence[Target]) -> pd.DataFrame:
        """The rows of all galaxies in their order, once every shard is on disk."""
        planes, dtype = self.recipe.layout
        each, place = planes * self.recipe.pixels**2 * dtype.itemsize, path("").parent
        atomic.sweep(place)
        cache.refuse_full(place, each * len(targets), "dataset=cutouts", "take fewer dataset.pixels")
        order = along_a_curve(*(np.array([target[k] for target in targets]) for k in (1, 2)))
        chunks = np.split(order, range(max(SHARD // each, 1), len(order), max(SHARD // each, 1)))
        log.info("cutting out %d galaxies: %.1f MB in %d shards", len(order), each * len(order) / 1e6, len(chunks))
        cutting, found = Cutting(self.recipe, self.source.path), []
        with progress.bar() as bar, closing(self.source):
            frames, cut = (bar.add_task(what, total=len(order)) for what in ("finding frames", "cutting out galaxies"))
            for chunk in chunks:
                groups = self._groups([targets[row] for row in chunk], lambda galaxies: bar.advance(frames, galaxies))
                found.append(self._shard(cutting, [targets[row] for row in chunk], groups))
                bar.advance(cut, len(chunk))
        rows = pd.concat(found).iloc[np.argsort(order)].reset_index(drop=True)
        return rows.assign(tile=self._tiles(rows))

    def _tiles(self, rows: pd.DataFrame) -> list[str]:
        """The tile that each galaxy was cut from in the first band that shows it, blank where that is of none."""
        files = rows[[f"frame_{band}" for band in self.recipe.bands]].replace("", None).bfill(axis=1).iloc[:, 0]
        known = {file: self.source.tile(self.source.path / file) for file in files.dropna().unique()}
        return [known.get(file, "") for file in files]

    def _groups(self, targets: list[Target], advance: Callable[[int], None]) -> list[Group]:
        """The frames of some galaxies. advance: told for how many further galaxies they are here."""
        groups = []
        for group in self.source.frames(targets):
            groups.append(group)
            advance(len(group[1]))
        return groups

    def _shard(self, cutting: Cutting, targets: list[Target], groups: list[Group]) -> pd.DataFrame:
        """The rows of one shard, which is cut unless it is there."""
        shard = self._name(cutting, targets, groups)
        rows = None if note.fault(path(shard), quick=True) else read_rows(path(shard).with_suffix(".parquet"))
        if rows is None:
            rows, pixels = cutting.cut(targets, groups)
            rows["shard"], rows["place"] = shard, np.arange(len(rows))
            write_rows(path(shard).with_suffix(".parquet"), rows)
            with atomic.replacing(path(shard)) as file:
                np.save(file, pixels, allow_pickle=False)
            note.write(path(shard))
        return rows

    def _name(self, cutting: Cutting, targets: list[Target], groups: list[Group]) -> str:
        """A hash of all that decides the pixels of a shard; files count by name, size and time."""
        files = {file for found, _ in groups for file in found.values() if file}
        files |= {extra for file in files for extra in self.recipe.beside(file).values() if extra.is_file()}
        stats = sorted((cutting.named(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        shown = [([cutting.named(f) for f in found.values()], [t.object_id for t in some]) for found, some in groups]
        return hashlib.sha256(repr([self.recipe.key, targets, stats, shown]).encode()).hexdigest()[:32]


def path(shard: str) -> Path:
    """The file of a shard: [galaxy height width band], bands last as decoders have them."""
    return cache.folder("cutouts", "shards") / f"{shard}.npy"


def read_rows(path: Path) -> pd.DataFrame | None:
    """The rows in a file, None where there is none that can be read."""
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
        return None


def write_rows(path: Path, rows: pd.DataFrame) -> None:
    """Write rows as Parquet, whole or not at all."""
    with atomic.replacing(path, same_stays=True) as file:
        rows.to_parquet(file, index=False)
