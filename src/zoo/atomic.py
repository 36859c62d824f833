"""Files that are either whole or absent, whatever kills the process."""

import filecmp
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from zoo import process


@contextmanager
def replacing(path: Path, same_stays: bool = False) -> Iterator[IO[bytes]]:
    """Write to a temporary neighbour of `path`, and put it in its place when everything is on the disk.

    Same folder, fsync, rename, fsync of the folder: the protocol that survives power loss (Pillai et al. 2014). After
    an error the old file is untouched and the temporary one is gone. Threads and processes that write at once have a
    temporary file each, and the last one wins. `same_stays` leaves a file untouched that holds the same bytes already.
    """
    partial = path.with_name(f".{path.name}.{threading.get_ident()}.{os.getpid()}.part")
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not (same_stays and same(partial, path)):
            os.replace(partial, path)
            sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def same(one: Path, other: Path) -> bool:
    """Whether both files exist and hold the same bytes."""
    filecmp.clear_cache()  # it goes by times of change, which are too coarse for two writes in a row
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Replace a text file."""
    with replacing(path) as file:
        file.write(text.encode())


def write_json(path: Path, values: Any) -> None:
    """Replace a JSON file; keys keep their order."""
    write_text(path, as_json(values))


def as_json(values: Any) -> str:
    """The text of a JSON file."""
    return json.dumps(values, indent=2, allow_nan=False) + "\n"


def sweep(folder: Path, pattern: str = ".*.part") -> int:
    """Remove the temporary files that dead processes left; returns how many. pattern: of their names."""
    stray = [path for path in folder.glob(pattern) if not written(path)]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)


def written(partial: Path) -> bool:
    """Whether the process whose number a temporary file bears still lives."""
    number = partial.name.split(".")[-2]
    return number.isdecimal() and process.alive(int(number))


def read_json(path: Path) -> Any:
    """The values of a JSON file that zoo wrote."""
    return json.loads(path.read_text())
