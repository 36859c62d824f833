"""The guard between training and test: no galaxy in both, neither by its id, nor by its position, nor by its image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from zoo.dataset import SPLITS, Dataset
from zoo.errors import DataError, ZooImageError
from zoo.label_table import some
from zoo.sky import chord, unit_vectors

TESTING = [name for name in SPLITS if name != "train"]
"""The splits that test."""

RADIUS = 1.0
"""Arcsec within which two entries are one galaxy, as in the cross-match of Khan et al. (2019)."""


@dataclass(frozen=True)
class Galaxies:
    """Galaxies of one purpose: ids of one name space, and positions (deg, ICRS) and sha256 of images where known."""

    object_id: Sequence[str]
    ra: Float[np.ndarray, " galaxy"] = field(default_factory=lambda: np.empty(0))
    dec: Float[np.ndarray, " galaxy"] = field(default_factory=lambda: np.empty(0))
    sha256: Sequence[str] = ()


def tested(dataset: Dataset, images: bool = False) -> Galaxies:
    """The galaxies to validate and test on."""
    return galaxies(dataset, np.flatnonzero(dataset.table["split"].isin(TESTING)).tolist(), images)


def galaxies(dataset: Dataset, rows: Sequence[int], images: bool = False) -> Galaxies:
    """Rows for the guard, by id, by position where all are known, and by their pixels if asked."""
    table = dataset.table.iloc[list(rows)]
    known = {"ra", "dec"} <= {*table} and bool(np.isfinite(table[["ra", "dec"]].to_numpy(float)).all())
    places = [table[name].to_numpy(float) for name in ("ra", "dec")] if known else []
    hashes = [image_sha256(dataset, row) for row in rows] if images else []
    return Galaxies(table["object_id"].tolist(), *places, **({"sha256": hashes} if images else {}))


def image_sha256(dataset: Dataset, row: int) -> str:
    """A hash of an image's pixels, blank for one that cannot be read."""
    try:
        return hashlib.sha256(dataset[row].image.numpy().tobytes()).hexdigest()
    except ZooImageError:
        return ""


def refuse(trained: Galaxies, tested: Galaxies) -> None:
    """Raise DataError, with the galaxies, where one that tests is among those that train."""
    for what, found in shared(trained, tested).items():
        if found:
            pairs = some([f"{test} ({train})" if train != test else test for train, test in found])
            raise DataError(
                f"{len(found)} of {len(tested.object_id)} galaxies to test on are among those to train on, by "
                f"{what}: {pairs}; take them out of one of the tables.",
                "E-LEAK",
            )


def shared(trained: Galaxies, tested: Galaxies) -> Mapping[str, list[tuple[str, str]]]:
    """Pairs of ids, trained and tested, that are one galaxy: by id, by position, by identical image."""
    return {
        "id": _equal(trained.object_id, tested.object_id, trained.object_id, tested.object_id),
        f"positions within {RADIUS:g} arcsec": _near(trained, tested),
        "identical images": _equal(trained.sha256, tested.sha256, trained.object_id, tested.object_id),
    }


def _near(trained: Galaxies, tested: Galaxies) -> list[tuple[str, str]]:
    """Each tested galaxy that has a trained one within the radius, with the nearest of these."""
    from scipy.spatial import cKDTree

    if not len(trained.ra) or not len(tested.ra):
        return []
    there, here = (unit_vectors(one.ra, one.dec).T for one in (trained, tested))
    distance, neighbour = cKDTree(there).query(here, distance_upper_bound=chord(RADIUS))
    return [(trained.object_id[neighbour[row]], tested.object_id[row]) for row in np.flatnonzero(distance < np.inf)]


def _equal(
    train: Sequence[str], test: Sequence[str], train_ids: Sequence[str], test_ids: Sequence[str]
) -> list[tuple[str, str]]:
    """Pairs of ids whose keys are equal; blank keys, of images that cannot be read, are equal to none."""
    known = {key: object_id for key, object_id in zip(train, train_ids, strict=False) if key}
    return [(known[key], object_id) for key, object_id in zip(test, test_ids, strict=False) if key in known]
