"""Whole coadded tiles of DES: one file a band with image, mask and weight, for all galaxies in it (surveys.md 3.3)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from zoo.retrieval import network
from zoo.retrieval.client import Client
from zoo.retrieval.retry import Transient
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services import datalab
from zoo_dataset_surveys.services.piece import Piece, without_files
from zoo_dataset_surveys.services.places import Places

SIDE = 0.73
"""Degrees of a tile's side, for a guess of how many are wanted."""

NAME = "DES[0-9]{4}[+-][0-9]{4}"
LINK = re.compile(rb'href="([^"/?]+)"')


@dataclass(frozen=True)
class Tiles:
    """The tiles that galaxies lie in: one set of files for all galaxies of a tile, the one that the catalogue names.

    Tiles overlap, and each object belongs to one of them, in which it is 30 arcsec or more from the edge. address: of
    the folder of tiles. catalogue: that says which; None asks nobody. places: what it said before.
    """

    address: str
    bands: Sequence[str]
    client: Client
    catalogue: datalab.Catalogue | None = None
    places: Places = Places()

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every tile; galaxies of which nobody knows it are in one without files. Raises ServiceError."""
        ask = partial(tiles_of, self.catalogue) if self.catalogue else None
        inside = dict[str | None, list[Target]]()
        for target, tile in zip(targets, self.places.of(targets, ask, datalab.BATCH), strict=True):
            inside.setdefault(tile, []).append(target)
        return [self._piece(tile, some) for tile, some in inside.items()]

    def _piece(self, tile: str | None, targets: list[Target]) -> Piece:
        if tile is None:
            why = "The catalogue has no object at its position, so nobody knows its tile: leave it out."
            sets = guessed(targets)  # each with a folder to look into
            return without_files("no tile", targets, why, sets - (-len(targets) // datalab.BATCH), sets)
        paths = {band: Path(tile, f"{tile}_{band}.fits.fz") for band in self.bands}
        return Piece(f"tile {tile}", targets, paths, partial(self.addresses, tile), asked=1)

    def addresses(self, tile: str, bands: Sequence[str]) -> Mapping[str, str]:
        """Where the files of a tile are in these bands, as far as its folder has them: of several, the last version.

        Raises ServiceError where the folder is no list of files, MissingImage where there is none.
        """
        names = self.client.get(f"{self.address}/{tile}/", links)
        meant = ((band, re.compile(rf"{re.escape(tile)}_r\d+p\d+_{band}\.fits\.fz")) for band in bands)
        found = {band: [name for name in names if pattern.fullmatch(unquote(name))] for band, pattern in meant}
        return {band: f"{self.address}/{tile}/{max(some)}" for band, some in found.items() if some}


def tiles_of(catalogue: datalab.Catalogue, targets: Sequence[Target]) -> list[str | None]:
    """The tile of the object at each position, None where there is none. Raises ServiceError."""
    here = Positions(np.array([one.ra for one in targets]), np.array([one.dec for one in targets]))
    names = catalogue.near(here, ("tilename",))["tilename"]
    return [str(name) if re.fullmatch(NAME, str(name)) else None for name in names]


def tile_in(text: str) -> str:
    """The tile of DES that is named in a path or an address, blank where there is none."""
    found = re.search(NAME, text)
    return found[0] if found else ""


def guessed(targets: Sequence[Target]) -> int:
    """A guess of how many tiles some galaxies lie in: the cells of sky, as large as tiles, that have one."""
    return len({(one.dec // SIDE, one.ra * math.cos(math.radians(one.dec)) // SIDE) for one in targets})


def links(body: bytes) -> list[str]:
    """The packed files that a folder's page lists. Raises Transient for a page that lists none."""
    if not (found := [name.decode() for name in LINK.findall(body) if name.endswith(b".fz")]):
        raise Transient(f"sent a page without files that says '{network.said(body)}'")
    return found
