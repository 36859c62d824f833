"""What could not be retrieved, and why: by galaxy, and by the groups that galaxies share.

A group that lost all of its galaxies was lost by the download, not by them (spec G9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from zoo import atomic
from zoo.errors import ZooError

FAILURES, LOSSES = "failures.csv", "losses.csv"
SHOWN = 8


class Failure(NamedTuple):
    """A band of a galaxy that is not there. group: run and camcol, or the degree of sky. code: as in `zoo.errors`."""

    object_id: str
    group: str
    band: str
    code: str
    what: str


def failed_before(folder: Path) -> dict[tuple[str, str], Failure]:
    """What a folder's `failures.csv` says, by galaxy and band; nothing where there is none."""
    path = folder / FAILURES
    if not path.is_file():
        return {}
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)[list(Failure._fields)]
    return {(one.object_id, one.band): Failure(*one) for one in rows.itertuples(index=False)}


class Record:
    """What was asked of an archive, galaxy by galaxy: the group of each, and what failed."""

    def __init__(self) -> None:
        self.groups = dict[str, str]()
        self.failed = dict[str, list[Failure]]()

    def add(self, object_ids: Iterable[str], group: str, refusals: Mapping[str, ZooError]) -> None:
        """Note what became of some galaxies, in place of what was noted before. refusals: by band."""
        for one in object_ids:
            self.groups[one] = group
            self.failed[one] = [Failure(one, group, band, why.code, str(why)) for band, why in refusals.items()]

    def update(self, other: Record) -> None:
        """Note what another record has."""
        self.groups |= other.groups
        self.failed |= other.failed

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
        """Write `failures.csv` and `losses.csv` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = pd.DataFrame(self.failures, columns=list(Failure._fields))
        for name, table in ((FAILURES, rows), (LOSSES, self.losses())):
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
