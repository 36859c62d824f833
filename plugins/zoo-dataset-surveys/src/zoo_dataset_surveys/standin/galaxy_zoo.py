"""The files of Galaxy Zoo as they are published: the table of the first with the galaxies of the sky (surveys.md 1)."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd

from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.galaxy import Galaxy, generator
from zoo_dataset_surveys.standin.holdings import Holdings

TABLE_2 = "GalaxyZoo1_DR_table2.csv.gz"
RECORD = "3565489"
FRACTIONS = ("P_EL", "P_CW", "P_ACW", "P_EDGE", "P_DK", "P_MG")
SURE = 0.8
"""The fraction of votes from which a galaxy is called what most call it."""


def published(holdings: Holdings, request: Request, name: str) -> Reply:
    """A table by its name: a real one where there is one, else that of the simulated galaxies."""
    if (real := holdings.real_file(name)) is not None:
        return Reply(real, "application/gzip", ranges=True)
    if name != TABLE_2:
        return html("404 Not Found", 404)
    return Reply(gzip.compress(table_2(holdings.galaxies.all), mtime=0), "application/gzip", ranges=True)


def deposited(holdings: Holdings, request: Request, record: str, name: str) -> Reply:
    """A real file of the record at Zenodo that has the images of Galaxy Zoo 2, where there is one."""
    found = holdings.real_file(name) if record == RECORD else None
    return html("404 Not Found", 404) if found is None else Reply(found, "application/octet-stream", ranges=True)


def table_2(galaxies: Sequence[Galaxy]) -> bytes:
    """The sixteen columns of Galaxy Zoo 1: positions in sexagesimal text, fractions of three digits, and flags."""
    from astropy.coordinates import Angle

    ra, dec = (Angle([getattr(g, name) for g in galaxies], "deg") for name in ("ra", "dec"))
    table = pd.DataFrame(
        {
            "OBJID": [galaxy.objid for galaxy in galaxies],
            "RA": ra.to_string("hourangle", sep=":", precision=2, pad=True),
            "DEC": dec.to_string("deg", sep=":", precision=1, pad=True, alwayssign=True),
        }
    )
    drawn = [votes(galaxy, row) for row, galaxy in enumerate(galaxies)]
    table["NVOTE"] = [int(given.sum()) for given in drawn]
    shares = np.array([given / given.sum() for given in drawn])
    table[list(FRACTIONS)] = shares
    table["P_CS"] = shares[:, 1:4].sum(axis=1)
    table["P_EL_DEBIASED"], table["P_CS_DEBIASED"] = table["P_EL"], table["P_CS"]
    table["SPIRAL"], table["ELLIPTICAL"] = ((table[name] >= SURE).astype(int) for name in ("P_CS", "P_EL"))
    table["UNCERTAIN"] = 1 - table["SPIRAL"] - table["ELLIPTICAL"]
    file = io.StringIO()
    table.to_csv(file, index=False, float_format="%.3f", lineterminator="\n")
    return file.getvalue().encode()


def votes(galaxy: Galaxy, row: int) -> np.ndarray:
    """What 20 to 60 volunteers called a galaxy, nine of ten of them rightly."""
    draws = generator(1, row)
    right = FRACTIONS.index("P_EL" if galaxy.kind == "elliptical" else "P_CW" if galaxy.sense > 0 else "P_ACW")
    chances = np.full(len(FRACTIONS), 0.02)
    chances[right] = 0.9
    return draws.multinomial(int(draws.integers(20, 61)), chances)
