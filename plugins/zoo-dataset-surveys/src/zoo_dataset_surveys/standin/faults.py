"""What goes wrong at services, on demand (surveys.md 7.3)."""

from __future__ import annotations

import bz2
import gzip
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from zoo_dataset_surveys.standin.exchange import Reply, Request, html

SILENCE = 1.0
"""Seconds that `timeout` and `stall` wait: give the client less."""

THROTTLED = "ERROR: Maximum 60 queries allowed per minute. Rejected query: "


def cut(reply: Reply, sent: float = 2 / 3) -> Reply:
    """A part of the body, and a connection that ends there."""
    return replace(reply, sent=sent)


def without_ranges(reply: Reply) -> Reply:
    """The whole file, whichever part was asked for."""
    return replace(reply, ranges=False)


def redirected(request: Request) -> Reply:
    """The same under another name of this host."""
    return Reply(b"", status=302, headers={"Location": request.url.replace("127.0.0.1", "localhost") + request.target})


def throttled(request: Request) -> Reply:
    """What SkyServer says to the sixty-first query in a minute, with status 200."""
    query = request.values.get("cmd", "").strip()
    return Reply(f'#Table1\nerror_message\n"{THROTTLED}{query}"\n'.encode())


def renamed(reply: Reply) -> Reply:
    """A table whose declination is called otherwise."""
    return replace(reply, body=re.sub(rb"\bdec\b", b"declination", reply.body))


def doubled(reply: Reply) -> Reply:
    """A table with its last row twice, CSV or VOTable."""
    if rows := re.findall(rb"<TR>.*?</TR>", reply.body):
        return replace(reply, body=reply.body.replace(rows[-1], rows[-1] * 2))
    return replace(reply, body=reply.body + reply.body.rstrip().rpartition(b"\n")[2] + b"\n")


def packed(reply: Reply) -> Reply:
    """The same, compressed on the way: no fault, but not all clients unpack it."""
    return replace(reply, body=gzip.compress(reply.body), headers={**reply.headers, "Content-Encoding": "gzip"})


def dark(reply: Reply, value: float = 0) -> Reply:
    """An image whose pixels all have one value, packed as it was."""
    from astropy.io import fits

    small = reply.body.startswith(b"BZh")
    with fits.open(io.BytesIO(bz2.decompress(reply.body) if small else reply.body)) as units:
        next(unit for unit in units if unit.data is not None).data[:] = value
        file = io.BytesIO()
        units.writeto(file)
    return replace(reply, body=bz2.compress(file.getvalue()) if small else file.getvalue())


INSTEAD: Mapping[str, Callable[[Request], Reply]] = {
    "429": lambda request: Reply(b"Too Many Requests", status=429, headers={"Retry-After": "7"}),
    "500": lambda request: html("Server Error (500)", 500),
    "503": lambda request: html("503 Service Unavailable, no server is available", 503),
    "404": lambda request: html("404 Not Found", 404),
    "html_line": lambda request: Reply(b"<html><body>Down for maintenance</body></html>", "text/html"),
    "html_page": lambda request: html("Down for maintenance"),
    "throttle": throttled,
    "empty": lambda request: Reply(b""),
    "reset": lambda request: Reply(b"", reset=True),
    "redirect": redirected,
}
"""Faults that answer in place of the service."""

SPOILT: Mapping[str, Callable[[Reply], Reply]] = {
    "truncated": cut,
    "truncated_unsized": lambda reply: cut(replace(reply, sized=False, ranges=False)),
    "no_ranges": without_ranges,
    "stall": lambda reply: cut(replace(reply, stall=SILENCE)),
    "timeout": lambda reply: replace(reply, wait=SILENCE),
    "wrong_column": renamed,
    "duplicate": doubled,
    "zeros": dark,
    "nan": lambda reply: dark(reply, math.nan),
    "gzip": packed,
}
"""Faults that spoil its answer."""
