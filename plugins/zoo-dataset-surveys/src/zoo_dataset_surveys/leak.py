"""The guard between training and test: no galaxy in both, neither by its id, nor by its position, nor by its image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zoo.errors import DataError
from zoo.label_table import some
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import cross_match

RADIUS = 1.0
"""Arcsec within which two entries are one galaxy, as in the cross-match of the surveys (G7)."""


@dataclass(frozen=True)
class Galaxies:
    """Galaxies of one purpose: ids of one name space, positions, and the sha256 of their images where there are any."""

    object_id: Sequence[str]
    positions: Positions
    sha256: Sequence[str] = field(default=())


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
    pairs = cross_match(tested.positions, trained.positions, RADIUS)
    return {
        "id": _equal(trained.object_id, tested.object_id, trained.object_id, tested.object_id),
        f"positions within {RADIUS:g} arcsec": [
            (trained.object_id[right], tested.object_id[left])
            for left, right in zip(pairs.left, pairs.right, strict=True)
        ],
        "identical images": _equal(trained.sha256, tested.sha256, trained.object_id, tested.object_id),
    }


def _equal(
    train: Sequence[str], test: Sequence[str], train_ids: Sequence[str], test_ids: Sequence[str]
) -> list[tuple[str, str]]:
    """Pairs of ids whose keys are equal; blank keys, of images that cannot be read, are equal to none."""
    known = {key: object_id for key, object_id in zip(train, train_ids, strict=False) if key}
    return [(known[key], object_id) for key, object_id in zip(test, test_ids, strict=False) if key in known]
