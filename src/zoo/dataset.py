"""Catalogue rows with cutouts and labels: what every survey gives to zoo."""

from __future__ import annotations

import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from zoo.errors import ZooError
from zoo.schema import Classes, Schema, VoteCounts

SPLITS = ("train", "validation", "test")
UNLABELLED = "unlabelled"
"""The split of galaxies that can only be predicted."""


class Sample(NamedTuple):
    """One galaxy. `index` is its row in the dataset's table; `target` is NaN (a class: -1) where there is no label."""

    image: Shaped[Tensor, "band height width"]
    target: Shaped[Tensor, "..."]
    object_id: str
    index: int


@dataclass(frozen=True)
class Problem:
    """Something wrong with one row or file, as a sentence; `code` as in `zoo.errors`."""

    object_id: str
    what: str
    code: str = "E-DATA"

    def __str__(self) -> str:
        return f"{self.object_id}: {self.what}" if self.object_id else self.what


class Dataset(ABC):
    """Galaxies by row number. Everything below may be used once `prepare` has returned.

    schema: what the labels mean. num_bands: bands of an image.
    table: one row per galaxy with `object_id` (str), `split` (train, validation, test, or unlabelled) and, where
        known, `ra` and `dec` (deg, ICRS); its index counts from 0.
    targets: all labels by row, if they can be had without reading images.
    fingerprint: a hash of everything that reaches a model, if it can be had without reading images.
    label_variance: of each label, the part that is due to the finite number of volunteers, where that is known.
    class_votes: of each class, the fraction of volunteers who chose it, where labels are classes made of votes.
    credits: the `licence` of the data and the `citation` that they ask for, where known; catalogues hand them on.
    measured: set by zoo: what the augmenter asked to be measured on each image.
    few: values of its arguments with which it has a few galaxies and is ready in about a second, as the conformance kit
        tries it.
    """

    few: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    schema: Schema
    table: pd.DataFrame
    num_bands: int = 3
    targets: Shaped[np.ndarray, "galaxy ..."] | None = None
    fingerprint: str | None = None
    label_variance: Float[np.ndarray, "galaxy column"] | None = None
    class_votes: Float[np.ndarray, "galaxy class"] | None = None
    credits: Mapping[str, str] = MappingProxyType({})
    measured: Float[np.ndarray, "galaxy number"] | None = None

    @abstractmethod
    def __len__(self) -> int:
        """The number of rows of `table`."""

    @abstractmethod
    def __getitem__(self, index: int) -> Sample:
        """The galaxy of row `index`: uint8 bands, or float32 in [0, 1]. Raises ZooImageError for an unusable image."""

    @abstractmethod
    def prepare(self) -> None:
        """Make all files ready (render, index, download where asked). Doing it twice costs nothing the second time."""

    @abstractmethod
    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """What is wrong with rows and files. `quick` looks at headers and last bytes only, else at every pixel."""

    def place(self, index: int) -> str:
        """Where the image of row `index` lies, to be told to people; blank where it is made on the spot."""
        return ""

    def verify_submission(self, path: Path) -> Iterable[Problem]:
        """What is wrong with a file of predictions that is to be handed in. Raises ZooError where nobody takes any."""
        raise ZooError(f"This data set knows no submissions, and cannot verify {path}: leave submission=… out.")

    def report(self) -> list[str]:
        """What is worth knowing and no problem, as lines: images without labels, labels left out. None by default."""
        return []


def problems(dataset: Dataset, quick: bool = False) -> list[Problem]:
    """All that `verify` finds; a dataset whose `verify` knows no quick way is verified in full."""
    if "quick" in inspect.signature(dataset.verify).parameters:
        return list(dataset.verify(quick=quick))
    return list(dataset.verify())


def all_targets(dataset: Dataset) -> Shaped[np.ndarray, "galaxy ..."]:
    """The labels of every row, read galaxy by galaxy where the dataset cannot give them at once."""
    if dataset.targets is not None:
        return dataset.targets
    return np.stack([np.asarray(dataset[i].target) for i in range(len(dataset))])


def fingerprint(dataset: Dataset) -> str:
    """A hash of ids, splits, labels and pixels."""
    if dataset.fingerprint is not None:
        return dataset.fingerprint
    digest = hashlib.sha256()
    for row, sample in zip(dataset.table.itertuples(), map(dataset.__getitem__, range(len(dataset))), strict=True):
        for part in (sample.object_id.encode(), str(row.split).encode()):
            digest.update(len(part).to_bytes(4, "little") + part)
        digest.update(np.asarray(sample.target).tobytes() + sample.image.numpy().tobytes())
    return digest.hexdigest()


def hash_split(
    object_ids: Sequence[str], fractions: Mapping[str, float], salt: str = "zoo"
) -> Shaped[np.ndarray, " galaxy"]:
    """The split of each galaxy by a hash of its id: the same whatever the order of rows and however many there are.

    `fractions` names the splits and their shares, which sum to 1.
    """
    edges = np.cumsum(list(fractions.values()))
    shares = [
        int.from_bytes(hashlib.blake2b(f"{salt}:{i}".encode(), digest_size=8).digest(), "big") / 2**64
        for i in object_ids
    ]
    return np.array(list(fractions))[np.minimum(np.searchsorted(edges, shares, side="right"), len(edges) - 1)]


def label_mask(targets: Shaped[np.ndarray, "galaxy ..."]) -> Float[np.ndarray, " galaxy"]:
    """Which galaxies have a label."""
    if targets.ndim == 1 and np.issubdtype(targets.dtype, np.integer):
        return targets >= 0
    return ~np.isnan(targets).reshape(len(targets), -1).all(axis=1)


def as_numbers(schema: Schema, targets: Shaped[np.ndarray, "galaxy ..."]) -> Float[np.ndarray, "galaxy column"]:
    """Labels as numbers that predictions are compared with; NaN where there is none.

    Classes: 1 for the galaxy's class and 0 for the others, whose mean squared error is Brier's (1950) score over the
    number of classes. Votes: each answer's share of its question's.
    """
    if isinstance(schema, Classes):
        known = (targets >= 0)[:, None]
        return np.where(known, targets[:, None] == np.arange(len(schema.names)), np.nan)
    if isinstance(schema, VoteCounts):
        totals = [targets[:, where].sum(axis=1, keepdims=True) for where in schema.slices]
        widths = [len(question.answers) for question in schema.questions]
        asked = np.repeat(np.concatenate(totals, axis=1), widths, axis=1)
        return np.divide(targets, asked, out=np.full(targets.shape, np.nan), where=asked > 0)
    return targets.astype(float)


def as_target(value: np.ndarray | np.generic) -> Tensor:
    """A label as a tensor: classes int64, everything else float32."""
    value = np.asarray(value)
    return torch.as_tensor(value, dtype=torch.int64 if np.issubdtype(value.dtype, np.integer) else torch.float32)
