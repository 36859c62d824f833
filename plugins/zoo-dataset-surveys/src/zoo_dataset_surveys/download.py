"""Files retrieved from a service: whole and checked or absent, each with a note beside it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from zoo import atomic
from zoo_dataset_surveys import body
from zoo_dataset_surveys.client import Client


class Note(NamedTuple):
    """What is written beside a file: its length, time and hash, where and when it came from, and whether it is dark.

    dark: all its pixels are zero or not finite, so the survey has no data there.
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


def retrieve(address: str, path: Path, client: Client) -> Note:
    """The note of a FITS file, which is retrieved where it is not kept yet. It appears whole, and its note after it.

    Raises ServiceError or MissingImage; then there is no file.
    """
    if note := kept(path):
        return note
    data, dark = client.get(address, body.fits)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.replacing(path) as file:
        file.write(data)
    state, now = path.stat(), datetime.now(UTC).isoformat(timespec="seconds")
    note = Note(state.st_size, state.st_mtime_ns, hashlib.sha256(data).hexdigest(), address, now, dark)
    atomic.write_json(note_of(path), note._asdict())
    return note


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
