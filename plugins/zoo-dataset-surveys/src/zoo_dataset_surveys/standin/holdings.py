"""What the stand-in services hold: galaxies, the fields and tiles they lie in, and real files where there are any."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from zoo_dataset_surveys.standin.field import Field, fields
from zoo_dataset_surveys.standin.galaxy import Galaxies, Galaxy
from zoo_dataset_surveys.standin.tile import Tile, tiles


class Holdings:
    """The galaxies, and all that is derived from them when it is asked for.

    shape: rows and columns of SDSS frames. real: a folder of FITS files that go before simulated ones.
    """

    def __init__(self, galaxies: Iterable[Galaxy], shape: tuple[int, int], real: Path | None = None):
        self.galaxies = Galaxies(galaxies)
        self.shape = shape
        self.real = real

    @cached_property
    def fields(self) -> dict[tuple[int, int, int], Field]:
        """The fields of SDSS, by run, camcol and field."""
        return fields(self.galaxies.all, self.shape)

    @cached_property
    def tiles(self) -> dict[str, Tile]:
        """The tiles of DES, by name."""
        return tiles(self.fields.values())

    @cached_property
    def tile_of(self) -> dict[str, str]:
        """The name of each galaxy's first tile, by its id in DES."""
        found = dict[str, str]()
        for tile in self.tiles.values():
            for galaxy in tile.galaxies:
                found.setdefault(galaxy.coadd_object_id, tile.name)
        return found

    def real_file(self, name: str) -> bytes | None:
        """A real file of this name, where the folder has one."""
        path = self.real / name if self.real else None
        return path.read_bytes() if path and path.is_file() else None
