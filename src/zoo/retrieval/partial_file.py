"""A file on its way: what has arrived stays when a connection breaks, and the next request asks for the rest.

The rest is taken if it is of the same version of the file, by its tag and length (RFC 9110, sections 13.1.5 and 14).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests

from zoo import atomic
from zoo.errors import ZooError
from zoo.retrieval import network
from zoo.retrieval.retry import Transient
from zoo.retrieval.turn import NO_LOCKS, locked, opened
from zoo.retrieval.version import PARTIAL_CONTENT, Version, md5, version

CHUNK = 2**14
"""Bytes written at a time: the most that a broken connection costs."""

NO_SUCH_REST = 416
"""The status that says that a file has no byte where the rest was to begin."""

Watch = Callable[[int, int | None], None]
"""Told, as bytes arrive, how many are here and how many there will be, as far as that is known. It may raise."""


class PartialFile:
    """The bytes of a file that have arrived, in a hidden file that is open, and a note of which version they are of.

    watch: told of every chunk.
    """

    def __init__(self, path: Path, file: IO[bytes], address: str, watch: Watch):
        self.path, self.file, self.address, self.watch = path, file, address, watch
        self.note, self.placed = path.with_name(f"{path.name}.json"), False
        self.version = self._noted()
        if self.version is None or (self.version.bytes or 0) < self.bytes:
            self.forget()

    @property
    def bytes(self) -> int:
        """How many are here."""
        return self.file.seek(0, os.SEEK_END)

    @property
    def whole(self) -> bool:
        """Whether nothing lacks."""
        return self.version is not None and self.version.bytes == self.bytes

    def headers(self) -> dict[str, str]:
        """What a request for the rest says; for everything where nothing is here. Weak tags are no condition."""
        asked = {"Accept-Encoding": "identity"}
        if self.version is None or not self.version.ranges or not self.bytes:
            return asked
        asked["Range"] = f"bytes={self.bytes}-"
        if self.version.tag and not self.version.tag.startswith("W/"):
            asked["If-Range"] = self.version.tag
        return asked

    def receive(self, reply: requests.Response) -> None:
        """Write what a reply brings, behind what is here or, where it is no rest of that, in its place.

        Raises Transient for pages, which cost nothing of what is here, and for other parts than were asked for.
        """
        if reply.status_code == NO_SUCH_REST:
            self.forget()
            raise Transient("has no such rest of the file")
        chunks = reply.iter_content(CHUNK)
        first = next(chunks, b"")
        if reply.status_code == PARTIAL_CONTENT:
            self._refuse_other(reply)
        else:
            network.check_sent(first)
            self._begin(version(self.address, reply))
        self._write(first)
        for chunk in chunks:
            self._write(chunk)

    def refuse_damaged(self) -> None:
        """Raise Transient where the length or the MD5 that the service told is another one."""
        if self.version is None or self.version.bytes not in (None, self.bytes):
            raise Transient(f"ended after {self.bytes:,} bytes")
        if self.version.md5 and md5(self.file) != self.version.md5:
            self.forget()
            raise Transient("sent a file with another MD5 than it says")

    def flushed(self) -> Path:
        """The path at which others can read what is here."""
        self.file.flush()
        return self.path

    def put(self, path: Path) -> None:
        """Give the file its name, now that it is whole and on the disk."""
        self._sync()
        self.note.unlink(missing_ok=True)
        os.replace(self.path, path)
        self.placed = True
        atomic.sync_folder(path.parent)

    def forget(self) -> None:
        """Throw away what is here."""
        self.note.unlink(missing_ok=True)
        self.file.truncate(0)
        self.version = None

    def leave(self, keep: bool) -> None:
        """Keep what can be gone on with, if that is wanted, and remove the rest; a file that has its name stays."""
        if self.placed:
            return
        if keep and self.note.exists() and self.bytes:
            self._sync()
        else:
            self.note.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)

    def _noted(self) -> Version | None:
        """The version that the note tells, None for none or that of another address."""
        try:
            found = Version(**json.loads(self.note.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.address == self.address else None

    def _begin(self, found: Version) -> None:
        self.forget()
        refuse_full(self.path.parent, found.bytes or 0)
        self.version = found
        if found.ranges:
            atomic.write_json(self.note, found._asdict())

    def _refuse_other(self, reply: requests.Response) -> None:
        start = re.match(r"bytes (\d+)-", reply.headers.get("Content-Range", ""))
        known = self.version is not None and self.version.also(version(self.address, reply))
        if not (start and int(start[1]) == self.bytes and known):
            self.forget()
            raise Transient("sent another part of a file than was asked for")

    def _write(self, chunk: bytes) -> None:
        self.file.seek(0, os.SEEK_END)
        self.file.write(chunk)
        self.watch(self.bytes, self.version.bytes if self.version else None)

    def _sync(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())


def refuse_full(folder: Path, need: int) -> None:
    """Raise ZooError where the disk of a folder has no room for so many bytes."""
    if need > (free := shutil.disk_usage(folder).free):
        raise ZooError(
            f"{need / 1e6:,.1f} MB are to come into {folder}, where {free / 1e6:,.1f} MB are free: make room, or name "
            "another folder.",
            "E-DOWNLOAD",
        )


def in_silence(here: int, in_all: int | None) -> None:
    """Tell nobody."""


def hidden(path: Path) -> Path:
    """Where the bytes of a file lie that have arrived."""
    return path.with_name(f".{path.name}.partial")


def arrived(path: Path) -> int:
    """How many bytes of a file are here, whether it has its name or is on its way."""
    return max((one.stat().st_size for one in (path, hidden(path)) if one.exists()), default=0)


@contextmanager
def partial_file(path: Path, address: str, watch: Watch = in_silence) -> Iterator[PartialFile]:
    """What has arrived of the file that shall lie at `path`: no other program writes it meanwhile, and others wait.

    Where the file system knows no locks, each program has one of its own, which nobody goes on with.
    """
    shared, own = hidden(path), path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        place, file = shared, locked(shared)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        shared.unlink(missing_ok=True)
        place, file = own, opened(own)
    with file:
        partial = PartialFile(place, file, address, watch)
        try:
            yield partial
        finally:
            partial.leave(keep=place == shared)
