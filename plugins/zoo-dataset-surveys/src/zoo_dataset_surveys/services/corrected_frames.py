"""The corrected frames of SDSS DR7, fpC: counts (DN) above a soft bias, with their sky, by field (surveys.md 2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services import field
from zoo_dataset_surveys.services.field import Field
from zoo_dataset_surveys.services.piece import Piece, without_files


@dataclass(frozen=True)
class CorrectedFrames:
    """The corrected frames that galaxies lie in: one set of files for all galaxies of a field.

    address: of the program that sends them, drC. Nobody is asked which field shows a galaxy: its id in DR7 says it.
    """

    address: str
    bands: Sequence[str]

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every field; galaxies whose field is not known are in one without files."""
        inside = dict[Field | None, list[Target]]()
        for target in targets:
            inside.setdefault(field.of_id(target.object_id), []).append(target)
        return [self._piece(place, some) for place, some in inside.items()]

    def addresses(self, place: Field, bands: Sequence[str]) -> Mapping[str, str]:
        """Where the frames of a field are."""
        asked = "&".join(f"{name.upper()}={value}" for name, value in place._asdict().items())
        return {band: f"{self.address}?{asked}&FILTER={band}" for band in bands}

    def _piece(self, place: Field | None, targets: list[Target]) -> Piece:
        if place is None:
            why = "Its id is none of DR7, which would say its field: take dr7objid, or survey=sdss."
            return without_files("no field", targets, why)
        paths = {band: frame_path(place, band) for band in self.bands}
        return Piece(place.group, targets, paths, partial(self.addresses, place))


def frame_path(place: Field, band: str) -> Path:
    """The path of a frame below the folder of all frames."""
    run, rerun, camcol, number = place
    return Path(str(rerun), str(run), str(camcol), f"fpC-{run:06d}-{band}{camcol}-{number:04d}.fit")
