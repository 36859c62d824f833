"""The services of Data Lab and NCSA for DES: catalogue, lists of images, cutouts, tile folders (surveys.md 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from zoo_dataset_surveys.standin import light, votable
from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.galaxy import KRON_RADIUS, Galaxy
from zoo_dataset_surveys.standin.holdings import Holdings
from zoo_dataset_surveys.standin.tile import BANDS, SCALE, SIDE, Tile

NUMBER = r"(-?[\d.]+(?:e-?\d+)?)"
BOX = re.compile(rf"\bra\s+between\s+{NUMBER}\s+and\s+{NUMBER}\s+and\s+dec\s+between\s+{NUMBER}\s+and\s+{NUMBER}", re.I)
UNTRANSLATED = re.compile(r"\b(point|circle|contains|q3c_\w+)\s*\(|count\s*\(\s*distinct", re.IGNORECASE)
"""What TAP refuses (surveys.md 3.2)."""

LIMIT = 50_000
EXTENSIONS = {1: "image", 2: "dqmask", 3: "weight"}
RELEASE = {"1": "r2577p01", "2": "r4920p01"}
PAGE = "Index of /despublic"


def capabilities(holdings: Holdings, request: Request) -> Reply:
    """What a service of tables says of itself."""
    space = 'xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"'
    text = f'<?xml version="1.0"?><vosi:capabilities {space}><capability standardID="ivo://ivoa.net/std/TAP"/>'
    return Reply(f"{text}</vosi:capabilities>".encode(), "text/xml")


def tap(holdings: Holdings, request: Request) -> Reply:
    """Rows of a catalogue as VOTable or CSV; what ADQL cannot say there is refused with status 200."""
    query = request.values.get("query", "")
    if UNTRANSLATED.search(query) or not query.strip().lower().startswith("select"):
        return votable.refused(f"cannot translate: {query}")
    rows, limit = selected(holdings, query), int(request.values.get("maxrec") or LIMIT)
    if request.values.get("format", "votable").lower() == "csv":
        return Reply(as_csv(rows[:limit], query), "text/csv")
    return votable.table(rows[:limit], columns(query), overflow=len(rows) > limit)


def query(holdings: Holdings, request: Request) -> Reply:
    """Rows of a catalogue as CSV, by the query service."""
    sql = request.values.get("sql", "")
    return Reply(as_csv(selected(holdings, sql), sql), "text/csv")


def login(holdings: Holdings, request: Request) -> Reply:
    """Everybody is anonymous."""
    return Reply(b"anonymous.0.0.anon_access")


def selected(holdings: Holdings, query: str) -> list[dict[str, Any]]:
    """The rows in the boxes that a query names, or all."""
    boxes = [tuple(map(float, found)) for found in BOX.findall(query)]
    names = columns(query)
    rows = (row(galaxy, holdings.tile_of[galaxy.coadd_object_id]) for galaxy in holdings.galaxies.all)
    inside = (r for r in rows if not boxes or any(a <= r["ra"] <= b and c <= r["dec"] <= d for a, b, c, d in boxes))
    return [{name: one[name] for name in names} for one in inside]


def columns(query: str) -> list[str]:
    """The columns that a query selects, all for `*`."""
    listed = re.match(r"\s*select\s+(?:top\s+\d+\s+)?(.*?)\s+from\b", query, re.IGNORECASE | re.DOTALL)
    names = [name.strip().lower() for name in listed[1].split(",")] if listed else []
    known = list(row(NOBODY, ""))
    return [name for name in names if name in known] or known


def row(galaxy: Galaxy, tile: str) -> dict[str, Any]:
    """A galaxy in the main table of DES; band Y is called y there."""
    magnitudes = {f"mag_auto_{band.lower()}": round(light.magnitude(galaxy, band), 4) for band in BANDS}
    place = {"coadd_object_id": int(galaxy.coadd_object_id), "tilename": tile, "ra": galaxy.ra, "dec": galaxy.dec}
    sizes = {"a_image": galaxy.a_image, "b_image": round(galaxy.a_image * galaxy.axis_ratio, 4)}
    return place | magnitudes | {"kron_radius": KRON_RADIUS} | sizes


NOBODY = Galaxy("0", "0", 0.0, 0.0, "spiral")


def as_csv(rows: list[dict[str, Any]], query: str) -> bytes:
    """A table as text."""
    lines = [",".join(columns(query)), *(",".join(map(str, one.values())) for one in rows)]
    return ("\n".join(lines) + "\n").encode()


def images(holdings: Holdings, request: Request, collection: str) -> Reply:
    """The images that cover a position: 33 rows for each tile."""
    ra, dec = map(float, request.values["pos"].split(","))
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        return votable.refused("POS out of range")
    size = (request.values["size"].split(",") * 2)[:2]
    found = [tile for tile in holdings.tiles.values() if tile.covers(ra, dec)]
    rows = [one for tile in found for one in listed(tile, request.url, collection, (ra, dec), ",".join(size))]
    return votable.table(rows, list(rows[0]) if rows else ["access_url"], texts=True)


def listed(tile: Tile, url: str, collection: str, place: tuple[float, float], size: str) -> Iterator[dict[str, Any]]:
    """The rows of one tile: five bands with and without their sky, and the detection image, three planes of each."""
    shown = [(band, f"{tile.name}_r4920p02_{band}{kind}.fits.fz") for band in BANDS for kind in ("", "_nobkg")]
    for band, name in [*shown, ("det", f"{tile.name}_r4920p02_det.fits.fz")]:
        for plane, kind in EXTENSIONS.items():
            where = f"col={collection}&siaRef={name}&extn={plane}&POS={place[0]},{place[1]}&SIZE={size}"
            yield {
                "access_url": f"{url}/svc/cutout?{where}", "access_format": "image/fits", "access_estsize": "300",
                "obs_bandpass": band, "s_ra": str(tile.ra), "s_dec": str(tile.dec), "object": tile.name,
                "magzero": "30.0", "prodtype": kind, "proctype": "Stack", "mjd_obs": "56500.0",
            }  # fmt: skip


def cutout(holdings: Holdings, request: Request) -> Reply:
    """A plane of a tile about a position, without saying how long it is."""
    if "%2B" in request.raw_query.upper():
        return html("Internal Server Error", 500)
    # a form would read the plus as a blank
    values = dict(item.partition("=")[::2] for item in request.raw_query.split("&"))
    name, _, band = re.sub(r"(_nobkg)?\.fits\.fz$", "", values["siaRef"]).rpartition("_")
    tile = holdings.tiles.get(name.partition("_")[0])
    if tile is None:
        return html("Internal Server Error", 500)
    place = tuple(map(float, values["POS"].split(","))) if "POS" in values else (tile.ra, tile.dec)
    size = tuple(map(float, values["SIZE"].split(","))) if "SIZE" in values else (2 * SIDE * SCALE / 3600,) * 2
    body = tile.cutout("r" if band == "det" else band, int(values["extn"]), *place, *size)
    return Reply(body, "image/fits", sized=False)


def tile_folder(holdings: Holdings, request: Request, release: str, place: str) -> Reply:
    """The folder of a tile as a page of links, or a file in it."""
    name, _, file = place.partition("/")
    tile = holdings.tiles.get(name)
    if tile is None:
        return html("404 Not Found", 404)
    files = {tile.file_name(band, RELEASE[release]): band for band in BANDS}
    if not file:
        links = "".join(f'<a href="{one}">{one}</a> 165M\n' for one in files)
        return Reply(
            f"<html><head><title>{PAGE}</title></head><body><pre>{links}</pre></body></html>".encode(), "text/html"
        )
    if (real := holdings.real_file(file)) is not None:
        return Reply(real, "image/fits", ranges=True)
    return Reply(tile.file(files[file]), "image/fits", ranges=True) if file in files else html("404 Not Found", 404)
