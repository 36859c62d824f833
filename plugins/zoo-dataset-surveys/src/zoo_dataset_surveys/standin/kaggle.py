"""The service of Kaggle's competitions: an order for a file, and the file where the answer sends (surveys.md 7.6)."""

from __future__ import annotations

import base64
import hashlib
import json

from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.holdings import Holdings

DATE = "Sat, 01 Mar 2014 00:00:00 GMT"
WELCOME = "Bearer welcome"
"""The authorization of somebody who has accepted the rules; all others have not."""

RULES = "You must accept this competition's rules before you'll be able to download files."


def order(holdings: Holdings, request: Request) -> Reply:
    """Where the file that somebody asks for is; 401 for nobody, 403 for somebody who has not accepted the rules."""
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return refused(401, "Unauthenticated")
    if authorization != WELCOME:
        return refused(403, RULES)
    name = json.loads(request.body)["fileName"]
    return Reply(b"", status=302, headers={"Location": f"{request.url}/gcs/{name}"})


def file(holdings: Holdings, request: Request, name: str) -> Reply:
    """A real file with its MD5, of which a client may ask for the rest."""
    found = holdings.real_file(name)
    if found is None:
        return html("404 Not Found", 404)
    md5 = base64.b64encode(hashlib.md5(found, usedforsecurity=False).digest()).decode()
    return Reply(found, "application/zip", headers={"Last-Modified": DATE, "x-goog-hash": f"md5={md5}"}, ranges=True)


def refused(status: int, message: str) -> Reply:
    """A refusal as Kaggle writes it."""
    return Reply(json.dumps({"code": status, "message": message}).encode(), "application/json", status)
