"""Cross-match of two catalogues: the nearest neighbour on the sky, each galaxy used once.

Neighbours are sought between unit vectors, so neither the wrap of right ascension nor the poles are special.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from zoo.errors import DataError, ZooError
from zoo.sky import ARCSEC, chord, unit_vectors
from zoo_dataset_surveys.coordinates import FULL_CIRCLE, HOURS, POLE, Positions

ENOUGH = 20
"""Galaxies from which on a match of none is taken for a mistake in the columns."""


@dataclass(frozen=True)
class CrossMatch:
    """Pairs of rows of a left and a right catalogue, in the order of the left one.

    separation: arcsec. east, north: from the left galaxy to the right one, in arcsec on the sky (ΔRA·cos δ, Δδ).
    closest: whether the pair is the closest of its right galaxy; other pairs are rivals that lost it.
    """

    left: Int[np.ndarray, " pair"]
    right: Int[np.ndarray, " pair"]
    separation: Float[np.ndarray, " pair"]
    east: Float[np.ndarray, " pair"]
    north: Float[np.ndarray, " pair"]
    closest: Bool[np.ndarray, " pair"]

    def __len__(self) -> int:
        return len(self.left)

    def at(self, pairs: Bool[np.ndarray, " pair"]) -> CrossMatch:
        """Some of the pairs."""
        return CrossMatch(*(getattr(self, name)[pairs] for name in self.__dataclass_fields__))

    def one_to_one(self) -> CrossMatch:
        """The pairs in which every galaxy occurs once."""
        return self.at(self.closest)


def cross_match(left: Positions, right: Positions, radius: float = 1.0) -> CrossMatch:
    """Each left galaxy with its nearest right one, where that is at most `radius` arcsec away.

    Where several left galaxies have one nearest neighbour, the closest of them (of equal ones the first) keeps it and
    the others are flagged. Raises ZooError for a radius that is none, and DataError where nothing matches but would if
    columns were swapped or hours taken for degrees.
    """
    if not 0 < radius <= 3600:
        raise ZooError(f"A radius of {radius:g} arcsec: name one above 0, and at most 3600.")
    found = _nearest(left, right, radius)
    if not len(found) and min(len(left), len(right)) >= ENOUGH:
        _refuse_other_units(left, right, radius)
    return found


def doubles(positions: Positions, radius: float) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies of one list lie within `radius` arcsec of an earlier one."""
    found = np.zeros(len(positions), dtype=bool)
    found[_neighbours(positions, radius)[:, 1]] = True
    return found


def one_id_each(ids: Sequence[str], positions: Positions, radius: float) -> list[str]:
    """The ids of a list's galaxies, entries within `radius` arcsec of each other all under the smallest of their ids.

    The same in any order of rows; entries also belong together by way of others between them.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = _neighbours(positions, radius).T
    near = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(ids), len(ids)))
    _, groups = connected_components(near, directed=False)
    smallest: dict[int, str] = {}
    for group, object_id in zip(groups.tolist(), ids, strict=True):
        smallest[group] = min(object_id, smallest.get(group, object_id))
    return [smallest[group] for group in groups.tolist()]


def _neighbours(positions: Positions, radius: float) -> Int[np.ndarray, "pair 2"]:
    """Pairs of rows of one list within `radius` arcsec of each other, the earlier row first."""
    from scipy.spatial import cKDTree

    tree = cKDTree(unit_vectors(positions.ra, positions.dec).T)
    return tree.query_pairs(chord(radius), output_type="ndarray")


def _nearest(left: Positions, right: Positions, radius: float) -> CrossMatch:
    from scipy.spatial import cKDTree

    here, there = (unit_vectors(one.ra, one.dec).T for one in (left, right))
    if not len(here) or not len(there):
        none, nowhere = np.empty(0, dtype=np.int64), np.empty(0)
        return CrossMatch(none, none, nowhere, nowhere, nowhere, nowhere.astype(bool))
    apart, neighbour = cKDTree(there).query(here, distance_upper_bound=chord(radius))
    rows = np.flatnonzero(np.isfinite(apart))
    apart, neighbour = apart[rows], neighbour[rows]
    east, north = _offsets(left.at(rows), there[neighbour] - here[rows])
    return CrossMatch(rows, neighbour, 2 * np.arcsin(apart / 2) / ARCSEC, east, north, _closest(neighbour, apart))


def _offsets(
    positions: Positions, differences: Float[np.ndarray, "pair xyz"]
) -> tuple[Float[np.ndarray, " pair"], Float[np.ndarray, " pair"]]:
    """Small differences of unit vectors, in arcsec towards east and north at these positions."""
    ra, dec = np.deg2rad(positions.ra), np.deg2rad(positions.dec)
    east = np.stack([-np.sin(ra), np.cos(ra), np.zeros_like(ra)], axis=1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=1)
    return (differences * east).sum(axis=1) / ARCSEC, (differences * north).sum(axis=1) / ARCSEC


def _closest(neighbour: Int[np.ndarray, " pair"], apart: Float[np.ndarray, " pair"]) -> Bool[np.ndarray, " pair"]:
    """Whether a pair is the first of its right galaxy, in order of distance."""
    order = np.lexsort((apart, neighbour))  # stable: equal distances stay in the order of the left catalogue
    first = np.ones(len(order), dtype=bool)
    first[1:] = neighbour[order][1:] != neighbour[order][:-1]
    closest = np.empty_like(first)
    closest[order] = first
    return closest


def _refuse_other_units(left: Positions, right: Positions, radius: float) -> None:
    """Raise DataError where a catalogue read in another way has matches."""
    for name, one, other in (("left", left, right), ("right", right, left)):
        for what, read in readings(one):
            if matched := len(_nearest(read, other, radius)):
                raise DataError(
                    f"0 of {len(left)} and {len(right)} galaxies match within {radius:g} arcsec, but {matched} do if "
                    f"{what} in the {name} catalogue: mend its columns.",
                    "E-POSITION",
                )


def readings(given: Positions) -> list[tuple[str, Positions]]:
    """Other ways to read two columns, each with its words: as hours, swapped, as radians, where they could be that."""
    found = []
    if (given.ra <= HOURS).all():
        found.append(("right ascensions are hours", Positions(given.ra * FULL_CIRCLE / HOURS, given.dec)))
    if (given.ra <= POLE).all() and (given.dec >= 0).all():
        found.append(("ra and dec are swapped", Positions(given.dec, given.ra)))
    if (given.ra <= 2 * np.pi).all() and (np.abs(given.dec) <= np.pi / 2).all():
        found.append(("positions are radians", Positions(np.rad2deg(given.ra), np.rad2deg(given.dec))))
    return found
