"""The corrected frames of SDSS DR7, fpC: counts (DN) above a soft bias, with their sky, by field (surveys.md 2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from zoo.errors import DataError
from zoo_dataset_surveys import objid
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.piece import Piece, without_files


class Reduction(NamedTuple):
    """A field, and which reduction of it: later releases have one (301), DR7 several."""

    run: int
    rerun: int
    camcol: int
    field: int


@dataclass(frozen=True)
class CorrectedFrames:
    """The corrected frames that galaxies lie in: one set of files for all galaxies of a field.

    address: of the program that sends them, drC. Nobody is asked which field shows a galaxy: its id in DR7 says it.
    """

    address: str
    bands: Sequence[str]

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every field; galaxies whose field is not known are in one without files."""
        fields = dict[Reduction | None, list[Target]]()
        for target in targets:
            fields.setdefault(by_id(target), []).append(target)
        return [self._piece(place, inside) for place, inside in fields.items()]

    def addresses(self, place: Reduction, bands: Sequence[str]) -> Mapping[str, str]:
        """Where the frames of a field are."""
        asked = "&".join(f"{name.upper()}={value}" for name, value in place._asdict().items())
        return {band: f"{self.address}?{asked}&FILTER={band}" for band in bands}

    def _piece(self, place: Reduction | None, targets: list[Target]) -> Piece:
        if place is None:
            why = "Its id is none of DR7, which would say its field: take dr7objid, or survey=sdss."
            return without_files("no field", targets, why)
        paths = {band: frame_path(place, band) for band in self.bands}
        return Piece(f"run {place.run} camcol {place.camcol}", targets, paths, partial(self.addresses, place))


def frame_path(place: Reduction, band: str) -> Path:
    """The path of a frame below the folder of all frames."""
    run, rerun, camcol, field = place
    return Path(str(rerun), str(run), str(camcol), f"fpC-{run:06d}-{band}{camcol}-{field:04d}.fit")


def by_id(target: Target) -> Reduction | None:
    """The field that an id of DR7 says (surveys.md 2.2)."""
    try:
        parts = objid.decode([target.object_id])
    except DataError:
        return None
    return Reduction(*(int(getattr(parts, name)[0]) for name in Reduction._fields))
