"""The dataset of simulated galaxies: pictures from physics, labels from simulated volunteers."""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Shaped

from zoo import cache
from zoo.dataset import UNLABELLED, Dataset, Problem, Sample, as_target, hash_split
from zoo.errors import ZooError
from zoo.schema import Classes, Schema, VoteCounts, VoteFractions, read_tree
from zoo_dataset_simulated import classes
from zoo_dataset_simulated.draws import stream
from zoo_dataset_simulated.population import draw_galaxy
from zoo_dataset_simulated.shards import Shards
from zoo_dataset_simulated.volunteers import chances, expected, vote

RENDERER = 1
"""The version of all that decides a pixel or a vote: it grows when either changes, and old shards are left alone."""


class Simulated(Dataset):
    """Galaxies of a survey that does not exist, and the votes of volunteers who do not either.

    tree: the questions, as in `conf/tree/galaxy_zoo.yaml`. size: number of galaxies; a larger survey begins with the
    smaller one. seed: of the survey, not of the training. schema: `fractions` (cumulative vote fractions), `votes` (how
    many volunteers gave each answer) or `classes` (five classes by thresholds on the fractions; galaxies that meet none
    are in the split `unlabelled`). split: only `hash`, by a hash of the id. fractions: the share of each split.
    volunteers: votes per galaxy. workers: processes that render, null for one per core. Raises ZooError for values that
    make no survey.
    """

    few = MappingProxyType({"size": 30})

    def __init__(
        self,
        tree: Mapping[str, Any],
        size: int = 2000,
        seed: int = 0,
        schema: str = "fractions",
        split: str = "hash",
        fractions: Mapping[str, float] | None = None,
        volunteers: int = 40,
        workers: int | None = None,
    ):
        refuse(size, seed, schema, split, volunteers)
        self.questions = read_tree(tree["questions"])
        counts = read_tree(tree["questions"], counts=True)
        self.schema: Schema = {"fractions": self.questions, "votes": counts, "classes": Classes(classes.NAMES)}[schema]
        self.size, self.seed, self.volunteers = size, seed, volunteers
        self.fractions = dict(fractions or {"train": 0.8, "validation": 0.1, "test": 0.1})
        self.workers = workers or os.cpu_count() or 1
        self.shards = Shards(cache.folder("simulated", f"seed{seed}-renderer{RENDERER}"), seed)

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """A hash of all parameters and of the renderer's version."""
        values = [RENDERER, self.size, self.seed, self.volunteers, self.fractions, self.schema.to_dict()]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    @cached_property
    def votes(self) -> Float[np.ndarray, "galaxy answer"]:
        """Cumulative vote fractions of every galaxy; no galaxy is rendered for them."""
        return np.stack([self.votes_of(index) for index in range(self.size)])

    def votes_of(self, index: int) -> Float[np.ndarray, " answer"]:
        """Cumulative vote fractions of one galaxy, multiples of 1 / volunteers."""
        galaxy = draw_galaxy(stream(self.seed, index, "galaxy"))
        return vote(self.questions, chances(galaxy), self.volunteers, stream(self.seed, index, "votes"))

    @cached_property
    def targets(self) -> Shaped[np.ndarray, "galaxy ..."]:  # type: ignore[override]
        """Fractions or numbers of votes (float32), or positions of classes (int64, -1 for none)."""
        if isinstance(self.schema, Classes):
            return classes.classify(self.votes, self.questions.columns)
        if isinstance(self.schema, VoteCounts):
            return np.round(self.votes * self.volunteers).astype(np.float32)  # the same volunteers, not others
        return self.votes.astype(np.float32)

    @cached_property
    def label_variance(self) -> Float[np.ndarray, "galaxy answer"] | None:  # type: ignore[override]
        """Of vote fractions, exactly: a fraction p of N volunteers has the variance p (1 − p) / N."""
        if not isinstance(self.schema, VoteFractions):
            return None
        galaxies = (draw_galaxy(stream(self.seed, index, "galaxy")) for index in range(self.size))
        chance = np.stack([expected(self.questions, chances(galaxy)) for galaxy in galaxies])
        return chance * (1 - chance) / self.volunteers

    @cached_property
    def table(self) -> pd.DataFrame:  # type: ignore[override]
        """One row per galaxy: id, split and position."""
        ids = [self.object_id(index) for index in range(self.size)]
        split = hash_split(ids, self.fractions).astype(object)
        if isinstance(self.schema, Classes):
            split[self.targets < 0] = UNLABELLED
        ra, dec = np.array([position(self.seed, index) for index in range(self.size)]).T
        return pd.DataFrame({"object_id": ids, "split": split, "ra": ra, "dec": dec})

    def object_id(self, index: int) -> str:
        """The id of a galaxy, `sim-<seed>-<number>`."""
        return f"sim-{self.seed}-{index:06d}"

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.size:
            raise IndexError(f"Galaxy {index} was asked for, of a survey of {self.size}.")
        image = torch.from_numpy(self.shards[index]).permute(2, 0, 1)
        return Sample(image, as_target(self.targets[index]), self.object_id(index), index)

    def prepare(self) -> None:
        """Render what is missing or damaged, about 50 galaxies per second and core; what is finished stays."""
        self.shards.prepare(self.size, self.workers)

    def verify(self, quick: bool = False) -> Iterable[Problem]:
        """Missing and damaged shards."""
        return self.shards.verify(self.size, quick)


def refuse(size: int, seed: int, schema: str, split: str, volunteers: int) -> None:
    """Raise ZooError for values that make no survey."""
    if size < 1 or volunteers < 1 or seed < 0:
        raise ZooError(
            f"A survey with size={size}, seed={seed} and volunteers={volunteers} was asked for: "
            "size and volunteers must be at least 1, and seed at least 0."
        )
    if schema not in ("fractions", "votes", "classes"):
        raise ZooError(
            f"dataset.schema={schema} was asked for, but simulated galaxies have fractions, votes or classes."
        )
    if split != "hash":
        raise ZooError(f"dataset.split={split} was asked for, but simulated galaxies have no split other than hash.")


def position(seed: int, index: int) -> tuple[float, float]:
    """Right ascension and declination (deg, ICRS), uniform on a patch of the northern sky."""
    u, v = stream(seed, index, "position").random(2)
    return 120 + 120 * u, math.degrees(math.asin(v * math.sin(math.radians(60))))
