"""Galaxy Zoo: the Kaggle challenge's images by id with vote fractions or classes, and Galaxy Zoo 2 with votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Shaped

from zoo.dataset import UNLABELLED, Dataset, Problem, Sample, as_target, hash_split, label_mask
from zoo.errors import DataError, ZooError
from zoo.image_files import ImageFiles, listed, with_images
from zoo.image_stack import ImageStack
from zoo.label_table import LabelTable, natural, some
from zoo.schema import Classes, VoteCounts, VoteFractions, read_tree
from zoo_dataset_galaxy_zoo import credits, labels, release, submission_check, votes
from zoo_dataset_galaxy_zoo.download import PAGE, retrieve

TRAINING, SOLUTIONS, TEST = "images_training_rev1", "training_solutions_rev1", "images_test_rev1"
CHOICES = {"schema": ("fractions", "classes", "votes"), "split": ("hash", "published")}
SHARES = {"train": 0.9, "validation": 0.1}


class GalaxyZoo(Dataset):
    """All images of the challenge, in order of their ids.

    Images of the training folder with a label are split into train and validation, those without are `unlabelled`;
    images of the test folder are `test`, without labels. With the schema `votes`, images and table are those that the
    argument `votes` names (Galaxy Zoo 2), and none is `test`. conf/dataset/galaxy_zoo.yaml explains the arguments.
    """

    def __init__(
        self,
        root: Path | None,
        tree: Mapping[str, Any],
        schema: str = "fractions",
        classes_table: str = "labels_5class.csv",
        split: str = "hash",
        missing: str = "refuse",
        violations: str = "refuse",
        image_size: int | None = None,
        cache: bool = False,
        download: bool = False,
        votes: Mapping[str, Any] | None = None,
        volunteers: int = 43,
    ):
        if root is None:
            raise ZooError(
                f"dataset=galaxy_zoo needs dataset.root=DIR, the folder with {TRAINING} and {SOLUTIONS}.csv or their "
                f"zip files: get them from {PAGE}, or add dataset.download=true."
                if schema != "votes"
                else "dataset.schema=votes needs dataset.root=DIR, the folder with table and images of Galaxy Zoo 2."
            )
        for key, value in (("schema", schema), ("split", split)):
            if value not in CHOICES[key]:
                raise ZooError(f"dataset.{key}={value}: galaxy_zoo knows {' and '.join(CHOICES[key])}.")
        published = bool(votes and votes.get("origin"))
        if schema == "votes" and (votes is None or split == "published" or (download and not published)):
            raise ZooError(
                "dataset.schema=votes reads the table of votes that dataset.votes describes, which is not the "
                "challenge's: choose votes@dataset.votes=gz2, dataset.split=hash and dataset.download=false, or "
                "dataset=galaxy_zoo2, which can be retrieved."
            )
        if volunteers < 2:
            raise ZooError(f"dataset.volunteers={volunteers}: the scatter of their votes needs 2 or more.")
        self.source, self.volunteers = votes or {}, volunteers
        self.credits = credits.GALAXY_ZOO_2 if schema == "votes" else credits.CHALLENGE
        self.root, self.tree, self.kind, self.classes_table = Path(root).expanduser(), tree, schema, classes_table
        self.split, self.missing, self.violations, self.download = split, missing, violations, download
        self.reading = {"image_size": image_size, "cache": cache}
        self.stack: ImageStack | None = None

    def prepare(self) -> None:
        """Retrieve what is missing if asked, pair labels with images, examine the images, decode them if asked."""
        if self.stack is not None:
            return
        if self.download and self.kind == "votes":
            release.retrieve(self.root, self.source)
        elif self.download:
            retrieve(self.root, (TRAINING, SOLUTIONS, TEST))
        self.told: list[str] = []
        training, test = self._training(), self._images(TEST)
        if not len(training) + len(test):
            self._refuse_no_images()
        files, ids = training | test, sorted([*training, *test], key=natural)
        known = self._labels(needed=len(training) > 0)
        kept = with_images(known.ids, files, self.missing)
        self.schema, self.targets, self.broken = known.schema, known.at(ids), known.broken
        if isinstance(self.schema, VoteFractions):
            # Of a binomial fraction f from N votes, f (1 − f) / (N − 1) is the unbiased estimate of its variance.
            self.label_variance = (self.targets * (1 - self.targets)).clip(0) / (self.volunteers - 1)
        self.lost = sorted(set(known.ids) - {known.ids[row] for row in kept}, key=natural)
        split = self._splits(ids, sorted(training, key=natural))
        stack = ImageStack(files, ids, **self.reading)
        stack.prepare()
        self.table = pd.DataFrame({"object_id": ids, **self._about(ids), "split": split})
        self.num_bands = stack.shape[0]
        self.fingerprint = stack.fingerprint(split.tolist(), self.targets)
        self.stack = stack

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        """The galaxy of a row. Raises ZooImageError for an unusable image."""
        image = torch.from_numpy(self.stack[index])
        return Sample(image, as_target(self.targets[index]), self.stack.object_ids[index], index)

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """What is wrong with the images; the labels were checked when they were read."""
        return self.stack.problems(quick)

    def report(self) -> list[str]:
        """What is in the dataset, as lines: galaxies by split, images and labels without each other, broken sums."""
        counts = self.table["split"].value_counts()
        lines = [
            f"{len(self)} images: {', '.join(f'{n} {split}' for split, n in counts.items())}",
            f"{counts.get(UNLABELLED, 0)} training images without a label",
            f"{len(self.lost)} labels without an image{': ' * bool(self.lost)}{some(self.lost)}",
        ]
        if self.kind == "fractions":
            lines.append(
                f"{len(self.broken)} galaxies break the sums of the tree{': ' * bool(self.broken)}{some(self.broken)}"
            )
        if self.kind == "votes":
            more = f"{len(self.broken)} galaxies have more votes on a question than came to it"
            lines.append(f"{more}{': ' * bool(self.broken)}{some(self.broken)}")
        return lines + self.told

    def verify_submission(self, path: Path) -> Iterable[Problem]:
        """What is wrong with a submission to the challenge, which has a row for each test image."""
        ids = self.table.loc[self.table["split"] == "test", "object_id"].tolist()
        if not ids:
            raise DataError(f"{self.root} has no {TEST}, with whose ids a submission is compared: get it from {PAGE}.")
        return submission_check.problems(path, ids, self._tree())

    def _training(self) -> ImageFiles:
        """The images that may have a label, by the ids of galaxies."""
        if self.kind != "votes":
            return self._images(TRAINING)
        images = self._images(self.source["images"], self.source["suffix"])
        if not self.source.get("naming") or not len(images):
            return images
        joined = release.Release(self.root, self.source, self.rows, images)
        self.told += joined.told
        return joined.files

    def _about(self, ids: Sequence[str]) -> dict[str, Any]:
        """What is known of the galaxies of Galaxy Zoo 2 beside their votes: positions, survey and release."""
        if self.kind != "votes":
            return {}
        found = {key: self.source[key] for key in ("survey", "release") if self.source.get(key)}
        row_of = {object_id: row for row, object_id in enumerate(self.rows.ids(self.source["object_id"]))}
        for key in ("ra", "dec"):
            if column := self.source.get(key):
                angles = np.append(self.rows.numbers([column])[:, 0] * self.rows.degrees(column), np.nan)
                found[key] = angles[[row_of.get(object_id, -1) for object_id in ids]]
        return found

    def _images(self, name: str, suffix: str = ".jpg") -> ImageFiles:
        places = [path for path in (self.root / name, self.root / f"{name}.zip") if path.exists()]
        return listed(places[0], suffix) if places else ImageFiles({})

    def _refuse_no_images(self) -> None:
        found = "has" if self.root.is_dir() else "does not exist and so has"
        if self.kind == "votes":
            published = self.source.get("origin")
            way = "add dataset.download=true" if published else "say with dataset.votes.images where they are"
            raise DataError(
                f"dataset.root={self.root} {found} no images, {self.source['images']} as a folder or zip file: name "
                f"the folder with the table and images of Galaxy Zoo 2, or {way}."
            )
        raise DataError(
            f"dataset.root={self.root} {found} no images, neither {TRAINING} nor {TEST} as a folder or zip file: "
            f"get them from {PAGE}, or add dataset.download=true."
        )

    def _labels(self, needed: bool) -> labels.Labels:
        """The labels; none where there are no training images that need them."""
        if self.kind == "classes":
            path = self.root / self.classes_table
            return labels.classes(path) if needed or path.exists() else labels.none(Classes(()))
        if self.kind == "votes":
            known, told = votes.votes(self.rows, self._vote_tree(), self.source, self.violations)
            self.told.append(told)
            return known
        tree = self._tree()
        path, archive = (self.root / f"{SOLUTIONS}{ending}" for ending in (".csv", ".zip"))
        path = archive if archive.exists() and not path.exists() else path
        return labels.fractions(path, tree, self.violations) if needed or path.exists() else labels.none(tree)

    @cached_property
    def rows(self) -> LabelTable:
        """The table of votes."""
        return votes.read(self.root / self.source["table"], self._vote_tree(), self.source)

    def _vote_tree(self) -> VoteCounts:
        tree = read_tree(self.tree["questions"], counts=True)
        assert isinstance(tree, VoteCounts)
        return tree

    def _tree(self) -> VoteFractions:
        tree = read_tree(self.tree["questions"])
        assert isinstance(tree, VoteFractions)
        return tree

    def _splits(self, ids: Sequence[str], training: Sequence[str]) -> Shaped[np.ndarray, " galaxy"]:
        """The split of each galaxy; `published` validates on the last tenth of all training images (spec A7)."""
        if self.split == "hash":
            split = hash_split(ids, SHARES)
        else:
            last = set(training[len(training) - len(training) // 10 :])
            split = np.array(["validation" if object_id in last else "train" for object_id in ids])
        labelled, trains = label_mask(self.targets), set(training)
        in_training = np.array([object_id in trains for object_id in ids])
        split = np.where(in_training, np.where(labelled, split, UNLABELLED), "test")
        if self.split == "published" and "train" in split and "validation" not in split:
            raise DataError(
                f"dataset.split=published validates on the last {len(training) // 10} of {len(training)} training "
                "images, of which none has a label here: choose dataset.split=hash."
            )
        return split
