"""The manifest of a dataset's images: size, sha256 and header of every file, kept in the cache.

A file is read again only when its size or time of change differs. What was found first stays recorded, so that a
changed file is noticed, and one whose bits flipped in place is found by a full verification.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from zoo import cache, cutout
from zoo.atomic import replacing
from zoo.errors import ZooImageError
from zoo.image_files import ImageFiles
from zoo.progress import track

RULE = "1"
"""Version of the rule of docs/images.md; a new one has every file looked at again."""

SHORT = 200
"""Fewer files than this are examined without a progress bar."""


class Facts(NamedTuple):
    """What is known of one image file.

    prepared: the sha256 when it was first seen whole. problem: why it is unusable.
    """

    size: int
    stamp: int
    sha256: str
    prepared: str
    mode: str = ""
    bands: int = 0
    height: int = 0
    width: int = 0
    code: str = ""
    problem: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Bands, height and width."""
        return self.bands, self.height, self.width


def examine(files: ImageFiles, object_ids: Sequence[str]) -> list[Facts]:
    """The facts of these galaxies' files, in order: from the manifest where a file is unchanged, else from the file."""
    containers = {files.place(i).container for i in object_ids}
    kept = {container: load(manifest(container)) for container in containers}
    facts, changed = [], defaultdict(dict)
    for object_id in bar(object_ids):
        container, name, _ = files.place(object_id)
        old = kept[container].get(name)
        facts.append(look(files, object_id, old))
        if facts[-1] is not old:
            changed[container][name] = facts[-1]
    for container, new in changed.items():
        save(manifest(container), kept[container] | new)
    return facts


def bar(object_ids: Sequence[str]) -> Iterable[str]:
    """The ids, counted by a progress bar if there are many."""
    return track(object_ids, "examining images", len(object_ids)) if len(object_ids) > SHORT else object_ids


def look(files: ImageFiles, object_id: str, old: Facts | None) -> Facts:
    """The facts of one file: the old ones if nothing changed and nothing was wrong."""
    try:
        size, stamp = files.stamp(object_id)
        if old and (old.size, old.stamp) == (size, stamp) and not old.problem:
            return old
        data = files.read_bytes(object_id)
    except ZooImageError as error:
        return Facts(0, 0, "", old.prepared if old else "", code=error.code, problem=str(error))
    sha256 = hashlib.sha256(data).hexdigest()
    facts = Facts(size, stamp, sha256, old.prepared if old else "")
    try:
        header = cutout.check_header(data, str(files.place(object_id)))
    except ZooImageError as error:
        return facts._replace(code=error.code, problem=str(error))
    return Facts(size, stamp, sha256, facts.prepared or sha256, f"{header.format} {header.mode}", *header[2:])


def manifest(container: Path) -> Path:
    """Where the manifest of a folder or archive lies."""
    key = hashlib.sha256(str(container.resolve()).encode()).hexdigest()[:16]
    return cache.folder("manifests", RULE) / f"{key}.parquet"


def load(path: Path) -> dict[str, Facts]:
    """The facts by name in a manifest; empty where there is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        columns = pq.read_table(path).to_pydict()
        return {name: Facts(*row) for name, *row in zip(*(columns[c] for c in ("name", *Facts._fields)), strict=True)}
    except (OSError, KeyError, pa.ArrowInvalid):  # none yet, or not ours: all files are looked at again
        return {}


def save(path: Path, facts: dict[str, Facts]) -> None:
    """Replace a manifest."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = zip(*facts.values(), strict=True)
    with replacing(path) as file:
        pq.write_table(pa.table({"name": list(facts), **dict(zip(Facts._fields, map(list, values), strict=True))}), file)
