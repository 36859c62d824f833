"""The coverage of a catalogue: the HEALPix cells in which it has galaxies, a MOC (IVOA, MOC 2.0, 2022).

A MOC of a catalogue says where its galaxies are, not where it looked: a cell without a galaxy is not in it. So choose
cells that are large beside the distance of neighbours, and small beside what is to be seen of the edges.
"""

from __future__ import annotations

import io
import json
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from zoo import atomic
from zoo.catalogue import DEC, FAILED, RA, STATUS, Catalogue
from zoo.errors import DataError, ZooError
from zoo_dataset_surveys import located
from zoo_dataset_surveys.coordinates import Positions

if TYPE_CHECKING:
    from mocpy import MOC

log = logging.getLogger("zoo")

FILES = {"fits": "footprint.moc.fits", "json": "footprint.moc.json"}
"""Encodings, and the names of their files beside the shards."""

SKY = 4 * np.pi * np.rad2deg(1) ** 2
"""Square degrees."""

DEEPEST = 29
"""The order of the smallest cells, 0.4 milliarcsec a side (MOC 2.0)."""


def write(catalogue: Catalogue, order: int, encoding: str) -> Path:
    """The cells of this order in which a galaxy was seen, in one of `FILES`; its path.

    Galaxies without a usable image do not count, since most of them lie outside the frames; those without a position
    cannot, and are told of. Raises ZooError for an order or encoding that there is not, and where mocpy is not
    installed, and DataError for a catalogue without positions.
    """
    if encoding not in FILES:
        raise ZooError(f"format.encoding={encoding}: choose {' or '.join(FILES)}.")
    moc = of(seen(catalogue), order)
    path = catalogue.folder / FILES[encoding]
    with atomic.replacing(path, same_stays=True) as file:
        file.write(ENCODED[encoding](moc))
    log.info("%s covers %.4g square degrees", path, moc.sky_fraction * SKY)
    return path


def seen(catalogue: Catalogue) -> Positions:
    """The positions of a catalogue's galaxies that have a usable image. Raises DataError where there are none."""
    located.refuse_nowhere([column.name for column in catalogue.columns], str(catalogue.folder))
    columns = [RA.name, DEC.name, STATUS.name]
    rows = pa.concat_tables(shard.select(columns) for shard in catalogue.shards()).to_pandas()
    usable = located.known(rows[rows[STATUS.name] != FAILED], str(catalogue.folder))
    return Positions(usable[RA.name].to_numpy(), usable[DEC.name].to_numpy())


def of(positions: Positions, order: int) -> MOC:
    """The cells of this order that hold one of the positions. Raises ZooError for an order that there is not."""
    if not 0 <= order <= DEEPEST:
        raise ZooError(f"format.order={order}: the cells of a MOC have an order from 0 to {DEEPEST}.")
    from astropy import units

    return mocs().from_lonlat(positions.ra * units.deg, positions.dec * units.deg, max_norder=order)


def read(path: Path) -> MOC:
    """The MOC in a FITS or JSON file. Raises DataError for anything else, and ZooError where mocpy is not installed."""
    kind = "json" if path.suffix == ".json" else "fits"
    try:
        return mocs().load(path, format=kind)
    except (OSError, ValueError) as error:
        what = " ".join(str(error).split())
        raise DataError(f"{path} cannot be read as a MOC ({what}): name a FITS or JSON file of one.", "E-MOC") from None


def covers(moc: MOC, ra: Float[np.ndarray, " place"], dec: Float[np.ndarray, " place"]) -> Bool[np.ndarray, " place"]:
    """Which places, in degrees, lie in a cell of the MOC."""
    from astropy import units

    return moc.contains_lonlat(ra * units.deg, dec * units.deg)


def installed() -> bool:
    """Whether mocpy is there."""
    return find_spec("mocpy") is not None


def mocs() -> type[MOC]:
    """The library's class. Raises ZooError where it is not installed."""
    try:
        from mocpy import MOC
    except ImportError as error:
        raise ZooError(
            "MOCs need mocpy, which is not installed: pip install 'zoo-dataset-surveys[moc]'.", "E-EXTRA-MISSING"
        ) from error
    return MOC


def as_fits(moc: MOC) -> bytes:
    """A FITS table of cells."""
    file = io.BytesIO()
    moc.serialize("fits").writeto(file)
    return file.getvalue()


def as_json(moc: MOC) -> bytes:
    """Cells by order, `{"10": [1, 2]}`, as Aladin reads them."""
    return (json.dumps(moc.serialize("json")) + "\n").encode()


ENCODED = {"fits": as_fits, "json": as_json}
