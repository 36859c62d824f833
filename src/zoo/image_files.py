"""The image files of a dataset: where each galaxy's file lies, in a folder or inside a zip archive, by id."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from zoo.errors import DataError, MissingImage, ZooError, ZooImageError
from zoo.label_table import some

MAX_BYTES = 2**29
"""Size of one unpacked image file above which it is refused unread."""


class Place(NamedTuple):
    """A file: its path inside a container, which is a folder or, if `archived`, a zip archive."""

    container: Path
    name: str
    archived: bool = False

    def __str__(self) -> str:
        return os.path.join(self.container, self.name)


class ImageFiles:
    """Image files by object_id. Reading works in any process: archives are opened where they are needed."""

    def __init__(self, places: Mapping[str, Place]):
        self._places = dict(places)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, object_id: object) -> bool:
        return object_id in self._places

    def __or__(self, other: ImageFiles) -> ImageFiles:
        """Both. Raises DataError where an id has a file in each."""
        if both := self._places.keys() & other._places.keys():
            first = min(both)
            raise DataError(
                f"{len(both)} galaxies have two images, the first {first}: {self._places[first]} and "
                f"{other._places[first]}; remove one of each.",
                "E-IMAGE-DOUBLED",
            )
        return ImageFiles(self._places | other._places)

    def place(self, object_id: str) -> Place:
        """Where the file lies. Raises MissingImage for an id without one."""
        if object_id not in self._places:
            raise MissingImage(f"The galaxy {object_id} has no image file: add it, or leave its row out.")
        return self._places[object_id]

    def stamp(self, object_id: str) -> tuple[int, int]:
        """Size and time of change (in an archive: checksum) of a file: equal stamps, unchanged file."""
        place = self.place(object_id)
        try:
            if not place.archived:
                status = os.stat(os.path.join(place.container, place.name))
                return status.st_size, status.st_mtime_ns
            info = opened(place.container).getinfo(place.name)
            return info.file_size, info.CRC
        except (OSError, KeyError):
            raise MissingImage(f"{place} does not exist: retrieve it again, or leave its row out.") from None

    def read_bytes(self, object_id: str) -> bytes:
        """The bytes of a file. Raises ZooImageError if they cannot be had."""
        place = self.place(object_id)
        size, _ = self.stamp(object_id)
        if size > MAX_BYTES:
            raise ZooImageError(f"{place} has {size:,} bytes, more than {MAX_BYTES:,}: cut the galaxy out of it first.")
        try:
            if not place.archived:
                return (place.container / place.name).read_bytes()
            return opened(place.container).read(place.name)
        except (OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zipfile.zlib.error) as error:
            raise ZooImageError(
                f"{place} cannot be read ({error}): retrieve it again, or mend its permissions.", "E-IMAGE-DAMAGED"
            ) from error


def opened(path: Path) -> zipfile.ZipFile:
    """A zip archive, opened once by each process, and again if it changes. Raises OSError if it does not exist."""
    return archive(path, os.getpid(), os.stat(path).st_mtime_ns)


@lru_cache(maxsize=8)
def archive(path: Path, process: int, changed: int) -> zipfile.ZipFile:
    """An open zip archive of this process: a forked one would share its parent's place in the file."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read as a zip archive ({error}): retrieve it again.") from error


def listed(container: Path, suffix: str) -> ImageFiles:
    """Every file of a folder or zip archive whose name ends in `suffix` (in any case), however deep it lies.

    The id is the file's name without the suffix, whatever dots it holds. Raises DataError for a container that does
    not exist, or where two files have one id.
    """
    places: dict[str, Place] = {}
    archived = container.is_file()
    for name in names(container):
        base = name.rpartition("/")[2]
        if not base.lower().endswith(suffix.lower()) or base.startswith(".") or name.startswith("__MACOSX/"):
            continue
        object_id = base[: len(base) - len(suffix)]
        if object_id in places:
            raise DataError(
                f"The galaxy {object_id} has two images, {places[object_id]} and {name}: remove one.", "E-IMAGE-DOUBLED"
            )
        places[object_id] = Place(container, name, archived)
    return ImageFiles(places)


def names(container: Path) -> Iterator[str]:
    """The relative paths of all files in a folder, or of all members of a zip archive."""
    if container.is_dir():
        for folder, _, files in os.walk(container):  # as text: paths of pathlib take half the time of a first look
            inside = os.path.relpath(folder, container).replace(os.sep, "/") + "/"
            yield from (inside.removeprefix("./") + file for file in files)
    elif container.is_file():
        yield from (member.filename for member in opened(container).infolist() if not member.is_dir())
    else:
        raise DataError(f"{container} does not exist: name the folder or zip archive with the images.")


def named(folder: Path, paths: Mapping[str, str]) -> ImageFiles:
    """The files that a table names by id, relative to a folder; those that do not exist are left out.

    Raises DataError for a path that leaves the folder.
    """
    places = {}
    for object_id, path in paths.items():
        parts = PurePosixPath(path).parts
        if ".." in parts or PurePosixPath(path).is_absolute():
            raise DataError(
                f"The galaxy {object_id} has the image {path}, which leaves {folder}: name files within it."
            )
        if path and (folder / path).is_file():
            places[object_id] = Place(folder, path)
    return ImageFiles(places)


def with_images(object_ids: Sequence[str], files: ImageFiles, missing: str) -> list[int]:
    """The rows of a table whose galaxies have an image file.

    missing: `refuse` raises DataError with the number and first ids of those without, `drop` leaves them out.
    """
    if missing not in ("refuse", "drop"):
        raise ZooError(f"dataset.missing={missing}: choose refuse or drop.")
    kept = [row for row, object_id in enumerate(object_ids) if object_id in files]
    if len(kept) < len(object_ids) and missing == "refuse":
        lost = [object_id for object_id in object_ids if object_id not in files]
        raise DataError(
            f"{len(lost)} of {len(object_ids)} labelled galaxies have no image: {some(lost)}; retrieve them, or "
            "leave these galaxies out with dataset.missing=drop.",
            "E-IMAGE-MISSING",
        )
    return kept
