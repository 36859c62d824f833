"""Where the missing files of a piece are, looked up when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from zoo.errors import DataError, MissingImage, ZooError
from zoo.retrieval.retry import ServiceError
from zoo_dataset_surveys.services.piece import Piece


@dataclass
class Addresses:
    """The addresses of these bands of a piece, asked for once."""

    piece: Piece
    bands: list[str]

    @cached_property
    def found(self) -> Mapping[str, str] | ZooError:
        """The addresses, or why there are none."""
        try:
            return self.piece.addresses(self.bands)
        except (DataError, ServiceError) as refusal:
            return refusal

    def of(self, band: str) -> str:
        """The address of a band. Raises MissingImage or ServiceError."""
        if isinstance(self.found, ZooError):
            raise self.found
        if band not in self.found:
            raise MissingImage(f"The survey has no image there in {band}: leave the band or the galaxy out.")
        return self.found[band]
