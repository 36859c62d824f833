"""The services of SDSS: rows of PhotoObj by id, objects by position, pictures, and frames (surveys.md 2)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from zoo.errors import DataError, ZooError
from zoo.retrieval.client import Client
from zoo.retrieval.retry import ServiceError, Transient
from zoo_dataset_surveys import body, objid
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import cross_match
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.piece import Piece, without_files
from zoo_dataset_surveys.services.places import Places

PHOTOMETRY = ("ra", "dec", "u", "g", "r", "i", "z", "petroRad_r")
"""Columns of PhotoObj that Khan et al. (2019) took, but for those that the id tells (spec G4)."""

BATCH = 80
"""Ids in a query: the address stays below 2,048 characters (surveys.md 2.1)."""

LOOK_UPS = 3
"""Requests that astroquery sends to look up a batch of positions: two of them ask for the columns' names."""

RERUN = 301
"""The one rerun whose frames DR8 and later have, whatever that of a DR7 object is (surveys.md 0.1)."""

MINUTE = 60.0
"""Seconds to wait where the service says that so many queries a minute are too many."""

NEAR = 2.0
"""Arcsec within which an object is taken for the one at a position."""


class Place(NamedTuple):
    """Where the frames of an object lie."""

    run: int
    camcol: int
    field: int


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

    def photometry(self, objids: Sequence[str], columns: Sequence[str] = PHOTOMETRY) -> pd.DataFrame:
        """A row for every id, in their order: `object_id` and these columns, NaN for ids that the survey does not have.

        Raises DataError for ids that are no numbers, and ServiceError.
        """
        if bad := [one for one in objids if not objid.DIGITS.fullmatch(one)]:
            raise DataError(f"{bad[0]!r} is no objid of SDSS: take the column objid of its table PhotoObj, as text.")
        batches = [objids[start : start + BATCH] for start in range(0, len(objids), BATCH)]
        rows = pd.concat([pd.DataFrame(columns=list(columns)), *(self._rows(batch, columns) for batch in batches)])
        found = rows.reindex(list(objids)).rename_axis("object_id").astype(float)
        return found.reset_index()

    def _rows(self, ids: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
        """The rows of a batch that are there, by id: they come in an order of their own, and some may come twice."""
        query = f"SELECT TOP {2 * len(ids)} objid,{','.join(columns)} FROM PhotoObj WHERE objid IN ({','.join(ids)})"
        rows = self._table(("objid", *columns), "query_sql", query).drop_duplicates()
        rows.index = rows.pop("objid").astype(str)
        if twice := sorted(rows.index[rows.index.duplicated()]):
            raise ServiceError(
                f"{self.address} has several rows for {twice[0]} that differ: ask for it on its own, or leave it out."
            )
        return rows

    def places(self, targets: Sequence[Target]) -> list[Place | None]:
        """Run, camcol and field of the object at each position, None where the survey has none within 2 arcsec."""
        if not targets:
            return []
        from astropy import units
        from astropy.coordinates import SkyCoord

        here = Positions(np.array([t.ra for t in targets]), np.array([t.dec for t in targets]))
        names = ("ra", "dec", *Place._fields)
        options = {"radius": NEAR * units.arcsec, "photoobj_fields": list(names)}
        rows = self._table(names, "query_crossid", SkyCoord(here.ra, here.dec, unit="deg"), **options)
        found: list[Place | None] = [None] * len(targets)
        pairs = cross_match(here, Positions(rows["ra"].to_numpy(float), rows["dec"].to_numpy(float)), NEAR)
        for left, right in zip(pairs.left, pairs.right, strict=True):
            found[left] = Place(*(int(rows[name].iloc[right]) for name in Place._fields))
        return found

    def picture(self, ra: float, dec: float, scale: float = 0.396127, size: int = 128) -> bytes:
        """A JPEG of g, r and i, north up. scale: arcsec per pixel. size: pixels, 64 to 2048.

        Raises MissingImage outside the footprint, where the service sends a picture of nothing, and ServiceError.
        """
        if not 64 <= size <= 2048:
            raise ZooError(f"Pictures of SDSS have 64 to 2048 pixels, asked for were {size}: choose another size.")
        path = f"{self.address}/dr{self.release}/SkyServerWS/ImgCutout/getjpeg"
        place = f"ra={ra:.7f}&dec={dec:.7f}&scale={scale:.6f}&width={size}&height={size}"
        return self.client.get(f"{path}?{place}", body.picture)

    def _table(self, names: Sequence[str], method: str, *asked: Any, **options: Any) -> pd.DataFrame:
        """These columns of what a method of astroquery finds; no rows where it finds none."""
        table = self.client.retry(f"{self.address} ({method})", lambda: self._answer(names, method, *asked, **options))
        if table is None:
            return pd.DataFrame(columns=list(names))
        return pd.DataFrame({name: np.asarray(table[name]) for name in names})

    def _answer(self, names: Sequence[str], method: str, *asked: Any, **options: Any) -> Any:
        """One attempt. Raises Transient or ServiceError."""
        options |= {"cache": False, "data_release": self.release, "timeout": self.client.timeout}
        with pointed_at(self.address), understood(self.address):
            table = getattr(self.astroquery, method)(*asked, **options)
        found = list(table.columns) if table is not None else list(names)
        if any("<" in name for name in found):
            raise Transient(f"sent a page in place of a table (its first line is {found[0]!r})")
        if missing := [name for name in names if name not in found]:
            raise ServiceError(
                f"{self.address} sent a table without {', '.join(missing)} (its columns are "
                f"{', '.join(found[:8])}): ask another release."
            )
        return table


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


REDUX: Sequence[tuple[int, str]] = ((12, "boss"), (17, "eboss"))
"""Where frames lie up to a release."""

LATEST = "prior-surveys/sdss4-dr17-eboss"


def frame_path(place: Place, band: str) -> Path:
    """The path of a frame below the folder of all frames."""
    run, camcol, field = place
    return Path(str(RERUN), str(run), str(camcol), f"frame-{band}-{run:06d}-{camcol}-{field:04d}.fits.bz2")


def frames_folder(release: int) -> str:
    """The folder of all frames of a release, below the address of the archive. Raises ZooError before DR8."""
    if release < 8:
        raise ZooError(f"DR{release} has no calibrated frames: choose release 8 or later; they show the same pixels.")
    redux = next((name for last, name in REDUX if release <= last), LATEST)
    return f"dr{release}/{redux}/photoObj/frames"


@dataclass(frozen=True)
class Frames:
    """The frames of SDSS that galaxies lie in: one set of files for all galaxies of a field.

    address: of the archive. catalogue: where objects are looked up whose id and row do not say their field. memory: a
    file that keeps what was looked up.
    """

    address: str
    release: int
    bands: Sequence[str]
    catalogue: SkyServer | None = None
    memory: Path | None = None

    def pieces(self, targets: Sequence[Target]) -> list[Piece]:
        """A piece for every field; galaxies of which nobody knows it are in one without files. Raises ServiceError."""
        fields = dict[Place | None, list[Target]]()
        for target, place in zip(targets, self.places(targets), strict=True):
            fields.setdefault(place, []).append(target)
        return [self._piece(place, inside) for place, inside in fields.items()]

    def places(self, targets: Sequence[Target]) -> list[Place | None]:
        """Where the frames of each galaxy lie: by its row, by its id, or by its position."""
        found = [by_row(target) or by_id(target) for target in targets]
        new = [target for target, place in zip(targets, found, strict=True) if place is None]
        ask = self.catalogue.places if self.catalogue else None
        looked_up = iter(Places(ask, BATCH, self.memory).of(new))
        return [place or as_place(next(looked_up)) for place in found]

    def _piece(self, place: Place | None, targets: list[Target]) -> Piece:
        if place is None:
            why = "The survey has no object at its position: leave it out."
            return without_files("no field", targets, why, LOOK_UPS * -(-len(targets) // BATCH), len(targets))
        folder = f"{self.address}/{frames_folder(self.release)}"
        paths = {band: frame_path(place, band) for band in self.bands}
        group = f"run {place.run} camcol {place.camcol}"
        return Piece(group, targets, paths, lambda bands: {band: f"{folder}/{paths[band]}" for band in bands})


def as_place(kept: Sequence[int] | None) -> Place | None:
    """A place as it was kept."""
    return None if kept is None else Place(*kept)


def by_row(target: Target) -> Place | None:
    """The place that a galaxy's row of the catalogue says."""
    values = [target.row.get(name) for name in Place._fields]
    return Place(*map(int, values)) if all(value is not None and np.isfinite(value) for value in values) else None


def by_id(target: Target) -> Place | None:
    """The place that an id of DR7 says (surveys.md 2.2)."""
    try:
        parts = objid.decode([target.object_id])
    except DataError:
        return None
    return Place(int(parts.run[0]), int(parts.camcol[0]), int(parts.field[0]))
