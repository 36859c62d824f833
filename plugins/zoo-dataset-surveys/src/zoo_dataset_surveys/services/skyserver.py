"""SkyServer, the catalogue of SDSS: objects at positions, through astroquery (surveys.md 2.4 and 2.5)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from zoo.retrieval.client import Client
from zoo.retrieval.retry import ServiceError, Transient
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.field import RERUN, Field
from zoo_dataset_surveys.services.nearest import NEAR, nearest

BATCH = 80
"""Positions in a query."""

LOOK_UPS = 3
"""Requests that astroquery sends to look up a batch of positions: two of them ask for the columns' names."""

MINUTE = 60.0
"""Seconds to wait where the service says that so many queries a minute are too many."""


@dataclass(frozen=True)
class SkyServer:
    """The catalogue of one release at an address, asked through astroquery with its cache off.

    Answers hold what was asked for or are refused: with status 200 the service also sends pages, and astroquery makes
    tables of them (surveys.md 0.2 and 0.3).
    """

    address: str
    release: int
    client: Client

    @cached_property
    def astroquery(self) -> Any:
        """The client library, at the pace of this service."""
        from astroquery.sdss import SDSSClass

        from zoo.retrieval.session import paced

        found = SDSSClass()
        paced(found._session, self.client.throttle, self.client.timeout)
        return found

    def near(self, positions: Positions, columns: Sequence[str], radius: float = NEAR) -> pd.DataFrame:
        """The nearest object to each position within a radius in arcsec, in their order; blank where there is none.

        These columns of PhotoObj, then `ra, dec` of the object and its `separation` in arcsec. Raises ServiceError.
        """
        from astropy import units
        from astropy.coordinates import SkyCoord

        names = list(dict.fromkeys((*columns, "ra", "dec")))
        if not len(positions):
            return pd.DataFrame(columns=[*names, "separation"])
        here = SkyCoord(positions.ra, positions.dec, unit="deg")
        options = {"radius": radius * units.arcsec, "photoobj_fields": names}
        rows = self.client.retry(f"{self.address} (positions)", lambda: self._objects(here, names, **options))
        return nearest(positions, rows, radius)

    def fields(self, targets: Sequence[Target]) -> list[Field | None]:
        """The field of the object at each position, None where the survey has none within 2 arcsec."""
        here = Positions(np.array([one.ra for one in targets]), np.array([one.dec for one in targets]))
        rows = self.near(here, ("run", "camcol", "field"))
        found = rows[["run", "camcol", "field"]].astype(float).to_numpy()
        return [None if np.isnan(run) else Field(int(run), RERUN, int(camcol), int(one)) for run, camcol, one in found]

    def _objects(self, here: Any, names: list[str], **options: Any) -> pd.DataFrame:
        """One attempt to get these columns of the objects near some places. Raises Transient or ServiceError."""
        options |= {"cache": False, "data_release": self.release, "timeout": self.client.timeout}
        with pointed_at(self.address), understood(self.address):
            table = self.astroquery.query_crossid(here, **options)
        if table is None:  # astroquery's way to say that there are no objects
            return pd.DataFrame(columns=names)
        found = list(table.columns)
        if any("<" in name for name in found):
            raise Transient(f"sent a page in place of a table (its first line is {found[0]!r})")
        if missing := [name for name in names if name not in found]:
            raise ServiceError(
                f"{self.address} sent a table without {', '.join(missing)} (its columns are "
                f"{', '.join(found[:8])}): ask another release."
            )
        return pd.DataFrame({name: np.asarray(table[name]) for name in names})


@contextmanager
def pointed_at(address: str) -> Iterator[None]:
    """Let astroquery talk to an address, with its cache off: it keeps bad answers for a week (surveys.md 0.3)."""
    from astroquery import cache_conf
    from astroquery.sdss import conf

    with (
        conf.set_temp("skyserver_baseurl", address),
        cache_conf.set_temp("cache_active", False),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # of tables that are none, which are refused
        yield


@contextmanager
def understood(address: str) -> Iterator[None]:
    """Turn what astroquery raises into Transient or ServiceError (surveys.md 7.3)."""
    import requests
    from astropy.io.ascii import InconsistentTableError
    from astroquery.exceptions import RemoteServiceError

    from zoo.retrieval import network

    try:
        yield
    except RemoteServiceError as error:
        if "per minute" in str(error):
            raise Transient("allows no more queries in this minute", MINUTE) from error
        raise ServiceError(f"{address} refused the query ({network.said(str(error))}): mend it.") from error
    except requests.HTTPError as error:
        network.check_status(error.response, missing=frozenset())
        raise
    except (FileNotFoundError, InconsistentTableError, OSError, ValueError) as error:
        if failure := network.failure_of(error):
            raise network.transient(failure) from error
        raise Transient(f"sent what is no table ('{network.said(str(error))}')") from error
