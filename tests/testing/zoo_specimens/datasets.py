"""A folder of small images with a table of classes, and how reading it can go wrong."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from zoo import atomic, cache
from zoo.dataset import Dataset, Problem, Sample, as_target, hash_split
from zoo.errors import DataError, MissingImage
from zoo.schema import Classes, Question, VoteCounts

NAMES = ("smooth", "disk", "star")
SHARES = {"train": 0.5, "validation": 0.25, "test": 0.25}


def write(folder: Path, rows: int = 12) -> None:
    """Fake galaxies: `labels.csv` and `images/<id>.npy`."""
    (folder / "images").mkdir()
    random = np.random.default_rng(0)
    ids = [f"00{k:02d}" for k in range(rows)]
    for object_id in ids:
        np.save(folder / "images" / f"{object_id}.npy", random.integers(0, 256, (3, 8, 8), dtype=np.uint8))
    labels = [NAMES[k % 3] for k in range(rows)]
    pd.DataFrame({"object_id": ids, "label": labels}).to_csv(folder / "labels.csv", index=False)


class Good(Dataset):
    """A table of classes beside a folder of images."""

    def __init__(self, root: str = "."):
        self.root, self.schema = Path(root), Classes(NAMES)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The table as it lies there."""
        if not (self.root / "labels.csv").is_file():
            raise DataError(f"There is no labels.csv in {self.root}: give dataset.root=FOLDER.")
        return pd.read_csv(self.root / "labels.csv", dtype=str, keep_default_na=False)

    @cached_property
    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"object_id": self.rows["object_id"], "split": self.split()})

    def split(self) -> np.ndarray:
        """The split of each row."""
        return hash_split(self.rows["object_id"], SHARES)

    @cached_property
    def targets(self) -> np.ndarray:
        return np.array([NAMES.index(name) for name in self.rows["label"]])

    @property
    def manifest(self) -> Path:
        """The file with the hash of every image."""
        content = (self.root / "labels.csv").read_bytes()
        return cache.folder("specimen", hashlib.sha256(content).hexdigest()) / "manifest.json"

    def path(self, object_id: str) -> Path:
        """The file of an image."""
        return self.root / "images" / f"{object_id}.npy"

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Sample:
        object_id = self.table["object_id"][index]
        return Sample(self.image(object_id), as_target(self.targets[index]), object_id, index)

    def image(self, object_id: str) -> torch.Tensor:
        """The image of a galaxy."""
        return torch.from_numpy(np.load(self.path(object_id), allow_pickle=False))

    def hashes(self) -> dict[str, str]:
        """The hash of every image. Raises MissingImage."""
        absent = [i for i in self.table["object_id"] if not self.path(i).is_file()]
        if absent:
            raise MissingImage(f"{absent[0]} has no image {self.path(absent[0])}: fetch it again.")
        return {i: hashlib.sha256(self.path(i).read_bytes()).hexdigest() for i in self.table["object_id"]}

    def prepare(self) -> None:
        hashes = self.hashes()
        if not self.manifest.exists():
            self.keep(json.dumps(hashes))
        atomic.sweep(self.manifest.parent)

    def keep(self, text: str) -> None:
        """Write the manifest."""
        atomic.write_text(self.manifest, text)

    def verify(self, quick: bool = False):
        known, found = json.loads(self.manifest.read_text()), self.hashes()
        yield from (Problem(i, "its image was changed") for i in known if known[i] != found[i])


class RowTooMany(Good):
    """Counts the header as a galaxy."""

    caught_by = "table_has_a_row_per_sample"
    found = "13 samples and 12 rows"

    def __len__(self):
        return len(self.table) + 1


class CountsFromOne(Good):
    """Numbers its rows from 1."""

    caught_by = "table_has_a_row_per_sample"
    found = "does not count from 0"

    @cached_property
    def table(self):
        return pd.DataFrame({"object_id": self.rows["object_id"], "split": self.split()}).set_index(
            np.arange(1, len(self.rows) + 1)
        )

    def __getitem__(self, index):
        sample = super().__getitem__(index + 1) if index + 1 < len(self) else super().__getitem__(index)
        return sample._replace(index=index)


class IdsAsNumbers(Good):
    """Reads ids as numbers, and loses their zeros."""

    caught_by = "ids_are_unique_texts"
    found = "the id 0 is an int"

    @cached_property
    def rows(self):
        return pd.read_csv(self.root / "labels.csv")

    def path(self, object_id):
        return self.root / "images" / f"{object_id:04d}.npy"


class OneIdTwice(Good):
    """Lists a galaxy twice."""

    caught_by = "ids_are_unique_texts"
    found = "0000 occurs 2 times"

    @cached_property
    def rows(self):
        rows = pd.read_csv(self.root / "labels.csv", dtype=str)
        return pd.concat([rows, rows[:1]], ignore_index=True)


class NextLabel(Good):
    """Gives each galaxy the label of the next."""

    caught_by = "samples_are_their_rows"
    found = "the targets of row 11 differ"

    def __getitem__(self, index):
        return super().__getitem__(index)._replace(target=as_target(np.roll(self.targets, 1)[index]))


class OtherIndex(Good):
    """Numbers its samples from the end."""

    caught_by = "samples_are_their_rows"
    found = "says it is 0011, row 0"

    def __getitem__(self, index):
        return super().__getitem__(index)._replace(index=len(self) - 1 - index)


class MixedSizes(Good):
    """Crops some images."""

    caught_by = "images_have_one_form"
    found = "(3, 7, 8)"

    def image(self, object_id):
        return super().image(object_id)[:, : 7 + int(object_id) % 2]


class BrightFloats(Good):
    """Gives float images from 0 to 255."""

    caught_by = "images_have_one_form"
    found = "from 0.0 to 255.0"

    def image(self, object_id):
        return super().image(object_id).float()


class BandsLast(Good):
    """Gives images as [height width band]."""

    caught_by = "images_have_one_form"
    found = "3 bands, images (8, 8, 3)"

    def image(self, object_id):
        return super().image(object_id).permute(1, 2, 0)


class FloatClasses(Good):
    """Gives classes as floats."""

    caught_by = "targets_fit_the_schema"
    found = "asks for torch.int64"

    @cached_property
    def targets(self):
        return np.array([NAMES.index(name) for name in self.rows["label"]], dtype=np.float32)


class ClassesFromOne(Good):
    """Numbers the classes from 1."""

    caught_by = "targets_fit_the_schema"
    found = "reach from 1 to 3"

    @cached_property
    def targets(self):
        return np.array([NAMES.index(name) + 1 for name in self.rows["label"]])


VOTES = VoteCounts((Question("first", ("smooth", "disk")), Question("second", ("bar", "no_bar"), parent="disk")))


class HalfVotes(Good):
    """Gives weighted votes for counts."""

    caught_by = "targets_fit_the_schema"
    found = "smooth is 19.5"

    def __init__(self, root: str = "."):
        self.root, self.schema = Path(root), VOTES

    @cached_property
    def targets(self):
        return np.tile(np.array([19.5, 20, 8, 12], np.float32), (len(self.rows), 1))


class MoreThanCame(HalfVotes):
    """Counts more volunteers at a question than came to it."""

    caught_by = "targets_fit_the_schema"
    found = "second has 21 and its parent disk has 20"

    @cached_property
    def targets(self):
        return np.tile(np.array([20, 20, 8, 13], np.float32), (len(self.rows), 1))


class OwnSplitNames(Good):
    """Calls a split by a name of its own."""

    caught_by = "splits_are_known_and_stable"
    found = "['training']"

    def split(self):
        return np.where(super().split() == "train", "training", "test")


class NewSplitEachTime(Good):
    """Splits at random."""

    caught_by = "splits_are_known_and_stable"
    found = "a second object has other"

    def split(self):
        return np.random.default_rng().choice(["train", "test"], len(self.rows))


class SplitByPosition(Good):
    """Tests on the first rows."""

    caught_by = "split_belongs_to_the_galaxy"
    found = "0000 moved from test to train"

    def split(self):
        return np.where(np.arange(len(self.rows)) < 4, "test", "train")


class OneImage(Good):
    """Shows one image under every id."""

    caught_by = "splits_do_not_leak"
    found = "share one image"

    def image(self, object_id):
        return super().image("0000")


class NoisyReading(Good):
    """Adds noise to what it reads."""

    caught_by = "reading_is_repeatable"
    found = "random state of torch"

    def image(self, object_id):
        return super().image(object_id) ^ torch.randint(0, 2, (3, 8, 8), dtype=torch.uint8)


class OpenFile(Good):
    """Keeps its table open."""

    caught_by = "workers_read_the_same"
    found = "cannot pickle"

    def prepare(self):
        super().prepare()
        self.file = open(self.root / "labels.csv")  # noqa: SIM115 (that it stays open is what is wrong)


class KnowsItsProcess(Good):
    """Reads something else in another process."""

    caught_by = "workers_read_the_same"
    found = "another process reads"

    def __init__(self, root: str = "."):
        super().__init__(root)
        self.home = os.getpid()

    def image(self, object_id):
        return super().image(object_id) ^ int(os.getpid() != self.home)


class Downloads(Good):
    """Asks a server for news."""

    caught_by = "prepares_offline"
    found = "reaches for the network: 192.0.2.1"

    def prepare(self):
        super().prepare()
        socket.create_connection(("192.0.2.1", 80), timeout=0.1).close()


class WritesAgain(Good):
    """Writes its manifest each time."""

    caught_by = "preparing_twice_changes_nothing"
    found = "preparing again writes cache/specimen"

    def prepare(self):
        super().prepare()
        self.keep(json.dumps(self.hashes()))


class Collides(Good):
    """Takes for granted that it prepares alone."""

    caught_by = "two_may_prepare_at_once"
    found = "FileExistsError"

    def keep(self, text):
        lock = self.manifest.with_name("lock")
        lock.mkdir()
        time.sleep(1)
        atomic.write_text(self.manifest, text)
        lock.rmdir()


class HalfWritten(Good):
    """Writes a file in two goes under its final name."""

    caught_by = "preparing_survives_a_kill"
    found = "JSONDecodeError"

    def keep(self, text):
        with open(self.manifest, "w") as file:
            file.write(text[:100])
            file.flush()
            time.sleep(0.5)
            file.write(text[100:])


class AlwaysWarns(Good):
    """Complains about good files."""

    caught_by = "good_files_have_no_problems"
    found = "this dataset is old"

    def verify(self, quick: bool = False):
        yield Problem("", "this dataset is old")


class Trusts(Good):
    """Verifies nothing."""

    caught_by = "verify_finds_damage"
    found = "finds nothing wrong"

    def verify(self, quick: bool = False):
        return []


class BlackForMissing(Good):
    """Shows black where an image is missing."""

    caught_by = "missing_image_is_refused"
    found = "nothing is refused"

    def hashes(self):
        return {i: "" for i in self.table["object_id"]}

    def image(self, object_id):
        return super().image(object_id) if self.path(object_id).is_file() else torch.zeros(3, 8, 8, dtype=torch.uint8)


class PythonsWords(Good):
    """Lets Python say that a file is missing."""

    caught_by = "missing_folder_is_refused"
    found = "FileNotFoundError"

    @cached_property
    def rows(self):
        return pd.read_csv(self.root / "labels.csv", dtype=str)


class SaysNoPath(Good):
    """Refuses a missing folder without naming it."""

    caught_by = "missing_folder_is_refused"
    found = "does not name the folder"

    @cached_property
    def rows(self):
        if not self.root.exists():
            raise DataError("The data are missing: get them.")
        return pd.read_csv(self.root / "labels.csv", dtype=str)


class OneFingerprint(Good):
    """Has the same fingerprint whatever its labels."""

    caught_by = "fingerprint_follows_the_labels"
    found = "leaves the fingerprint"
    fingerprint = "specimen"


class PathFingerprint(Good):
    """Has another fingerprint in another folder."""

    caught_by = "fingerprint_follows_the_labels"
    found = "in another folder"

    @property
    def fingerprint(self):
        return f"{self.root}{''.join(map(str, self.targets))}"
