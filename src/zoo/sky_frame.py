"""Which frame of the sky a table states its positions to be in, and the way from there to ICRS."""

from __future__ import annotations

import gzip
import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float

from zoo.errors import DataError

log = logging.getLogger("zoo")

Angles = Float[np.ndarray, " galaxy"]

FRAMES = {"FK5": "fk5", "EQ_FK5": "fk5", "FK4": "fk4", "EQ_FK4": "fk4", "FK4-NO-E": "fk4noeterms",
          "GALACTIC": "galactic", "SUPERGALACTIC": "supergalactic", "SUPER_GALACTIC": "supergalactic"}  # fmt: skip
"""How VOTable (COOSYS) and FITS (RADESYS) spell frames, and how astropy does."""

EQUINOXES = {"fk5": "J2000", "fk4": "B1950", "fk4noeterms": "B1950"}
"""Of frames that turn with time, where none is stated (FITS Standard 4.0, section 8.3)."""

VOPARQUET = b"IVOA.VOTable-Parquet.content"
"""Where a Parquet file has its VOTable (IVOA Note VOParquet 1.0)."""


def to_icrs(
    ra: Angles, dec: Angles, stated: Mapping[str, str], columns: tuple[str, str], where: str
) -> tuple[Angles, Angles]:
    """Positions in degrees of the frame that is `stated` of their columns, in degrees of ICRS; told if they change.

    Right ascension and declination may be the longitude and latitude of a galactic frame. Raises DataError, which says
    `where`, for another frame, for two different ones, and without astropy.
    """
    told = sorted({stated.get(column, "") for column in columns})
    if len(told) > 1:
        raise DataError(
            f"{columns[0]} and {columns[1]} in {where} are said to be in {told[0] or 'no frame'} and {told[1]}: name "
            "two columns of one frame.",
            "E-POSITION-FRAME",
        )
    if told[0].partition(" ")[0].upper() in ("", "ICRS"):
        return ra, dec
    found = placed(ra, dec, told[0], where)
    log.info("%s and %s in %s are in %s and become ICRS", *columns, where, told[0])
    return np.asarray(found.ra.deg), np.asarray(found.dec.deg)


def placed(ra: Angles, dec: Angles, told: str, where: str) -> Any:
    """Places in a frame such as `FK4 B1950`, by astropy in ICRS."""
    system, _, equinox = told.partition(" ")
    if (frame := FRAMES.get(system.upper())) is None:
        raise DataError(
            f"The positions in {where} are said to be in {told}, which zoo does not convert: write them in ICRS.",
            "E-POSITION-FRAME",
        )
    try:
        from astropy.coordinates import SkyCoord
    except ImportError:
        raise DataError(
            f"The positions in {where} are in {told}, which astropy turns into ICRS: pip install "
            "'galaxy-model-zoo[fits]'.",
            "E-POSITION-FRAME",
        ) from None
    turning = {"equinox": dated(equinox, EQUINOXES[frame])} if frame in EQUINOXES else {}
    return SkyCoord(ra, dec, unit="deg", frame=frame, **turning).icrs


def dated(equinox: str, usual: str) -> str:
    """An equinox with the letter of its calendar, which FITS leaves out; the usual one where there is none."""
    return equinox if equinox[:1].isalpha() else f"{usual[0]}{equinox}" if equinox else usual


def of_header(header: Mapping[str, Any]) -> str:
    """The frame that the keywords of a FITS table state, blank where they state none."""
    system = header.get("RADESYS", header.get("RADECSYS", ""))
    return f"{system} {header.get('EQUINOX', '')}".strip() if system else ""


def of_votable(file: IO[bytes]) -> dict[str, str]:
    """The frame of each column of a VOTable's first table that refers to one; rows are not read."""
    systems, found = dict[str, str](), dict[str, str]()
    for event, element in ElementTree.iterparse(file, ("start", "end")):
        name = element.tag.rpartition("}")[2]
        if name == "COOSYS" and event == "start":
            words = (element.get("system", ""), element.get("equinox", ""))
            systems[element.get("ID", "")] = " ".join(filter(None, words))
        elif name == "FIELD" and event == "start" and element.get("ref") in systems:
            found[element.get("name", "")] = systems[element.get("ref", "")]
        elif name == "DATA" or (name == "TABLE" and event == "end"):
            break
    return found


def of_file(path: Path) -> dict[str, str]:
    """The frames of the columns of a VOTable file, packed or not."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        return of_votable(file)


def of_metadata(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    """The frames of the columns of a Parquet file with a VOTable in its metadata."""
    return of_votable(io.BytesIO(metadata[VOPARQUET])) if metadata and VOPARQUET in metadata else {}
