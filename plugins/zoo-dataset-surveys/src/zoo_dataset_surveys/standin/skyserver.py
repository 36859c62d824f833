"""The services of SDSS: catalogue queries, positions matched, JPEG cutouts, and frames (surveys.md 2)."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from zoo_dataset_surveys.standin import light, viewer
from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.galaxy import RERUN, Galaxy
from zoo_dataset_surveys.standin.holdings import Holdings

COLUMNS = ("objid", "ra", "dec", "u", "g", "r", "i", "z", "run", "rerun", "camcol", "field", "petroRad_r")
OLDEST_WITH_TABLE_LINE = 8
JSON = "application/json"
SOUTH = -20.0
"""Declination in deg below which SDSS has no images here."""

REDUX = {range(8, 13): "boss", range(13, 18): "eboss", range(18, 99): "prior-surveys/sdss4-dr17-eboss"}
"""Where frames lie, by release."""

Table = list[dict[str, Any]]


def search(holdings: Holdings, request: Request, release: str) -> Reply:
    """The classic search: SQL as CSV, the columns of a table as JSON, or a list of positions."""
    if "uquery" in request.values:
        return as_csv(matched(holdings, request), int(release))
    if "fDocColumns" in request.values.get("cmd", ""):
        rows = [{"name": name, "type": "float", "description": ""} for name in COLUMNS]
        return Reply(json.dumps([{"TableName": "Table1", "Rows": rows}]).encode(), JSON)
    return selected(holdings, request, int(release), "csv")


def rest(holdings: Holdings, request: Request, release: str) -> Reply:
    """The REST search: SQL as CSV or JSON."""
    return selected(holdings, request, int(release), request.values.get("format", "json").lower())


def selected(holdings: Holdings, request: Request, release: int, form: str) -> Reply:
    """The rows of the galaxies whose ids the query names, ordered by id and not as they were asked for."""
    query = request.values.get("cmd", "").strip()
    if not query.lower().startswith("select"):
        said = {"ErrorCode": 400, "ErrorType": "BadRequest", "ErrorMessage": f"must be a select statement: {query}"}
        return Reply(json.dumps(said).encode(), JSON, 400)
    ids = sorted(
        {found for found in re.findall(r"\b\d{18,19}\b", query) if found in holdings.galaxies.by_objid}, key=int
    )
    rows = [row(holdings.galaxies.by_objid[one]) for one in ids]
    rows = [{name: one[name] for name in asked(query)} for one in rows]
    if form == "json":
        return Reply(json.dumps([{"TableName": "Table1", "Rows": rows}]).encode(), JSON)
    return as_csv(rows, release, asked(query))


def asked(query: str) -> Sequence[str]:
    """The columns that a query selects, all where that is not plain."""
    listed = re.match(r"select\s+(?:top\s+\d+\s+)?(.*?)\s+from\b", query, re.IGNORECASE | re.DOTALL)
    names = [re.sub(r"^\w+\.", "", name.strip()) for name in listed[1].split(",")] if listed else []
    return [name for name in names if name in COLUMNS] or COLUMNS


def row(galaxy: Galaxy) -> dict[str, Any]:
    """A galaxy in the table PhotoObj."""
    magnitudes = {band: round(light.magnitude(galaxy, band), 5) for band in "ugriz"}
    run, camcol, field = galaxy.field
    place = {"run": run, "rerun": RERUN, "camcol": camcol, "field": field, "petroRad_r": round(galaxy.radius, 6)}
    return {"objid": int(galaxy.objid), "ra": galaxy.ra, "dec": galaxy.dec, **magnitudes, **place}


def matched(holdings: Holdings, request: Request) -> Table:
    """The nearest galaxy to each uploaded position that has one within the radius, in arcmin."""
    names = [name for name in re.findall(r"\bp\.(\w+)", request.values["uquery"]) if name in COLUMNS]
    places = [line.split()[-2:] for line in request.values["upload"].splitlines()[1:] if line.strip()]
    radius = 60 * float(request.values["radius"])
    found = [near[0] for ra, dec in places if (near := holdings.galaxies.near(float(ra), float(dec), radius))]
    return [{**{name: row(galaxy)[name] for name in dict.fromkeys(names)}, "type": "GALAXY"} for galaxy in found]


def as_csv(rows: Table, release: int, names: Sequence[str] = ()) -> Reply:
    """A table as SkyServer writes it; DR7 has no line `#Table1`."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]) if rows else list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return Reply(("#Table1\n" * (release >= OLDEST_WITH_TABLE_LINE) + file.getvalue()).encode())


def jpeg(holdings: Holdings, request: Request, release: str) -> Reply:
    """A picture about a position, north up; beyond the footprint a picture of nothing with status 404."""
    ra, dec = (float(request.values[name]) for name in ("ra", "dec"))
    width, height = (min(max(int(request.values.get(name, 128)), 64), 2048) for name in ("width", "height"))
    scale = max(float(request.values.get("scale", 0.396127)), 0.015)
    galaxies = holdings.galaxies.near(ra, dec, scale * math.hypot(width, height))
    picture = viewer.picture(galaxies, (ra, dec), (height, width), scale, "gri", "sdss_viewer", dark=dec < SOUTH)
    if dec < SOUTH:
        return Reply(picture, "image/jpeg", 404)
    return Reply(picture, "image/jpeg")


def frame(holdings: Holdings, request: Request, release: str, redux: str, place: str) -> Reply:
    """The frame of a field and band; only rerun 301 is there, below the folder of the release."""
    parts = re.match(r"(\d+)/(\d+)/(\d)/(frame-([ugriz])-\d{6}-\d-(\d{4})\.fits\.bz2)$", place)
    folder = next(name for releases, name in REDUX.items() if int(release) in releases)
    if not parts or parts[1] != "301" or redux != folder:
        return html("404 Not Found", 404)
    field = holdings.fields.get((int(parts[2]), int(parts[3]), int(parts[6])))
    if (real := holdings.real_file(parts[4])) is not None:
        return Reply(real, "application/x-bzip2", ranges=True)
    if field is None or field.name(parts[5]) != parts[4]:
        return html("404 Not Found", 404)
    return Reply(field.frame(parts[5]), "application/x-bzip2", ranges=True)


def corrected_frame(holdings: Holdings, request: Request) -> Reply:
    """The frame of DR7 of a field and filter, by the form of drC."""
    asked = [request.values.get(name, "") for name in ("run", "camcol", "field")]
    field = holdings.fields.get(tuple(map(int, asked))) if all(map(str.isdigit, asked)) else None
    band = request.values.get("filter", "")
    if field is None or request.values.get("rerun") != str(RERUN) or band not in tuple("ugriz"):
        return html("404 Not Found", 404)
    return Reply(field.corrected_frame(band), "application/fits", ranges=True)
