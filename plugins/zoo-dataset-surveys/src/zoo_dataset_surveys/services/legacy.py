"""The viewer of the Legacy Surveys: cutouts about any position, a plane for each band (surveys.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from zoo.errors import Incompatible
from zoo.retrieval.client import Client
from zoo_dataset_surveys import body
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.piece import Piece, one_each

LARGEST = 3000
"""Pixels of a side beyond which the viewer gives fewer without a word."""

MISSING = frozenset({404, 500})
"""Statuses that say that a layer has nothing there. 500 says also that the viewer is out of order: see `confirm`."""

SMALL = 64
"""Pixels of a side of the picture with which the viewer tells one from the other."""


@dataclass(frozen=True)
class CutoutService:
    """Cutouts of a layer, `ls-dr10` say: one about each galaxy, in every band, north up.

    side: of a cutout, in arcsec. pixel_scale: arcsec; that of the layer, so that nothing is resampled twice. client:
    None asks nobody. Raises Incompatible for a side of more pixels than the viewer gives.
    """

    address: str
    layer: str
    bands: Sequence[str]
    side: float
    pixel_scale: float
    client: Client | None = None

    def __post_init__(self) -> None:
        if self.size > LARGEST:
            raise Incompatible(
                f"survey.side={self.side:g} is {self.size} pixels of {self.pixel_scale:g} arcsec, and the viewer gives "
                f"{LARGEST}: take at most {LARGEST * self.pixel_scale:g} arcsec."
            )

    @property
    def size(self) -> int:
        """Pixels of a side."""
        return round(self.side / self.pixel_scale)

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every galaxy."""
        made = one_each(targets, self.bands, self.side, self.addresses)
        return [replace(piece, confirm=partial(self.confirm, piece.targets[0])) for piece in made]

    def addresses(self, target: Target, bands: Sequence[str]) -> Mapping[str, str]:
        """Where the cutouts of a galaxy are."""
        return {band: f"{self._address('fits-cutout', target, self.size)}&bands={band}" for band in bands}

    def confirm(self, target: Target) -> None:
        """Ask whether there is nothing at a galaxy's place: the viewer then draws a blank picture with status 200.

        Raises MissingImage for a blank one, and ServiceError where the viewer goes on failing.
        """
        asking = replace(self.client, missing=frozenset({404}))
        asking.get(self._address("jpeg-cutout", target, SMALL), body.picture)

    def _address(self, kind: str, target: Target, size: int) -> str:
        place = f"ra={target.ra:.7f}&dec={target.dec:.7f}&layer={self.layer}&pixscale={self.pixel_scale:g}"
        return f"{self.address}/{kind}?{place}&size={size}"
