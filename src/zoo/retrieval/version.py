"""Which version of a file a service sends: told by its tag, length and hash, as far as the service says them."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import IO, NamedTuple

import requests

PARTIAL_CONTENT = 206
"""The status of a reply that brings a part of a file."""


class Version(NamedTuple):
    """Which file the bytes are of.

    address: as it was asked for. tag: its ETag or date of change, blank where the service says neither. bytes: of the
    whole file, None where nobody says. md5: of the whole file in base64, blank where the service does not say. ranges:
    whether a rest can be asked for.
    """

    address: str
    tag: str = ""
    bytes: int | None = None
    md5: str = ""
    ranges: bool = False

    def also(self, other: Version) -> bool:
        """Whether a rest that is said to be of the other version is of this one; a rest may come without a tag."""
        return self.bytes == other.bytes and other.tag in ("", self.tag)


def version(address: str, reply: requests.Response) -> Version:
    """What a reply says of the file that it brings. Lengths of what was packed on the way are not the file's."""
    headers = reply.headers
    tag = headers.get("ETag") or headers.get("Last-Modified", "")
    told = re.search(r"\bmd5=([\w+/]+=*)", headers.get("x-goog-hash", ""))
    packed = headers.get("Content-Encoding", "identity") != "identity"
    length = headers.get("Content-Range", "").rpartition("/")[2] or headers.get("Content-Length", "")
    size = int(length) if length.isdigit() and not packed else None
    ranges = reply.status_code == PARTIAL_CONTENT or headers.get("Accept-Ranges") == "bytes"
    return Version(address, tag, size, told[1] if told else "", ranges and size is not None)


def md5(file: IO[bytes]) -> str:
    """The MD5 of an open file in base64, as services write it."""
    file.seek(0)
    return base64.b64encode(hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()).decode()
