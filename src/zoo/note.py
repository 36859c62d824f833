"""The note beside a file: its length, time of change and SHA-256 when it was written, which tell whether it is whole.

Nothing here reaches torch: worker processes import this module.
"""

import hashlib
import json
from pathlib import Path

from zoo import atomic


def write(path: Path) -> None:
    """Write the note of a finished file, `<stem>.json` beside it."""
    state = path.stat()
    note = {"bytes": state.st_size, "modified_ns": state.st_mtime_ns, "sha256": sha256(path)}
    atomic.write_json(beside(path), note)


def fault(path: Path, quick: bool = False, again: str = "zoo data prepare makes it again") -> str | None:
    """What is wrong with a file that has a note, as a sentence, or None.

    `quick` trusts a file that has the length and the time at which it was written; any other is read and hashed.
    again: how to get a file that is not there.
    """
    if not path.exists() or not beside(path).exists():
        return f"{path} is missing: {again}."
    try:
        written = json.loads(beside(path).read_text())
        length, modified, digest = written["bytes"], written["modified_ns"], written["sha256"]
    except (ValueError, KeyError, TypeError):
        return f"{beside(path)} is not the note that was written beside a file: delete it, and prepare again."
    state = path.stat()
    if state.st_size != length:
        return f"{path} has {state.st_size} bytes instead of {length}: {again}."
    if (not quick or state.st_mtime_ns != modified) and sha256(path) != digest:
        return (
            f"{path} was changed after it was written (its SHA-256 differs): delete it, and prepare the dataset again."
        )
    return None


def beside(path: Path) -> Path:
    """The note's own file."""
    return path.with_suffix(".json")


def noted(path: Path) -> str:
    """The SHA-256 in a file's note."""
    return json.loads(beside(path).read_text())["sha256"]


def sha256(path: Path) -> str:
    """The SHA-256 of a file as it is now."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
