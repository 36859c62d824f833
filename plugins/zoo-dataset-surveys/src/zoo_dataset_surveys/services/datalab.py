"""The services of Data Lab for DES: rows near positions by TAP, images by SIA, and cutouts of them (surveys.md 3.2)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoo.errors import MissingImage
from zoo.retrieval.client import Client
from zoo.retrieval.retry import ServiceError, Transient
from zoo.sky import unit_vectors
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.nearest import NEAR, nearest
from zoo_dataset_surveys.services.piece import Piece, one_each

BATCH = 50
"""Positions in a query."""

LISTED = ("access_url", "prodtype", "proctype", "obs_bandpass", "s_ra", "s_dec")
"""What has to be said of an image for it to be chosen."""

FEWEST = 1e-9
"""The least cos δ: about a pole, boxes go all around."""


@dataclass(frozen=True)
class Catalogue:
    """A table of a TAP service, `des_dr2.main` say, asked through pyvo."""

    address: str
    table: str
    client: Client

    def near(self, positions: Positions, columns: Sequence[str], radius: float = NEAR) -> pd.DataFrame:
        """The nearest row to each position within a radius in arcsec, in their order; blank where there is none.

        The columns, in any case of letters, then `ra, dec` of the row and its `separation` in arcsec. Ids are text. The
        service knows no circles: a box about each position is asked for, and what is too far is left out here.
        Raises ServiceError.
        """
        names = list(dict.fromkeys((*columns, "ra", "dec")))
        rows = pd.concat([self._rows(positions, start, names, radius) for start in range(0, len(positions), BATCH)] or
                         [pd.DataFrame(columns=names)], ignore_index=True)  # fmt: skip
        return nearest(positions, rows, radius)

    def _rows(self, positions: Positions, start: int, names: list[str], radius: float) -> pd.DataFrame:
        batch = positions.at(np.arange(start, min(start + BATCH, len(positions))))
        where = " OR ".join(box for ra, dec in zip(batch.ra, batch.dec, strict=True) for box in boxes(ra, dec, radius))
        table = self.query(f"SELECT {', '.join(map(str.lower, names))} FROM {self.table} WHERE {where}")
        if missing := [name for name in names if name.lower() not in table.colnames]:
            raise ServiceError(
                f"{self.table} at {self.address} came without {', '.join(missing)} (its columns are "
                f"{', '.join(table.colnames[:8])}): ask for others."
            )
        return pd.DataFrame({name: plain(table[name.lower()]) for name in names}).drop_duplicates()

    def query(self, adql: str) -> Any:
        """The table that a query selects, whole. Raises ServiceError where it is refused or cut off."""
        from pyvo.dal import DALOverflowWarning, TAPService

        service = TAPService(self.address, session=self.client.session)

        def attempt() -> Any:
            with understood(self.address), warnings.catch_warnings():
                warnings.simplefilter("ignore", DALOverflowWarning)  # the status says it, and is looked at
                found = service.run_sync(adql)
            if str(found.query_status).upper() == "OVERFLOW":
                raise ServiceError(
                    f"{self.address} cut the answer off after {len(found)} rows: ask for fewer positions at once."
                )
            return found.to_table()

        return self.client.retry(f"{self.address} (TAP)", attempt)


def boxes(ra: float, dec: float, radius: float) -> Iterator[str]:
    """Conditions for a box that holds all within a radius in arcsec: two of them across right ascension 0."""
    high = radius / 3600
    wide = high / max(math.cos(math.radians(min(abs(dec) + high, 90.0))), FEWEST)
    edges = [(0.0, 360.0)] if wide >= 180 else [(ra - wide, ra + wide)]
    if edges[0][0] < 0:
        edges = [(0.0, edges[0][1]), (edges[0][0] + 360, 360.0)]
    elif edges[0][1] > 360:
        edges = [(edges[0][0], 360.0), (0.0, edges[0][1] - 360)]
    for low, last in edges:
        yield f"(ra BETWEEN {low:.8f} AND {last:.8f} AND dec BETWEEN {dec - high:.8f} AND {dec + high:.8f})"


def plain(column: Any) -> list[Any]:
    """A column as numbers, its whole numbers and bytes as text: ids have more digits than a float keeps."""
    if column.dtype.kind == "f":
        return list(np.ma.filled(column.astype(float), np.nan))
    return list(map(text, column))


def text(value: Any) -> str:
    """A cell as text."""
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def understood(address: str) -> Iterator[None]:
    """Turn what pyvo raises into Transient or ServiceError; it wraps broken connections as faults of format."""
    from pyvo.dal import DALFormatError, DALQueryError, DALServiceError
    from pyvo.dal.exceptions import DALRateLimitError

    from zoo.retrieval import network

    try:
        yield
    except DALRateLimitError as error:
        raise Transient("allows no more queries for now", float(error.retry_after_seconds or 0)) from error
    except DALServiceError as error:
        if error.code in network.BUSY or not error.code:
            raise Transient(f"answered with status {error.code}") from error
        raise ServiceError(f"{address} refused the request ({network.said(str(error))}): mend it.") from error
    except DALQueryError as error:
        raise ServiceError(f"{address} refused the query ({network.said(str(error))}): mend it.") from error
    except DALFormatError as error:
        if failure := network.failure_of(error):
            raise network.transient(failure) from error
        raise Transient(f"sent what is no table ('{network.said(str(error))}')") from error
    except network.FAILURES as error:
        raise network.transient(error) from error


@dataclass(frozen=True)
class CutoutService:
    """Cutouts of the coadded images of a collection, `des_dr2` say: one about each galaxy, in every band.

    address: of the SIA service. side: of a cutout, in arcsec.
    """

    address: str
    collection: str
    bands: Sequence[str]
    side: float
    client: Client

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every galaxy."""
        return one_each(targets, self.bands, self.side, self.addresses, asked=1)

    def addresses(self, target: Target, bands: Sequence[str]) -> Mapping[str, str]:
        """Where the cutouts of a galaxy are in these bands, as far as there are any; their `+` is literal.

        Raises ServiceError, and MissingImage where the collection has no image there.
        """
        from pyvo.dal import SIAService

        high = self.side / 3600
        size = (high / max(math.cos(math.radians(target.dec)), FEWEST), high)
        service = SIAService(f"{self.address}/{self.collection}", session=self.client.session)

        def attempt() -> list[dict[str, str]]:
            with understood(service.baseurl):
                table = service.search((target.ra, target.dec), size, verbosity=2).to_table()
            if len(table) and (missing := [name for name in LISTED if name not in table.colnames]):
                raise ServiceError(f"{service.baseurl} lists images without {', '.join(missing)}: ask another release.")
            return [dict(zip(table.colnames, map(text, row), strict=True)) for row in table]

        rows = self.client.retry(f"{service.baseurl} (SIA)", attempt)
        found = {band: chosen(rows, band, target.ra, target.dec) for band in bands}
        if not any(found.values()):
            raise MissingImage(
                f"{self.collection} has no image at ra {target.ra:.5f}, dec {target.dec:.5f}: leave the galaxy out."
            )
        return {band: address for band, address in found.items() if address}


def chosen(rows: Sequence[Mapping[str, str]], band: str, ra: float, dec: float) -> str | None:
    """The address of the plain coadded image of a band in the tile whose centre is nearest, None where there is none.

    A position has 33 rows for each tile: masks, weights, and images whose background was taken away twice, too.
    """
    meant = [
        row
        for row in rows
        if (row["prodtype"], row["proctype"], row["obs_bandpass"]) == ("image", "Stack", band)
        and "_nobkg" not in row["access_url"]
    ]
    if not meant:
        return None
    here = unit_vectors(np.array([ra]), np.array([dec]))
    centres = unit_vectors(*(np.array([float(row[name]) for row in meant]) for name in ("s_ra", "s_dec")))
    return meant[int(np.argmin(np.linalg.norm(centres - here, axis=0)))]["access_url"]
