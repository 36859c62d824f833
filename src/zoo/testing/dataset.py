"""What a dataset must do: a table, a sample per row, the same today and tomorrow, and honesty about damaged files."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest import mock

import numpy as np
import pytest
import torch

from zoo import vote_counts
from zoo.dataset import SPLITS, UNLABELLED, Dataset, Sample, all_targets, fingerprint, problems
from zoo.schema import Classes, Schema, VoteCounts, VoteFractions
from zoo.testing import process
from zoo.testing.check import check, refusal
from zoo.testing.part import PartConformance, offline
from zoo.testing.state import unchanged

MOST_BYTES = 1_000_000
MOST_ROWS = 16
"""Rows that a check reads."""


@dataclass(frozen=True)
class Place:
    """A folder for one check: the fake files in `data`, zoo's cache beside them."""

    folder: Path

    @property
    def data(self) -> Path:
        """The folder that `write` fills."""
        return self.folder / "data"

    @property
    def cache(self) -> Path:
        """What `ZOO_CACHE` names."""
        return self.folder / "cache"

    def files(self) -> dict[str, tuple[int, int, str]]:
        """Time of change, size and hash of every file."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.folder)): (
                path.stat().st_mtime_ns,
                path.stat().st_size,
                hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in found
        }


class DatasetConformance(PartConformance):
    """The checks of a dataset, on a few fake galaxies in the layout of the real ones.

    Say how to make them, by `write` and `arguments`, and how to spoil them, by `damage`, `remove`, `relabel` and
    `rearrange`: without these their checks are skipped. kills: how often the preparation is killed.
    """

    group = "dataset"
    kills: ClassVar[int] = 3

    def warm(self) -> None:
        """Begin what takes long: the process from which workers come imports torch."""
        super().warm()
        process.warm()

    def write(self, folder: Path) -> None:
        """Put the fake files into the folder; nothing where the dataset needs none."""

    def arguments(self, folder: Path) -> Mapping[str, Any]:
        """The values that lead the dataset to the files in the folder."""
        return {}

    def damage(self, folder: Path) -> None:
        """Damage a file in the folder or in zoo's cache, as a bad disk or a broken download does."""
        pytest.skip("the test does not say how to damage a file (damage)")

    def remove(self, folder: Path) -> None:
        """Remove the image of one galaxy."""
        pytest.skip("the test does not say how to remove an image (remove)")

    def relabel(self, folder: Path) -> Mapping[str, Any] | None:
        """Change one label, in a file or by the values returned."""
        pytest.skip("the test does not say how to change a label (relabel)")

    def rearrange(self, folder: Path) -> Mapping[str, Any] | None:
        """Change the order or the number of the rows, in a file or by the values returned."""
        pytest.skip("the test does not say how to change the order or number of rows (rearrange)")

    @contextmanager
    def example(self) -> Iterator[Dataset]:
        """The dataset, built and not prepared."""
        with self.place() as place:
            yield self.dataset(place)

    def build(self, changes: Mapping[str, Any] | None = None, **told: Any) -> Dataset:
        """The dataset with few galaxies, where it says how and the test says nothing else."""
        from zoo import build

        few = getattr(build.locate(self.group, self.name), "few", {})
        return super().build({**few, **self.overrides, **(changes or {})}, **told)

    def dataset(self, place: Place, changes: Mapping[str, Any] | None = None) -> Dataset:
        """The dataset on the files of a place."""
        return self.build({**self.arguments(place.data), **(changes or {})})

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Fresh fake files, not prepared."""
        with TemporaryDirectory() as folder, cached_in(Place(Path(folder))) as place:
            place.data.mkdir()
            self.write(place.data)
            yield place

    @contextmanager
    def opened(self) -> Iterator[Dataset]:
        """The dataset, prepared; its files are shared by all checks that only read."""
        with cached_in(_prepared(type(self)).place) as place:
            dataset = self.dataset(place)
            dataset.prepare()
            yield dataset

    @contextmanager
    def copied(self) -> Iterator[Place]:
        """A copy of the prepared files, to spoil."""
        with TemporaryDirectory() as folder:
            shutil.copytree(_prepared(type(self)).place.folder, folder, dirs_exist_ok=True)
            with cached_in(Place(Path(folder))) as place:
                yield place

    @check(
        why="a test that downloads or carries much data is run by nobody",
        fix="write a few small images in the layout of the real data",
    )
    def test_fake_data_are_small(self) -> None:
        with self.place() as place:
            size = sum(size for _, size, _ in place.files().values())
            assert size <= MOST_BYTES, f"the fake data have {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f}"

    @check(
        why="rows are found by number, and catalogues joined by object_id",
        fix="give the table the columns object_id and split, an index from 0, and as many rows as there are samples",
    )
    def test_table_has_a_row_per_sample(self) -> None:
        with self.opened() as dataset:
            table = dataset.table
            absent = {"object_id", "split"} - set(table.columns)
            assert not absent, f"the table has no column {' and '.join(sorted(absent))}"
            assert len(dataset) == len(table) > 0, f"it has {len(dataset)} samples and {len(table)} rows"
            assert list(table.index) == list(range(len(table))), "the table's index does not count from 0"
            assert len(all_targets(dataset)) == len(table), f"it has {len(all_targets(dataset))} targets"

    @check(
        why="an id that passes through a float or an integer becomes another galaxy",
        fix="read ids as text (dtype=str, keep_default_na=False) and refuse a table in which one occurs twice",
    )
    def test_ids_are_unique_texts(self) -> None:
        with self.opened() as dataset:
            ids = list(dataset.table["object_id"])
            numbers = [i for i in ids if not isinstance(i, str)]
            assert not numbers, f"the id {numbers[0]!r} is an {type(numbers[0]).__name__}"
            blank = [i for i in ids if not i or i != i.strip()]
            assert not blank, f"the id {blank[0]!r} begins or ends with a blank"
            twice = sorted({i for i in ids if ids.count(i) > 1})
            assert not twice, f"the id {twice[0]} occurs {ids.count(twice[0])} times"

    @check(
        why="a galaxy with another one's label is the worst mistake, and the hardest to see",
        fix="let sample i hold the object_id of row i, index i and the targets of row i",
    )
    def test_samples_are_their_rows(self) -> None:
        with self.opened() as dataset:
            targets = all_targets(dataset)
            for index in reversed(range(min(len(dataset), MOST_ROWS))):
                sample, row = dataset[index], dataset.table.loc[index]
                assert isinstance(sample, Sample), f"sample {index} is {type(sample).__name__}, not zoo.dataset.Sample"
                told = f"sample {index} says it is {sample.object_id}, row {sample.index}"
                assert (sample.object_id, sample.index) == (row.object_id, index), f"{told}; the table: {row.object_id}"
                assert np.array_equal(np.asarray(sample.target), targets[index], equal_nan=True), (
                    f"sample {index} and the targets of row {index} differ"
                )

    @check(
        why="models are built from num_bands, and batches from images of one size",
        fix="give uint8 [band height width], or float32 in [0, 1]: zoo.cutout reads images by the documented rules",
    )
    def test_images_have_one_form(self) -> None:
        with self.opened() as dataset:
            images = [dataset[k].image for k in range(min(len(dataset), MOST_ROWS))]
            forms = {(tuple(image.shape), image.dtype) for image in images}
            assert len(forms) == 1, f"its images have the forms {sorted(map(str, forms))}"
            shape, dtype = forms.pop()
            assert len(shape) == 3 and shape[0] == dataset.num_bands, f"{dataset.num_bands} bands, images {shape}"
            assert dtype in (torch.uint8, torch.float32), f"its images are {dtype}"
            low, high = min(i.min().item() for i in images), max(i.max().item() for i in images)
            assert dtype == torch.uint8 or (low >= 0 and high <= 1), f"its float images reach from {low} to {high}"

    @check(
        why="heads and metrics trust the schema that the dataset states",
        fix="state the schema of the labels: numbers in the order and range of its columns, or numbers of classes",
    )
    def test_targets_fit_the_schema(self) -> None:
        with self.opened() as dataset:
            schema, targets = dataset.schema, all_targets(dataset)
            sample = dataset[0].target
            assert isinstance(schema, Schema) and schema.columns, f"its schema is {schema!r}"
            wanted = () if isinstance(schema, Classes) else (len(schema.columns),)
            assert sample.shape == wanted, f"a target has the shape {tuple(sample.shape)}, its schema {wanted}"
            dtype = torch.int64 if isinstance(schema, Classes) else torch.float32
            assert sample.dtype == dtype, f"a target is {sample.dtype}, its schema asks for {dtype}"
            limits = {VoteFractions: (0, 1), VoteCounts: (0, np.inf), Classes: (-1, len(schema.columns) - 1)}
            low, high = limits.get(type(schema), (-np.inf, np.inf))
            found = np.nanmin(targets), np.nanmax(targets)
            assert low <= found[0] and found[1] <= high, f"its labels reach from {found[0]} to {found[1]}"
            if isinstance(schema, VoteCounts):
                ids = dataset.table["object_id"].tolist()
                votes = vote_counts.whole(schema, np.asarray(targets, float), ids)
                vote_counts.violations(schema, votes, ids, "refuse")

    @check(
        why="training, validation and test must not mix, today or after a restart",
        fix=f"write one of {', '.join(SPLITS)} or unlabelled into the column split, by zoo.dataset.hash_split",
    )
    def test_splits_are_known_and_stable(self) -> None:
        with self.opened() as dataset, cached_in(_prepared(type(self)).place) as place:
            unknown = set(dataset.table["split"]) - {*SPLITS, UNLABELLED}
            assert not unknown, f"its table has the splits {sorted(map(str, unknown))}"
            again = self.dataset(place)
            again.prepare()
            assert again.table.equals(dataset.table), "a second object has other rows, splits or another order"

    @check(
        why="adding or sorting rows must not move a galaxy from training to test",
        fix="split by a hash of object_id (zoo.dataset.hash_split), never by position",
    )
    def test_split_belongs_to_the_galaxy(self) -> None:
        with self.copied() as place:
            before = self.dataset(place)
            before.prepare()
            splits = dict(zip(before.table["object_id"], before.table["split"], strict=True))
            after = self.dataset(place, self.rearrange(place.data))
            after.prepare()
            found = dict(zip(after.table["object_id"], after.table["split"], strict=True))
            assert list(found) != list(splits), "rearrange changed neither order nor number of rows"
            moved = [i for i in found.keys() & splits.keys() if found[i] != splits[i]]
            assert not moved, f"{min(moved)} moved from {splits[min(moved)]} to {found[min(moved)]}"

    @check(
        why="a model tested on what it was trained on looks better than it is",
        fix="keep copies of one image in one split; give fake galaxies different pixels",
    )
    def test_splits_do_not_leak(self) -> None:
        with self.opened() as dataset:
            first: dict[tuple[str, Any], tuple[str, str]] = {}
            for index in range(min(len(dataset), MOST_ROWS)):
                sample, split = dataset[index], dataset.table["split"][index]
                for shared in (("id", sample.object_id), ("image", sample.image.numpy().tobytes())):
                    other, there = first.setdefault(shared, (sample.object_id, split))
                    told = f"{other} ({there}) and {sample.object_id} ({split}) share one {shared[0]}"
                    assert split == there, told

    @check(
        why="epochs differ by augmentation alone, and a training must be repeatable",
        fix="let sample i depend on i alone: no randomness, no memory of what was read before",
    )
    def test_reading_is_repeatable(self) -> None:
        with self.opened() as dataset:
            first = process.contents(dataset)
            with unchanged():
                second = process.contents(dataset)
            assert first == second, "the same rows read twice differ"

    @check(
        why="images are read by worker processes, which get a copy of the dataset",
        fix="leave open files and loaded images out of what is pickled (__getstate__), and open them when first read",
    )
    def test_workers_read_the_same(self) -> None:
        with self.opened() as dataset:
            here = process.contents(dataset)
            copy = pickle.loads(pickle.dumps(dataset))  # our own bytes, made a moment ago
            assert process.contents(copy) == here, "a pickled copy gives other samples"
            assert process.elsewhere(process.contents, dataset) == [here], "another process reads other samples"

    @check(
        why="most clusters compute without network",
        fix="download in prepare only where the user asks for it by a key that is off by default",
    )
    def test_prepares_offline(self) -> None:
        with self.place() as place, offline():
            dataset = self.dataset(place)
            dataset.prepare()
            assert len(dataset), "it has no galaxy"

    @check(
        why="every training prepares its dataset: it must cost nothing once that is done",
        fix="look whether the files are there and whole before making them",
    )
    def test_preparing_twice_changes_nothing(self) -> None:
        with self.copied() as place:
            self.dataset(place).prepare()
            before = place.files()
            self.dataset(place).prepare()
            after = place.files()
            changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            assert not changed, f"preparing again writes {', '.join(changed[:5])}"

    @check(
        why="the jobs of a sweep start together on one dataset",
        fix="write each file under another name and rename it (zoo.atomic.replacing), or hold a lock",
    )
    def test_two_may_prepare_at_once(self) -> None:
        expected = _prepared(type(self))
        with self.place() as place:
            found = process.elsewhere(process.prepared, self.dataset(place), processes=2)
            assert found == [expected.contents] * 2, "two processes that prepare at once get other samples than one"
            assert set(place.files()) == expected.names, f"they leave {sorted(set(place.files()) ^ expected.names)}"

    @check(
        why="a cluster kills jobs at any moment, and the next one must not trust half a file",
        fix="rename files into place when they are whole (zoo.atomic), and sweep what dead processes left",
    )
    def test_preparing_survives_a_kill(self) -> None:
        expected = _prepared(type(self))
        for k in range(self.kills):
            with self.place() as place:
                seconds = expected.seconds * (k + 0.5) / self.kills
                process.prepare_until_killed(self.dataset(place), seconds)
                dataset = self.dataset(place)
                dataset.prepare()
                told = f"killed after {seconds:.2f} s and prepared again"
                assert process.contents(dataset) == expected.contents, f"{told}, it gives other samples"
                found = problems(dataset)
                assert not found, f"{told}, it reports {found[0]}"
                assert set(place.files()) == expected.names, f"{told}, it leaves {set(place.files()) ^ expected.names}"

    @check(
        why="a warning that comes always is read by nobody",
        fix="let verify report only what is wrong",
    )
    def test_good_files_have_no_problems(self) -> None:
        with self.opened() as dataset:
            for quick in (True, False):
                found = problems(dataset, quick=quick)
                assert not found, f"verify(quick={quick}) reports on good files: {found[0]}"

    @check(
        why="most damaged images still decode, and nobody looks at a million of them",
        fix="let verify compare each file with its recorded hash and length, or decode it, and yield a Problem",
    )
    def test_verify_finds_damage(self) -> None:
        with self.copied() as place:
            dataset = self.dataset(place)
            dataset.prepare()
            self.damage(place.data)
            found = problems(dataset)
            assert found, "verify finds nothing wrong with a damaged file"
            assert all(str(problem).strip() for problem in found), "verify yields a problem without words"

    @check(
        why="a row without image must not end a training in its third hour",
        fix="raise MissingImage with the id and the file when the dataset is built, prepared or read",
    )
    def test_missing_image_is_refused(self) -> None:
        with self.place() as place:
            self.remove(place.data)
            refusal(lambda: self.read_all(place))

    @check(
        why="a path with a typing error is the commonest mistake of all",
        fix="raise a ZooError that names the path you looked at and says how to get the data",
    )
    def test_missing_folder_is_refused(self) -> None:
        with TemporaryDirectory() as folder, cached_in(Place(Path(folder))) as place:
            if not self.arguments(place.data):
                pytest.skip("it reads no folder")
            said = refusal(lambda: self.read_all(place))
            assert str(place.data) in said, f"the refusal {said!r} does not name the folder {place.data}"

    def read_all(self, place: Place) -> None:
        """Build, prepare and read the dataset."""
        dataset = self.dataset(place)
        dataset.prepare()
        for index in range(len(dataset)):
            dataset[index]

    @check(
        why="a run is resumed only on the data that it began with",
        fix="hash ids, splits, labels and pixels into fingerprint, and neither paths nor times",
    )
    def test_fingerprint_follows_the_labels(self) -> None:
        with self.opened() as dataset:
            before = fingerprint(dataset)
        with self.copied() as place:
            dataset = self.dataset(place)
            dataset.prepare()
            assert fingerprint(dataset) == before, "the same files in another folder have another fingerprint"
            dataset = self.dataset(place, self.relabel(place.data))
            dataset.prepare()
            assert fingerprint(dataset) != before, "another label leaves the fingerprint as it was"


@dataclass(frozen=True)
class Prepared:
    """A prepared place, what its samples hash to, which files it has and how long preparing took."""

    keeper: TemporaryDirectory[str]
    place: Place
    contents: str
    names: set[str]
    seconds: float


@lru_cache(maxsize=1)
def _prepared(kit: type[DatasetConformance]) -> Prepared:
    """The files of a conformance class, prepared once for all its checks; its folder goes when the next class comes."""
    folder = TemporaryDirectory()
    with cached_in(Place(Path(folder.name))) as place:
        place.data.mkdir()
        kit().write(place.data)
        dataset, start = kit().dataset(place), time.perf_counter()
        dataset.prepare()
        seconds = time.perf_counter() - start
        return Prepared(folder, place, process.contents(dataset), set(place.files()), seconds)


@contextmanager
def cached_in(place: Place) -> Iterator[Place]:
    """Let zoo's cache lie in this place."""
    with mock.patch.dict(os.environ, ZOO_CACHE=str(place.cache)):
        yield place
