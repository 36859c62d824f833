"""Files retrieved from a service: whole and checked or absent, each with a note beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from zoo import atomic
from zoo.errors import ZooError
from zoo.note import sha256
from zoo.retrieval.client import Client
from zoo.retrieval.partial_file import PartialFile, Watch, in_silence, partial_file


class Note(NamedTuple):
    """What is written beside a file: its length, time and hash, where and when it came from, and whether it is dark.

    dark: what it shows is nothing, as where a survey has no data.
    """

    bytes: int
    modified_ns: int
    sha256: str
    address: str
    retrieved: str
    dark: bool


def note_of(path: Path) -> Path:
    """The note beside a file."""
    return path.with_name(f"{path.name}.json")


def kept(path: Path) -> Note | None:
    """The note of a file that is still what was retrieved, None where it is absent or was changed.

    A file of the length and the time at which it was written is trusted; any other is read and hashed.
    """
    try:
        note = Note(**json.loads(note_of(path).read_text()))
        state = path.stat()
    except (OSError, ValueError, TypeError):
        return None
    same = state.st_size == note.bytes and (state.st_mtime_ns == note.modified_ns or sha256(path) == note.sha256)
    return note if same else None


def retrieve(address: str, path: Path, client: Client, look: Callable[[Path], bool], watch: Watch = in_silence) -> Note:
    """The note of a file, which is retrieved where it is not kept yet. It appears whole, and its note after it.

    look: at the whole file before it appears; says whether it is dark, and raises Transient for a damaged file and
    ServiceError for what is none of those asked for. watch: told what has arrived. A retrieval that was broken off
    goes on where it was, if the service can do that.

    Raises ServiceError or MissingImage, and ZooError where the folder cannot be written; then there is no file.
    """
    if note := kept(path):
        return note
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial_file(path, address, watch) as partial:
            return kept(path) or _retrieved(partial, path, client, look)
    except OSError as error:
        if error.errno is None:  # not the disk's
            raise
        raise ZooError(
            f"{path} cannot be written ({error.strerror}): make room, or name a folder of your own; what has arrived "
            "stays.",
            "E-DOWNLOAD",
        ) from error


def _retrieved(partial: PartialFile, path: Path, client: Client, look: Callable[[Path], bool]) -> Note:
    """The note of a file that has been put into its place."""
    dark = client.fetch(partial, lambda whole: look(whole.flushed()))
    partial.put(path)
    state, now = path.stat(), datetime.now(UTC).isoformat(timespec="seconds")
    note = Note(state.st_size, state.st_mtime_ns, sha256(path), partial.address, now, dark)
    atomic.write_json(note_of(path), note._asdict())
    return note
