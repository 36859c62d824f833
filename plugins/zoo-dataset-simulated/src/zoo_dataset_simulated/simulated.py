"""The dataset of simulated galaxies: pictures from physics, labels from simulated volunteers."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Shaped

from zoo import cache
from zoo.dataset import Dataset, Problem, Sample, as_target, hash_split
from zoo.errors import ZooError
from zoo.schema import Classes, VoteFractions, read_tree
from zoo_dataset_simulated import classes
from zoo_dataset_simulated.draws import stream
from zoo_dataset_simulated.population import draw_galaxy
from zoo_dataset_simulated.shards import Shards
from zoo_dataset_simulated.volunteers import chances, vote

RENDERER = 1
"""Version of everything that decides a pixel or a vote: raise it when either changes."""


class Simulated(Dataset):
    """Galaxies of a survey that does not exist, with the votes of volunteers who do not either.

    tree: the questions, as in `conf/tree/galaxy_zoo.yaml`. size: number of galaxies; a larger survey contains the smaller
    one. seed: of the survey, not of the training. schema: `fractions` (37 cumulative vote fractions) or `classes` (five
    classes by thresholds on them; galaxies between the classes are in the split `unlabelled`). fractions: share of each
    split, by a hash of the id. volunteers: votes per galaxy. workers: processes that render, null for one per core.
    """

    def __init__(
        self,
        tree: Mapping[str, Any],
        size: int = 2000,
        seed: int = 0,
        schema: str = "fractions",
        fractions: Mapping[str, float] | None = None,
        volunteers: int = 40,
        workers: int | None = None,
    ):
        if size < 1:
            raise ZooError(f"dataset.size={size} was asked for: a survey has at least one galaxy.")
        if volunteers < 1:
            raise ZooError(f"dataset.volunteers={volunteers} was asked for: vote fractions need at least one volunteer.")
        if schema not in ("fractions", "classes"):
            raise ZooError(f"dataset.schema={schema} was asked for: simulated galaxies have fractions or classes.")
        self.questions: VoteFractions = read_tree(tree["questions"])
        self.schema = self.questions if schema == "fractions" else Classes(classes.NAMES)
        self.size, self.seed, self.volunteers = size, seed, volunteers
        self.workers = workers or len(os.sched_getaffinity(0))
        self.shares = dict(fractions or {"train": 0.8, "validation": 0.1, "test": 0.1})
        self.shards = Shards(cache.folder("simulated", self.survey), seed)

    @property
    def survey(self) -> str:
        """A hash of what decides the pictures: the seed and the renderer."""
        return hashlib.sha256(f"{self.seed} {RENDERER}".encode()).hexdigest()[:16]

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """A hash of all parameters, and of the renderer's version."""
        values = [RENDERER, self.size, self.seed, self.volunteers, self.shares, self.schema.to_dict()]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    @cached_property
    def votes(self) -> Shaped[np.ndarray, "galaxy answer"]:
        """The cumulative vote fractions of every galaxy, without rendering any."""
        return np.stack([self._votes_of(index) for index in range(self.size)])

    def _votes_of(self, index: int) -> Shaped[np.ndarray, " answer"]:
        galaxy = draw_galaxy(stream(self.seed, index, "galaxy"))
        return vote(self.questions, chances(galaxy), self.volunteers, stream(self.seed, index, "votes"))

    @cached_property
    def targets(self) -> Shaped[np.ndarray, "galaxy ..."]:  # type: ignore[override]
        """Fractions (float32), or positions of classes (int64, -1 for none)."""
        if isinstance(self.schema, Classes):
            return classes.classify(self.votes, self.questions.columns)
        return self.votes.astype(np.float32)

    @cached_property
    def table(self) -> pd.DataFrame:  # type: ignore[override]
        """One row per galaxy: id, split and a position."""
        ids = [f"sim-{self.seed}-{index:06d}" for index in range(self.size)]
        split = hash_split(ids, self.shares).astype(object)
        if isinstance(self.schema, Classes):
            split[self.targets < 0] = "unlabelled"
        ra, dec = np.array([position(self.seed, index) for index in range(self.size)]).T
        return pd.DataFrame({"object_id": ids, "split": split, "ra": ra, "dec": dec})

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Sample:
        image = torch.from_numpy(self.shards[index]).permute(2, 0, 1)
        return Sample(image, as_target(self.targets[index]), f"sim-{self.seed}-{index:06d}", index)

    def prepare(self) -> None:
        self.shards.prepare(self.size, self.workers)

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        return self.shards.verify(self.size, quick)


def position(seed: int, index: int) -> tuple[float, float]:
    """RA and Dec (deg) in a patch of the northern sky, uniform on the sphere."""
    u, v = stream(seed, index, "position").random(2)
    low, high = np.sin(np.deg2rad([0, 60]))
    return float(120 + 120 * u), float(np.rad2deg(np.arcsin(low + (high - low) * v)))
