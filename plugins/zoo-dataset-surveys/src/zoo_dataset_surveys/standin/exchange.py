"""A request as it arrived, and the reply to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client sent. target: path and query as written. url: the address of the server that heard it."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    @property
    def path(self) -> str:
        """The path without its query, decoded."""
        return unquote(urlsplit(self.target).path)

    def below(self, prefix: str) -> bool:
        """Whether its path begins so, in any case, with or without the first slash."""
        return self.path.lower().lstrip("/").startswith(prefix.lower().lstrip("/"))

    @property
    def raw_query(self) -> str:
        """The query as written, where `%2B` and `+` still differ."""
        return urlsplit(self.target).query

    @cached_property
    def values(self) -> dict[str, str]:
        """The fields of query and form, by name in lower case."""
        form = self.body.decode() if self.kind == "application/x-www-form-urlencoded" else ""
        found = {**parse_qs(self.raw_query, keep_blank_values=True), **parse_qs(form), **self._parts()}
        return {name.lower(): values[0] for name, values in found.items()}

    @property
    def kind(self) -> str:
        """The media type of its body."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def _parts(self) -> dict[str, list[str]]:
        """The parts of a multipart form, files too, by name."""
        if self.kind != "multipart/form-data":
            return {}
        from email import message_from_bytes

        whole = message_from_bytes(b"Content-Type: %s\r\n\r\n" % self.headers["Content-Type"].encode() + self.body)
        named = [(part.get_param("name", header="content-disposition"), part) for part in whole.get_payload()]
        return {str(name): [part.get_payload(decode=True).decode()] for name, part in named}


@dataclass(frozen=True)
class Reply:
    """What the server answers.

    headers: those with a blank value are not sent. sized: whether Content-Length is sent; else the end of the
    connection ends the body. sent: the part of the body that goes out before the connection is closed. reset: break the
    connection instead. wait: seconds of silence before. stall: and behind what goes out. ranges: whether a client may
    ask for a part, as of a file.
    """

    body: bytes
    kind: str = "text/plain"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sized: bool = True
    sent: float = 1.0
    reset: bool = False
    wait: float = 0.0
    stall: float = 0.0
    ranges: bool = False


def html(text: str, status: int = 200) -> Reply:
    """A page."""
    return Reply(f"<html>\n<head><title>{text}</title></head>\n<body><h1>{text}</h1></body>\n</html>\n".encode(),
                 "text/html", status)  # fmt: skip
