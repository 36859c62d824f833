"""The catalogues of a blend: of the same galaxies in the same order, and with the same answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from zoo.catalogue import Column, derived
from zoo.errors import DataError, ZooError
from zoo.member import Member

STRETCH = 65536
"""Rows that are compared or joined at a time."""


def opened(folders: Sequence[Path]) -> list[Member]:
    """The catalogues in these folders, in an order that does not depend on that in which they are named.

    Raises ZooError for fewer than two, for one that is named twice, and for catalogues that do not fit together.
    """
    if len(folders) < 2:
        raise ZooError(f"A blend of {len(folders)} catalogue(s) was asked for: name two or more, catalogues=[A,B].")
    members = [Member(folder) for folder in folders]
    for place, member in enumerate(members):
        if twin := next((other for other in members[:place] if other.fingerprint == member.fingerprint), None):
            raise ZooError(
                f"{twin.folder} and {member.folder} are the same catalogue: name each one once, or predict with "
                "another run or tta.",
                "E-BLEND-TWICE",
            )
    named(members)
    for member in members[1:]:
        refuse_answers(members[0], member)
    for member in members[1:]:
        refuse_galaxies(members[0], member)
    return sorted(members, key=lambda member: member.fingerprint)


def named(members: Sequence[Member]) -> None:
    """Give each catalogue the end of its path that tells it from the others, most often its folder's name."""
    paths = [member.folder.resolve().parts for member in members]
    length = next(k for k in range(1, 1 + max(map(len, paths))) if len({path[-k:] for path in paths}) == len(paths))
    for member, path in zip(members, paths, strict=True):
        member.name = "/".join(path[-length:])


def refuse_answers(one: Member, other: Member) -> None:
    """Raise DataError if two catalogues have other columns."""
    columns, others = described(one.catalogue.columns), described(other.catalogue.columns)
    if different := sorted(columns ^ others):
        which = ", ".join(name for name, _ in different[:5])
        raise DataError(
            f"{one.folder} and {other.folder} have different answers ({which} in one of them only): blend catalogues "
            "of runs with the same labels.",
            "E-BLEND-ANSWERS",
        )


def described(columns: Sequence[Column]) -> set[tuple[str, str]]:
    """Names and kinds, in any order because they are matched by name; what a blend derives anew is left out."""
    return {(column.name, column.kind) for column in columns if not derived(column)}


def refuse_galaxies(one: Member, other: Member) -> None:
    """Raise DataError if two catalogues hold other galaxies, or the same in another order."""
    same_number = len(one) == len(other)
    for start in range(0, min(len(one), len(other)), STRETCH):
        stop = min(start + STRETCH, len(one), len(other))
        ids, others = one.ids(start, stop).to_pylist(), other.ids(start, stop).to_pylist()
        if ids != others:
            row = next(row for row, (a, b) in enumerate(zip(ids, others, strict=True)) if a != b)
            what = "other galaxies" if not same_number or census(one) != census(other) else "another order of galaxies"
            raise DataError(
                f"{other.folder} has {what} than {one.folder}: row {start + row} is {others[row]!r}, not {ids[row]!r}; "
                "predict all catalogues from the same data set and split.",
                "E-BLEND-GALAXIES",
            )
    if not same_number:
        raise DataError(
            f"{one.folder} has {len(one)} galaxies, {other.folder} has {len(other)}: predict all catalogues from the "
            "same data set and split.",
            "E-BLEND-GALAXIES",
        )


def census(member: Member) -> int:
    """A number that the same galaxies share in any order: the sum of hashes of their ids."""
    total = 0
    for start in range(0, len(member), STRETCH):
        for object_id in member.ids(start, min(start + STRETCH, len(member))).to_pylist():
            total += int.from_bytes(hashlib.blake2b(object_id.encode(), digest_size=16).digest(), "big")
    return total
