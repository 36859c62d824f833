"""The frames of SDSS from DR8 on: nanomaggies without their sky, by field (surveys.md 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import ZooError
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services import field
from zoo_dataset_surveys.services.field import RERUN, Field
from zoo_dataset_surveys.services.piece import Piece, without_files
from zoo_dataset_surveys.services.places import Places
from zoo_dataset_surveys.services.skyserver import BATCH, LOOK_UPS, SkyServer

REDUX: Sequence[tuple[int, str]] = ((12, "boss"), (17, "eboss"))
"""Where frames lie up to a release."""

LATEST = "prior-surveys/sdss4-dr17-eboss"


@dataclass(frozen=True)
class Frames:
    """The frames that galaxies lie in: one set of files for all galaxies of a field.

    address: of the archive. catalogue: where objects are looked up whose id does not say their field; None asks
    nobody. places: what it said before.
    """

    address: str
    release: int
    bands: Sequence[str]
    catalogue: SkyServer | None = None
    places: Places = Places()

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every field; galaxies of which nobody knows it are in one without files. Raises ServiceError."""
        inside = dict[Field | None, list[Target]]()
        for target, place in zip(targets, self.fields(targets), strict=True):
            inside.setdefault(place, []).append(target)
        return [self._piece(place, some) for place, some in inside.items()]

    def fields(self, targets: Sequence[Target]) -> list[Field | None]:
        """The field of each galaxy: by its id, if that is one of DR7, or by its position."""
        found = [field.of_id(target.object_id) for target in targets]
        new = [target for target, place in zip(targets, found, strict=True) if place is None]
        looked_up = iter(self.places.of(new, self.catalogue and self.catalogue.fields, BATCH))
        return [place._replace(rerun=RERUN) if place else kept(next(looked_up)) for place in found]

    def _piece(self, place: Field | None, targets: list[Target]) -> Piece:
        if place is None:
            why = "The survey has no object at its position: leave it out."
            return without_files("no field", targets, why, LOOK_UPS * -(-len(targets) // BATCH), len(targets))
        folder = f"{self.address}/{frames_folder(self.release)}"
        paths = {band: frame_path(place, band) for band in self.bands}
        return Piece(place.group, targets, paths, lambda bands: {band: f"{folder}/{paths[band]}" for band in bands})


def kept(place: Sequence[int] | None) -> Field | None:
    """A field as it was kept."""
    return None if place is None else Field(*place)


def frame_path(place: Field, band: str) -> Path:
    """The path of a frame below the folder of all frames."""
    run, rerun, camcol, number = place
    return Path(str(rerun), str(run), str(camcol), f"frame-{band}-{run:06d}-{camcol}-{number:04d}.fits.bz2")


def frames_folder(release: int) -> str:
    """The folder of all frames of a release, below the address of the archive. Raises ZooError before DR8."""
    if release < 8:
        raise ZooError(f"DR{release} has no calibrated frames: choose release 8 or later; they show the same pixels.")
    redux = next((name for last, name in REDUX if release <= last), LATEST)
    return f"dr{release}/{redux}/photoObj/frames"
