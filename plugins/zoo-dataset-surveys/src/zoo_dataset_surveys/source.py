"""A source of frames: from galaxies to the files that show them, band by band."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from zoo_dataset_surveys.cutter import Target


class Source(Protocol):
    """Where frames come from: a folder, or the archive of a survey.

    path: the folder in which the files lie. bands: their names, in the order in which cutouts have them.
    """

    path: Path
    bands: Sequence[str]

    def state(self, targets: Iterable[Target]) -> str:
        """A text that changes when other frames may come for galaxies: equal states, equal frames."""

    def tile(self, file: Path) -> str:
        """The tile of a survey that a file of the source is of, blank where it is of none."""

    def frames(self, targets: Iterable[Target]) -> Iterator[tuple[Mapping[str, Path | None], list[Target]]]:
        """Groups of galaxies with the files that show them: for every band a file, or None. Each galaxy once."""

    def close(self) -> None:
        """Say what became of the galaxies, once the last of them were asked for."""
