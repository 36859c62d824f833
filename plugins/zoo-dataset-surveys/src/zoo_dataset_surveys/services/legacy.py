"""The viewer of the Legacy Surveys: cutouts about any position, a plane for each band (surveys.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.piece import Piece, one_each

LARGEST = 3000
"""Pixels of a side beyond which the viewer gives fewer without a word."""

MISSING = frozenset({404, 500})
"""Statuses that say that a layer has nothing there."""


@dataclass(frozen=True)
class CutoutService:
    """Cutouts of a layer, `ls-dr10` say: one about each galaxy, in every band, north up.

    side: of a cutout, in arcsec. pixel_scale: arcsec; that of the layer, so that nothing is resampled twice.
    """

    address: str
    layer: str
    bands: Sequence[str]
    side: float
    pixel_scale: float

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every galaxy."""
        return one_each(targets, self.bands, self.side, self.addresses)

    def addresses(self, target: Target, bands: Sequence[str]) -> Mapping[str, str]:
        """Where the cutouts of a galaxy are."""
        size = min(round(self.side / self.pixel_scale), LARGEST)
        place = f"ra={target.ra:.7f}&dec={target.dec:.7f}&layer={self.layer}&pixscale={self.pixel_scale:g}&size={size}"
        return {band: f"{self.address}/fits-cutout?{place}&bands={band}" for band in bands}
