"""What could not be retrieved, and why: by galaxy, and by the groups that galaxies share.

A group that lost all of its galaxies was lost by the download, not by them: as the imaging runs of which Khan et al.
(2019) lost whole camera columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from zoo import atomic
from zoo.errors import ZooError
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.places import position

GALAXIES, FAILURES, LOSSES = "galaxies.csv", "failures.csv", "losses.csv"
SHOWN = 8

Name = tuple[str, str]
"""A galaxy by its id and its position: tables of other galaxies may have the same ids."""


class Asked(NamedTuple):
    """A galaxy that was asked for. group: run and camcol, a tile, or the degree of sky."""

    object_id: str
    position: str
    group: str


class Failure(NamedTuple):
    """A band of a galaxy that is not there. code: as in `zoo.errors`."""

    object_id: str
    position: str
    group: str
    band: str
    code: str
    what: str


class Record:
    """What was asked of an archive, galaxy by galaxy: the group of each, and what failed."""

    def __init__(self) -> None:
        self.groups = dict[Name, str]()
        self.failed = dict[Name, list[Failure]]()

    @classmethod
    def read(cls, folder: Path) -> Record:
        """What a folder has; nothing where nothing was asked for."""
        found = cls()
        for name, group in ((row[:2], row[2]) for row in rows_of(folder / GALAXIES, Asked)):
            found.groups[name], found.failed[name] = group, []
        for failure in (Failure(*row) for row in rows_of(folder / FAILURES, Failure)):
            found.groups[failure[:2]] = failure.group
            found.failed.setdefault(failure[:2], []).append(failure)
        return found

    def add(self, targets: Iterable[Target], group: str, refusals: Mapping[str, ZooError]) -> None:
        """Note what became of some galaxies, in place of what was noted before. refusals: by band."""
        for name in map(name_of, targets):
            self.groups[name] = group
            self.failed[name] = [Failure(*name, group, band, why.code, str(why)) for band, why in refusals.items()]

    def update(self, other: Record, bands: Collection[str]) -> None:
        """Note what another record has, which is about these bands."""
        self.groups |= other.groups
        for name, failures in other.failed.items():
            self.failed[name] = [*(one for one in self.failed.get(name, ()) if one.band not in bands), *failures]

    @property
    def failures(self) -> list[Failure]:
        """All failures, by galaxy."""
        return [failure for one in sorted(self.failed) for failure in self.failed[one]]

    def losses(self) -> pd.DataFrame:
        """A row for each group: its `galaxies`, how many are `lost`, lacking a band or more, and the `rate`.

        The most losses come first.
        """
        lost = [bool(self.failed[one]) for one in self.groups]
        counts = pd.DataFrame({"group": list(self.groups.values()), "lost": lost}).groupby("group")["lost"]
        found = counts.agg(galaxies="size", lost="sum").reset_index()
        found["rate"] = found["lost"] / found["galaxies"]
        return found.sort_values(["lost", "group"], ascending=[False, True], ignore_index=True)

    def write(self, folder: Path) -> None:
        """Write `galaxies.csv`, `failures.csv` and `losses.csv` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        asked = pd.DataFrame([Asked(*name, group) for name, group in self.groups.items()], columns=Asked._fields)
        failures = pd.DataFrame(self.failures, columns=Failure._fields)
        for name, table in ((FAILURES, failures), (LOSSES, self.losses()), (GALAXIES, asked)):
            atomic.write_text(folder / name, table.to_csv(index=False, lineterminator="\n"))

    def told(self) -> list[str]:
        """A sentence for all losses, and one for each group that lost every galaxy, with the reason of the first."""
        counts, why = self.losses(), {failure.group: failure.what for failure in reversed(self.failures)}
        if not why:
            return []
        whole = counts[(counts["rate"] == 1) & (counts["galaxies"] > 1)]
        lines = [
            f"{counts['lost'].sum()} of {len(self.groups)} galaxies lack a band or more: {FAILURES} says which, and "
            f"{LOSSES} where they lie."
        ]
        lines += [
            f"All {row.galaxies} galaxies of {row.group} were lost, which is no property of galaxies: {why[row.group]}"
            for row in whole[:SHOWN].itertuples()
        ]
        return lines + ([f"… and {len(whole) - SHOWN} more groups lost all of theirs."] if len(whole) > SHOWN else [])


def name_of(target: Target) -> Name:
    """A galaxy as records name it."""
    return target.object_id, position(target)


def rows_of(path: Path, kind: type[Asked] | type[Failure]) -> Iterator[tuple[Any, ...]]:
    """The rows of a file of a record, as text; none where the file is absent."""
    if path.is_file():
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        yield from rows.reindex(columns=list(kind._fields), fill_value="").itertuples(index=False, name=None)
