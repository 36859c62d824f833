"""What retrieving the images of some galaxies would take: files, requests, bytes and time, before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zoo_dataset_surveys.services.piece import Piece
from zoo_dataset_surveys.survey import Survey


class Plan(NamedTuple):
    """What retrieving would take. seconds: at least, at the pace that the survey bears. kept: files that are there."""

    galaxies: int
    files: int
    kept: int
    requests: int
    bytes: int
    seconds: float

    def __str__(self) -> str:
        """For people, before anything is asked."""
        there = f"{self.galaxies:,} galaxies lie in {self.files:,} files, of which {self.kept:,} are here"
        if not self.requests:
            return f"{there}: nothing is to be asked for."
        return (
            f"{there}: about {self.requests:,} requests and {self.bytes / 1e6:,.1f} MB, at least "
            f"{duration(self.seconds)}."
        )


def planned(galaxies: int, missing: Sequence[tuple[Piece, list[str]]], survey: Survey, offline: bool) -> Plan:
    """The plan for so many galaxies, whose pieces lack files in these bands; offline nothing is asked for."""
    unknown = sum(piece.sets * len(survey.bands) for piece, _ in missing if not piece.paths)
    to_come = sum(len(bands) for _, bands in missing) + unknown
    files = sum(len(piece.paths) for piece, _ in missing) + unknown
    asked = sum(piece.asked for piece, bands in missing if bands or not piece.paths)
    requests = 0 if offline else to_come + asked
    volume = 0 if offline else to_come * survey.bytes_per_file
    return Plan(galaxies, files, files - to_come, requests, volume, requests / survey.per_second)


def duration(seconds: float) -> str:
    """A time in seconds, minutes or hours, as people would say it."""
    large = ((unit, name) for unit, name in ((3600, "h"), (60, "min")) if seconds >= unit)
    unit, name = next(large, (1, "s"))
    return f"{seconds / unit:,.1f} {name}"
