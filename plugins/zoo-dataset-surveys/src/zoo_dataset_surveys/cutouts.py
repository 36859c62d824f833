"""The data set of anyone's own list of positions: galaxies cut out of frames once, then read as any other."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Shaped

from zoo import cache, labels, leak
from zoo.dataset import Dataset, Problem, Sample, as_target, label_mask
from zoo.errors import DataError, ZooError
from zoo.label_table import LabelTable
from zoo.labels import SHARES, Labels
from zoo.table_file import read_table
from zoo_dataset_surveys import coordinates, standin
from zoo_dataset_surveys.archive import Archive
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import doubles, one_id_each
from zoo_dataset_surveys.cutout_shards import CutoutShards
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.flags import UNSET, Flag
from zoo_dataset_surveys.folder import Folder
from zoo_dataset_surveys.recipe import Recipe, pair
from zoo_dataset_surveys.services.catalogue import measures
from zoo_dataset_surveys.source import Source
from zoo_dataset_surveys.survey import chosen, making

log = logging.getLogger("zoo")


class Cutouts(Dataset):
    """Galaxies of a table of positions, with images cut out of the frames that show them, by WCS.

    Every galaxy of the table has a row with flags, or with the reason why it has no cutout; conf/dataset/cutouts.yaml
    explains the arguments. `table` has beside the usual columns `flag` (see `zoo_dataset_surveys.flags`) and `masked`,
    the part of bad pixels in the worst band.
    """

    def __init__(
        self,
        positions: Path | None,
        frames: Path | None,
        survey: Mapping[str, Any] | str | None = None,
        download: bool | str = True,
        recipe: str | None = None,
        pattern: str | None = None,
        bands: Sequence[str] | None = None,
        object_id: str = "object_id",
        ra: str = "ra",
        dec: str = "dec",
        label: str | None = None,
        classes: Sequence[str] = (),
        answers: Sequence[str] = (),
        tree: Mapping[str, Any] | None = None,
        schema: str = "fractions",
        violations: str = "refuse",
        split: str = "hash",
        size: float | str | None = None,
        pixels: int | None = None,
        cut: str | None = None,
        colour: str | None = None,
        unit: str | None = None,
        zero_point: float | None = None,
        limits: Sequence[float] | None = None,
        depth: str | None = None,
        fill: float | None = 0.0,
        most_masked: float = 0.2,
        centre: Sequence[str] | None = None,
        mask: Sequence[str] | None = None,
        weight: Sequence[str] | None = None,
        hdu: int | str | None = None,
        missing: str = "refuse",
        exclude: Sequence[str] = (),
    ):
        self.survey = chosen(survey)
        if self.survey and self.survey.simulated:
            positions = positions or standin.positions(self.survey.simulated)
        if positions is None or (frames is None and survey is None):
            raise ZooError(
                "dataset=cutouts needs dataset.positions=FILE, a table with object_id, ra and dec, and "
                "dataset.frames=DIR, a folder of FITS files that show these places, or survey=NAME, which has them."
            )
        if missing not in ("refuse", "drop"):
            raise ZooError(f"dataset.missing={missing}: choose refuse or drop.")
        self.positions, self.columns = Path(positions).expanduser(), (object_id, ra, dec)
        self.labels = Labels(label, classes, answers, tree, schema, violations)
        own = {"bands": bands, "size": size, "cut": cut, "pixels": pixels, "colour": colour}
        self.making: dict[str, Any] = {
            **making(self.survey, recipe, own),
            **{"unit": unit, "depth": depth, "fill": fill, "most_masked": most_masked, "hdu": hdu},
            **{"zero_point": zero_point, "survey_zero_point": self.survey.zero_point if self.survey else None},
            **{"limits": pair(limits, "limits"), "centre": pair(centre, "centre")},
            **{"mask": pair(mask, "mask"), "weight": pair(weight, "weight")},
        }
        self.source = self._source(frames, download, pattern, bands=self.making.pop("bands"), hdu=hdu)
        self.split, self.missing, self.exclude = split, missing, flags_of(exclude)
        self.credits = self.survey.credits if self.survey else {}
        self.cutouts: CutoutShards | None = None

    def _source(
        self,
        frames: Path | None,
        download: bool | str,
        pattern: str | None,
        bands: Sequence[str] | None,
        hdu: int | str | None,
    ) -> Source:
        """The folder of frames, or the survey's archive in it. Raises ZooError for what only one of them knows."""
        if self.survey is None:
            return Folder(Path(frames).expanduser(), pattern, bands, hdu)
        if pattern is not None:
            raise ZooError(f"dataset.pattern={pattern} names files of a folder, and survey=… names its own: take one.")
        if download not in (True, False, "again"):
            raise ZooError(f"dataset.download={download}: choose true, again (also what failed before), or false.")
        survey = replace(self.survey, bands=tuple(bands)) if bands else self.survey
        kept = Path(frames).expanduser() if frames else cache.folder("surveys")
        return Archive(survey, kept, offline=not download, again=download == "again")

    def prepare(self) -> None:
        """Read the table, cut out what was not cut before, and refuse galaxies that would both train and test.

        Raises DataError for a table, frames or values that cannot be used.
        """
        if self.cutouts is not None:
            return
        rows = read_table(self.positions)
        column, ra, dec = self.columns
        ids, positions = rows.ids(column), coordinates.of(rows, ra, dec)
        self.schema, targets, self.broken = self.labels.read(rows, ids)
        split = self._splits(rows, ids, positions, label_mask(targets))
        refuse_leaks(ids, positions, split)
        cutouts = CutoutShards(Recipe(tuple(self.source.bands), **self.making), self.source)
        galaxies = self._targets(rows, ids, positions, cutouts.recipe)
        if isinstance(self.source, Archive):
            log.info("%s: %s", self.survey, self.source.plan(galaxies))
        cutouts.prepare(galaxies)
        self.flags = cutouts.rows["flag"].to_numpy() | np.where(doubles(positions, leak.RADIUS), Flag.DUPLICATE, 0)
        self._refuse_nothing(cutouts, positions)
        self.kept = np.flatnonzero(self._wanted(cutouts.rows))
        refuse_range(cutouts.rows.iloc[self.kept], cutouts.recipe)
        self.table = self._table(cutouts.rows, split)
        self.targets, self.num_bands = targets[self.kept], cutouts.recipe.layout[0]
        self.fingerprint = self._fingerprint(cutouts)
        self.cutouts = cutouts

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError for one without a cutout."""
        image = self.cutouts.recipe.shown(self.cutouts[int(self.kept[index])])
        return Sample(
            torch.from_numpy(image), as_target(self.targets[index]), self.table["object_id"].iat[index], index
        )

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """Galaxies without a cutout, unless they are left out; shards and frames that are not what they were."""
        left_out = set(self.cutouts.rows["object_id"]) - set(self.table["object_id"])
        return (problem for problem in self.cutouts.problems(quick) if problem.object_id not in left_out)

    def report(self) -> list[str]:
        """Galaxies by split, cutouts by flag, those without by their reason, and where the table of provenance lies."""
        splits = ", ".join(f"{n} {split}" for split, n in self.table["split"].value_counts().items())
        lost = self.cutouts.rows["problem"] != ""
        by_flag = [(flag, int((self.flags[~lost] & flag > 0).sum())) for flag in Flag if flag]
        flagged = "".join(f", {n} {words(flag)}" for flag, n in by_flag if n)
        codes = ", ".join(f"{n} {code}" for code, n in Counter(self.cutouts.rows.loc[lost, "code"]).most_common())
        return [
            f"{len(self)} of {len(lost)} galaxies: {splits}",
            f"{(~lost).sum()} cutouts: {int((self.flags[~lost] == 0).sum())} good{flagged}",
            *([f"{lost.sum()} galaxies without a cutout: {codes}"] if lost.any() else []),
            f"frames, flags and SHA-256 of each: {self.cutouts.table}",
            *self.labels.told(self.broken),
        ]

    def _splits(
        self, rows: LabelTable, ids: Sequence[str], positions: Positions, labelled: Bool[np.ndarray, " galaxy"]
    ) -> Shaped[np.ndarray, " galaxy"]:
        """The split of each galaxy; by position, one galaxy under two ids has one."""
        if self.split == "position":
            return labels.splits(rows, one_id_each(ids, positions, leak.RADIUS), labelled, "hash", SHARES)
        return labels.splits(rows, ids, labelled, self.split, SHARES)

    def _targets(self, rows: LabelTable, ids: Sequence[str], positions: Positions, recipe: Recipe) -> list[Target]:
        """The galaxies with what their sizes need, by the table, else by the survey's catalogue.

        Raises DataError for a column that neither has, and ServiceError.
        """
        asked = self._asked(rows, recipe)
        columns = [name for name in recipe.columns if name not in asked]
        values = rows.numbers(columns) if columns else np.empty((len(ids), 0))
        known = [dict(zip(columns, row, strict=True)) for row in values.tolist()]
        targets = list(map(Target, ids, positions.ra.tolist(), positions.dec.tolist(), known))
        return self.source.with_measures(targets, asked) if isinstance(self.source, Archive) and asked else targets

    def _asked(self, rows: LabelTable, recipe: Recipe) -> list[str]:
        """The measures that the table lacks and the survey's catalogue has."""
        known = measures(self.survey) if self.survey else ()
        return [name for name in recipe.cutout_size.columns if name in known and name not in rows.columns]

    def _refuse_nothing(self, cutouts: CutoutShards, positions: Positions) -> None:
        """Raise DataError where no galaxy has a cutout: mostly the columns or the folder are wrong."""
        if not (cutouts.rows["problem"] != "").all():
            return
        if self.making["centre"] is None and isinstance(self.source, Folder):
            self.source.refuse_elsewhere(positions)
        first = cutouts.rows.iloc[0]
        raise DataError(
            f"None of {len(cutouts.rows)} galaxies has a cutout; of {first.object_id}: {first.problem}", first.code
        )

    def _wanted(self, rows: pd.DataFrame) -> Bool[np.ndarray, " galaxy"]:
        """Which galaxies stay. Raises DataError for none."""
        wanted = (self.flags & self.exclude) == 0
        if self.missing == "drop":
            wanted &= (rows["problem"] == "").to_numpy()
        if not wanted.any():
            raise DataError(
                f"All {len(rows)} galaxies are left out by dataset.exclude and dataset.missing: exclude fewer flags."
            )
        return wanted

    def _table(self, rows: pd.DataFrame, split: Shaped[np.ndarray, " galaxy"]) -> pd.DataFrame:
        """The rows of the galaxies that stay."""
        table = rows[["object_id", "ra", "dec", "masked"]].assign(split=split, flag=self.flags)
        if self.survey:
            table["survey"], table["release"] = self.survey.title, self.survey.data_release
        if (rows["tile"] != "").any():
            table["tile"] = rows["tile"]
        return table.iloc[self.kept].reset_index(drop=True)

    def _fingerprint(self, cutouts: CutoutShards) -> str:
        """A hash of all that reaches a model: ids, splits, labels and kept pixels."""
        facts = [cutouts.fingerprint(), self.kept.tolist(), *self.table["object_id"], *self.table["split"]]
        return hashlib.sha256(repr(facts).encode() + np.ascontiguousarray(self.targets).tobytes()).hexdigest()


def flags_of(names: Sequence[str]) -> int:
    """The bits of flags by their names. Raises ZooError for one that is unknown, or that no image gets."""
    known = {words(flag).replace(" ", "_"): flag for flag in Flag if flag & ~UNSET}
    if strange := [name for name in names if name not in known]:
        raise ZooError(f"dataset.exclude knows no flag {strange[0]}: choose of {', '.join(known)}.")
    return int(sum(known[name] for name in set(names)))


def words(flag: Flag) -> str:
    """A flag in words."""
    return (flag.name or "").lower().replace("_", " ")


def refuse_leaks(ids: Sequence[str], positions: Positions, split: Shaped[np.ndarray, " galaxy"]) -> None:
    """Raise DataError where one galaxy both trains and tests, under two ids."""
    trains, tests = (np.isin(split, names) for names in (["train", "validation"], ["test"]))
    named = np.array(ids, dtype=object)
    leak.refuse(
        *(leak.Galaxies(named[rows].tolist(), positions.ra[rows], positions.dec[rows]) for rows in (trains, tests))
    )


def refuse_range(rows: pd.DataFrame, recipe: Recipe) -> None:
    """Raise DataError where floats reach beyond [0, 1] and nobody said which values become black and white."""
    low, high = rows["lowest"].min(), rows["highest"].max()
    if recipe.layout[1].kind == "f" and recipe.limits is None and (low < 0 or high > 1):
        likely = rows["lowest"].median(), rows["highest"].quantile(0.9)
        raise DataError(
            f"The cutouts have values from {low:.6g} to {high:.6g} where a model takes [0, 1]: say which become 0 "
            f"and 1, such as dataset.limits=[{likely[0]:.3g},{likely[1]:.3g}], or take dataset.colour=bands_asinh.",
            "E-IMAGE-RANGE",
        )
