"""What failures of the network and refusals of services mean: to be tried again, missing, or an error."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import HTTPError

from zoo.errors import MissingImage
from zoo.retrieval.retry import ServiceError, Transient

TOO_MANY, MISSING = 429, 404
BUSY = frozenset({408, 425, TOO_MANY, 500, 502, 503, 504})
"""Statuses that may be others in a moment."""

FAILURES = (
    requests.ConnectionError,
    requests.Timeout,
    requests.TooManyRedirects,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    HTTPError,
    ConnectionError,
    TimeoutError,
)
"""What the network's failures are raised as."""


def check_status(reply: requests.Response, missing: frozenset[int] = frozenset({MISSING})) -> None:
    """Raise Transient, MissingImage or ServiceError for a status that is not success. missing: that of no image."""
    if reply.status_code in missing:
        raise MissingImage(f"{reply.url} is not there (status {reply.status_code}): leave its galaxies out.")
    if reply.status_code in BUSY:
        raise Transient(f"answered with status {reply.status_code}", retry_after(reply.headers.get("Retry-After")))
    if not reply.ok:
        raise ServiceError(
            f"{reply.url} was refused with status {reply.status_code} ({said(reply.content)}): mend the request."
        )


def retry_after(value: str | None, now: float | None = None) -> float:
    """Seconds that a header Retry-After asks to wait: a number of them, or a date."""
    if not value:
        return 0.0
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now), 0.0)
    except ValueError:
        return 0.0


def check_sent(body: bytes) -> None:
    """Raise Transient for nothing, and for a page in place of a file: services that are down send them."""
    if not body:
        raise Transient("sent nothing")
    if is_page(body):
        raise Transient(f"sent a page that says '{said(body)}'")


def failure_of(error: BaseException | None) -> BaseException | None:
    """The network's failure within an error, or behind it: clients wrap them in errors of their own."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        if isinstance(error, FAILURES):
            return error
        seen.add(id(error))
        error = getattr(error, "cause", None) or error.__cause__ or error.__context__
    return None


def transient(error: BaseException) -> Transient:
    """A failure of the network in words."""
    kind = "was silent for too long" if isinstance(error, requests.Timeout | TimeoutError) else "broke the connection"
    return Transient(f"{kind} ({type(error).__name__})")


def said(body: bytes | str, most: int = 80) -> str:
    """The first words of what a service sent, its tags left out."""
    text = body if isinstance(body, str) else body[:2000].decode("utf-8", "replace")
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:most] or "nothing"


def is_page(body: bytes | str) -> bool:
    """Whether a service sent a page of HTML."""
    start = body[:300] if isinstance(body, str) else body[:300].decode("utf-8", "replace")
    return start.lstrip("\ufeff \t\r\n").lower().startswith(("<!doctype", "<html", "<head"))
