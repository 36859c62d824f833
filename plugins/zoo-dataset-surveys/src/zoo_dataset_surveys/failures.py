"""What could not be retrieved, and why: by galaxy, and by the groups that galaxies share.

A group that lost all of its galaxies was lost by the download, not by them: as the imaging runs of which Khan et al.
(2019) lost whole camera columns.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from zoo import atomic
from zoo.errors import ZooError
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.memory import Memory, Name, name_of

FAILURES, LOSSES = "failures.csv", "losses.csv"
SHOWN = 8


class Failure(NamedTuple):
    """A band of a galaxy that is not there. code: as in `zoo.errors`."""

    object_id: str
    position: str
    group: str
    band: str
    code: str
    what: str


class Reason(NamedTuple):
    """Why a band is not there, as in `Failure`."""

    code: str
    what: str


class Outcome(NamedTuple):
    """What became of galaxies that share their files. group: run and camcol, a tile, or the degree of sky.

    refusals: why there is no file, by band.
    """

    targets: Sequence[Target]
    group: str
    refusals: Mapping[str, ZooError]

    @property
    def failures(self) -> list[Failure]:
        """What failed, galaxy by galaxy."""
        reasons = [(band, why.code, str(why)) for band, why in self.refusals.items()]
        names = map(name_of, self.targets)
        return [Failure(object_id, place, self.group, *reason) for place, object_id in names for reason in reasons]


class Record:
    """What became of the galaxies that were asked for: how many each group has, how many of them are lost, and why."""

    def __init__(self) -> None:
        self.galaxies, self.lost = Counter[str](), Counter[str]()
        self.failures = list[Failure]()

    def add(self, outcome: Outcome) -> None:
        """Count further galaxies; one that lacks a band or more is lost."""
        self.galaxies[outcome.group] += len(outcome.targets)
        if outcome.refusals:
            self.lost[outcome.group] += len(outcome.targets)
        self.failures += outcome.failures

    def __str__(self) -> str:
        """How many are lost, for people."""
        return f"{self.lost.total()} of {self.galaxies.total()} galaxies lack a band or more"

    def told(self) -> list[str]:
        """A sentence for all losses, and one for each group that lost every galaxy, with the reason of the first."""
        if not self.failures:
            return []
        why = {failure.group: failure.what for failure in reversed(self.failures)}
        most = sorted(self.lost.items(), key=lambda one: (-one[1], one[0]))
        whole = [(group, lost) for group, lost in most if lost == self.galaxies[group] > 1]
        lines = [f"{self}: {FAILURES} says which, and {LOSSES} where they lie."]
        lines += [
            f"All {lost} galaxies of {group} were lost, which is no property of galaxies: {why[group]}"
            for group, lost in whole[:SHOWN]
        ]
        return lines + ([f"… and {len(whole) - SHOWN} more groups lost all of theirs."] if len(whole) > SHOWN else [])


@dataclass(frozen=True)
class Failures:
    """What failed of all galaxies that anybody has asked an archive for, in its memory."""

    memory: Memory

    def of(self, targets: Iterable[Target]) -> dict[Name, dict[str, Reason]]:
        """Why these galaxies lacked bands the last time, as far as they ever did; blank for a band that came later."""
        query = "SELECT band, code, what FROM refusals WHERE position = ? AND object_id = ?"
        with self.memory.opened() as database:
            found = {name: database.execute(query, name).fetchall() for name in map(name_of, targets)}
        return {name: {band: Reason(*reason) for band, *reason in rows} for name, rows in found.items() if rows}

    def note(self, outcomes: Iterable[Outcome], bands: Sequence[str]) -> None:
        """Note what became of galaxies in these bands, in place of what was noted before."""
        came = "UPDATE refusals SET code = '', what = '' WHERE position = ? AND object_id = ? AND band = ?"
        with self.memory.opened() as database:
            for outcome in outcomes:
                names = [name_of(target) for target in outcome.targets]
                failed = ((one.position, one.object_id, one.band, one.code, one.what) for one in outcome.failures)
                asked = ((*name, outcome.group) for name in names)
                database.executemany("INSERT OR REPLACE INTO galaxies VALUES (?, ?, ?)", asked)
                database.executemany(came, ((*name, band) for name in names for band in bands))
                database.executemany("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?, ?)", failed)

    def write(self, folder: Path) -> None:
        """Write `failures.csv`, by galaxy, and `losses.csv`, the groups that lost most first, into a folder."""
        queries = {
            FAILURES: "SELECT * FROM failures ORDER BY object_id, position, band",
            LOSSES: 'SELECT * FROM losses ORDER BY lost DESC, "group"',
        }
        with self.memory.opened() as database:
            for name, query in queries.items():
                rows = database.execute(query)
                with atomic.replacing(folder / name) as file:
                    text = io.TextIOWrapper(file, "utf-8", newline="")
                    table = csv.writer(text, lineterminator="\n")
                    table.writerow(column for column, *_ in rows.description)
                    table.writerows(rows)
                    text.detach()
