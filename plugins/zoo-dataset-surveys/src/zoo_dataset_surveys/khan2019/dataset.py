"""The spirals and ellipticals of Khan et al. (2019) with images of SDSS or of DES, in their published splits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Int

from zoo import leak
from zoo.dataset import UNLABELLED, Dataset, Problem, Sample, as_target
from zoo.errors import DataError, MissingImage, ZooError
from zoo.image_files import ImageFiles, listed
from zoo.image_stack import ImageStack
from zoo.label_table import natural, some
from zoo.retrieval.published import PublishedTable
from zoo.schema import Classes
from zoo_dataset_surveys.khan2019 import losses, splits, tables
from zoo_dataset_surveys.khan2019.selection import ELLIPTICAL, SPIRAL, TIE
from zoo_dataset_surveys.khan2019.splits import FO, HP, TRAIN, VALIDATION
from zoo_dataset_surveys.survey import named

TESTS = {"hp": HP, "fo": FO}
CHOICES = {
    "survey": ("sdss", "des"),
    "test": tuple(TESTS),
    "sample": ("published", "selected"),
    "ties": (ELLIPTICAL, SPIRAL, "drop"),
    "missing": ("refuse", "drop"),
}
IDS = {"sdss": "sdss_objid", "des": "des_coadd_object_id"}
"""The column with the names of a survey's galaxies, which are the names of its images."""

RELEASES = {"sdss": "sdss_dr7", "des": "des_dr1"}
"""The releases that ids, positions and the authors' images are of, by their names in conf/survey."""

LABELS = "Lintott et al. 2011, MNRAS 410, 166; Khan et al. 2019, PLB 795, 248"
"""What is to be cited for classes and splits."""

FILE = "splits.parquet"
PUBLISHED_FO = 12_596


class Khan2019(Dataset):
    """Galaxies in the order of the published tables: those of high certainty, then those of the full overlap.

    With the survey `sdss` they train, validate and test; with `des` they test. `prepare` also writes `splits.parquet`
    into `root`, which tells all sets and not only the chosen one. conf/dataset/khan2019_sdss.yaml explains the
    arguments.
    """

    schema = Classes((ELLIPTICAL, SPIRAL))

    def __init__(
        self,
        root: Path | None,
        images: Path | None,
        survey: str,
        suffix: str = ".png",
        test: str = "hp",
        sample: str = "published",
        ties: str = ELLIPTICAL,
        missing: str = "refuse",
        validation_galaxies: int = splits.VALIDATION_GALAXIES,
        image_size: int | None = None,
        limits: Sequence[float] | None = None,
        cache: bool = False,
        download: bool = False,
        origin: Mapping[str, Any] | None = None,
    ):
        given = {"survey": survey, "test": test, "sample": sample, "ties": ties, "missing": missing}
        for key, value in given.items():
            if value not in CHOICES[key]:
                raise ZooError(f"dataset.{key}={value}: choose {' or '.join(CHOICES[key])}.")
        if root is None:
            raise ZooError(
                f"dataset=khan2019_{survey} needs dataset.root=DIR, the folder with the tables of Khan et al. (2019), "
                f"{tables.HIGH_CERTAINTY} and others: the README of zoo-dataset-surveys lists them."
            )
        self.root, self.images = Path(root).expanduser(), images and Path(images).expanduser()
        self.survey, self.suffix, self.test, self.sample = survey, suffix, TESTS[test], sample
        self.release = named(RELEASES[survey])
        theirs = self.release.credits
        self.credits = {**theirs, "citation": f"{theirs['citation']}; {LABELS}"}
        self.ties, self.missing, self.validation_galaxies = ties, missing, validation_galaxies
        self.reading = {"image_size": image_size, "limits": limits, "cache": cache}
        if download and not (origin and origin.get("address")):
            raise ZooError("dataset.download=true needs dataset.origin.address, where the table of votes lies.")
        self.origin = PublishedTable(columns=("OBJID", *tables.FRACTIONS), **origin) if download else None
        self.stack: ImageStack | None = None
        self.rebuilt: splits.Rebuilt | None = None

    def prepare(self) -> None:
        """Retrieve votes if asked, rebuild the splits, refuse leaks, write `splits.parquet`, and examine the images.

        Raises DataError for tables or images that are absent, and for a galaxy that would both train and test.
        """
        if self.rebuilt is not None:
            return
        if self.origin:
            tables.retrieve_votes(self.root, self.origin)
        known = tables.read(self.root)
        rebuilt = splits.rebuild(known, self.validation_galaxies)
        refuse_leaks(rebuilt.selected)
        self.unwritten = write(rebuilt.published, self.root / FILE)
        files = listed(self.images, self.suffix) if self.images else None
        rows = self._rows(rebuilt.selected)
        self.lost = losses.by_camcol(rows["sdss_objid"].tolist(), self._absent(rows, files))
        if files is not None:
            others = sorted({*files} - known.ids(self.survey), key=natural)
            rows = pd.concat([self._with_images(rows, files), unlabelled(others)])
        rows = rows.assign(survey=self.release.title, release=self.release.data_release)
        self.table = rows.reset_index(drop=True)
        self.targets = self._targets(self.table.pop("label"))
        self.class_votes = np.stack(known.votes.of(self.table["sdss_objid"].tolist()), axis=1)
        self.fingerprint = self._examined(files)
        self.rebuilt = rebuilt

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError for an unusable image, MissingImage where no folder is named."""
        object_id = self.table["object_id"].iat[index]
        if self.stack is None:
            raise MissingImage(f"Galaxy {object_id} (row {index}) has no image: {self._no_images()}")
        return Sample(torch.from_numpy(self.stack[index]), as_target(self.targets[index]), object_id, index)

    def place(self, index: int) -> str:
        """The path of a row's image file; blank where no folder is named."""
        return "" if self.stack is None else self.stack.place(index)

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """What is wrong with the images. Raises DataError where no folder is named: that is what trainings are told."""
        if self.stack is None:
            raise DataError(f"dataset=khan2019_{self.survey} has tables and no images: {self._no_images()}")
        return self.stack.problems(quick)

    def report(self) -> list[str]:
        """Galaxies by split, the overlap of the test sets, what the authors lost, and what is lost here."""
        counts = ", ".join(f"{n} {split}" for split, n in self.table["split"].value_counts().items())
        full = (self.rebuilt.published["split"] == FO).sum()
        kept, selected = splits.common(self.rebuilt)
        return [
            f"{len(self)} galaxies: {counts}; test is {self.test}",
            f"{kept} galaxies of {HP} ({selected} of those selected) lie in the full overlap too: the test sets are "
            "not independent",
            f"{FO} has {full} galaxies, {PUBLISHED_FO} were published: which of their images existed is inferred from "
            "the cells of run and camcol below, and galaxies lost or kept one by one are not known",
            f"the authors lost {self.rebuilt.losses['lost'].sum()} of {self.rebuilt.losses['galaxies'].sum()} SDSS "
            "images of high certainty",
            *losses.told(self.rebuilt.losses),
            *self._told_of_images(),
            *self.unwritten,
        ]

    def _rows(self, selected: pd.DataFrame) -> pd.DataFrame:
        """The chosen galaxies in the columns of the table, and `label`."""
        names = {TRAIN: "train", VALIDATION: "validation", self.test: "test"}
        names = names if self.survey == "sdss" else {self.test: "test"}
        rows = selected[selected["split"].isin(names)]
        rows = rows[rows["has_image"]] if self.sample == "published" else rows
        ra, dec = ("ra", "dec") if self.survey == "sdss" else ("ra_des", "dec_des")
        columns = {"object_id": rows[IDS[self.survey]], "split": rows["split"].map(names), "ra": rows[ra]}
        return pd.DataFrame(columns | {"dec": rows[dec], "sdss_objid": rows["sdss_objid"], "label": rows["label"]})

    def _absent(self, rows: pd.DataFrame, files: ImageFiles | None) -> Bool[np.ndarray, " galaxy"]:
        """Which galaxies have no image; none lacks one where no folder is named."""
        return np.array([files is not None and object_id not in files for object_id in rows["object_id"]], dtype=bool)

    def _with_images(self, rows: pd.DataFrame, files: ImageFiles) -> pd.DataFrame:
        """The rows that have an image. Raises DataError where one has none, if that is to be refused."""
        kept = ~self._absent(rows, files)
        if not kept.all() and self.missing == "refuse":
            worst = self.lost.iloc[0]
            raise DataError(
                f"{(~kept).sum()} of {len(rows)} galaxies have no image {self.images}/<id>{self.suffix}: "
                f"{some(rows.loc[~kept, 'object_id'].tolist())}, most in run {worst.run:g} camcol {worst.camcol:g} "
                f"({worst.lost:g} of {worst.galaxies:g}); retrieve them, or leave these galaxies out with "
                "dataset.missing=drop.",
                "E-IMAGE-MISSING",
            )
        return rows[kept]

    def _targets(self, label: pd.Series) -> Int[np.ndarray, " galaxy"]:
        """The class of each galaxy: a tie as `ties` says, -1 for none."""
        number = {ELLIPTICAL: 0, SPIRAL: 1, "": -1}
        number[TIE] = number.get(self.ties, -1)
        return np.array([number[name] for name in label], dtype=np.int64)

    def _examined(self, files: ImageFiles | None) -> str:
        """Examine the images, and hash all that reaches a model. Raises DataError for one that trains and tests."""
        ids, split = self.table["object_id"].tolist(), self.table["split"].tolist()
        if files is None:
            return hashlib.sha256("\n".join([*ids, *split]).encode() + self.targets.tobytes()).hexdigest()
        stack = ImageStack(files, ids, **self.reading)
        stack.prepare()
        refuse_copies(self.table, [facts.sha256 for facts in stack.facts])
        self.num_bands, self.stack = stack.shape[0], stack
        return stack.fingerprint(split, self.targets)

    def _no_images(self) -> str:
        return f"name their folder with dataset.images=DIR, in which they are called <{IDS[self.survey]}>{self.suffix}."

    def _told_of_images(self) -> list[str]:
        if self.stack is None:
            return [f"no images: {self._no_images()}"]
        return [
            f"{self.lost['lost'].sum()} of {self.lost['galaxies'].sum()} galaxies have no image in {self.images}",
            *losses.told(self.lost),
        ]


def unlabelled(object_ids: Sequence[str]) -> pd.DataFrame:
    """Galaxies that no table has, which can only be predicted."""
    columns = {"object_id": object_ids, "split": UNLABELLED, "ra": np.nan, "dec": np.nan, "sdss_objid": "", "label": ""}
    return pd.DataFrame(columns).astype({"object_id": object})


def refuse_leaks(selected: pd.DataFrame) -> None:
    """Raise DataError where a galaxy of a test set is one that trains or validates, by id or position."""
    trains = selected["split"].isin([TRAIN, VALIDATION])
    leak.refuse(*(in_sdss(selected[rows]) for rows in (trains, ~trains)))


def in_sdss(rows: pd.DataFrame) -> leak.Galaxies:
    """Rows as galaxies for the guard, by their SDSS ids and positions."""
    return leak.Galaxies(rows["sdss_objid"].tolist(), rows["ra"].to_numpy(), rows["dec"].to_numpy())


def refuse_copies(table: pd.DataFrame, sha256: Sequence[str]) -> None:
    """Raise DataError where an image that tests is the same file as one that trains or validates."""
    trains, tests = (table["split"].isin(names).to_numpy() for names in (["train", "validation"], ["test"]))
    ids, hashes = table["object_id"].to_numpy(object), np.array(sha256, dtype=object)
    leak.refuse(*(leak.Galaxies(ids[rows].tolist(), sha256=hashes[rows].tolist()) for rows in (trains, tests)))


def write(published: pd.DataFrame, path: Path) -> list[str]:
    """Write the splits, and say so where the folder cannot be written: trainings on read-only data go on."""
    try:
        splits.write(published, path)
    except OSError as error:
        return [f"{path} could not be written ({error.strerror}): copy the tables into a folder of your own"]
    return []
