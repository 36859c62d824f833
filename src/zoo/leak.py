"""The guard between training and test: no galaxy in both, neither by its id, nor by its position, nor by its image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from zoo.errors import DataError
from zoo.label_table import some
from zoo.sky import chord, unit_vectors

RADIUS = 1.0
"""Arcsec within which two entries are one galaxy, as in the cross-match of Khan et al. (2019)."""


@dataclass(frozen=True)
class Galaxies:
    """Galaxies of one purpose: ids of one name space, and positions (deg, ICRS) and sha256 of images where known."""

    object_id: Sequence[str]
    ra: Float[np.ndarray, " galaxy"] = field(default_factory=lambda: np.empty(0))
    dec: Float[np.ndarray, " galaxy"] = field(default_factory=lambda: np.empty(0))
    sha256: Sequence[str] = ()


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
