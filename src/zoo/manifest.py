"""The manifest of a dataset's images: size, sha256 and header of every file, kept in the cache.

A file is read again only when its size or time of change differs. What was found first stays recorded, so that a
changed file is noticed, and one whose bits flipped in place is found by a full verification.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from zoo import atomic, cache, cutout
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


def examine(files: ImageFiles, object_ids: Sequence[str]) -> tuple[list[Facts], dict[Path, Path]]:
    """The facts of these galaxies' files, in order, and the manifest of each folder or archive they lie in.

    They come from the manifest where a file is unchanged, else from the file.
    """
    names = defaultdict(list)
    for container, name, _ in map(files.place, object_ids):
        names[container].append(name)
    manifests = {container: manifest(its) for container, its in names.items()}
    known = {container: load(path).get(str(container.resolve()), {}) for container, path in manifests.items()}
    facts = []
    for object_id in bar(object_ids):
        container, name, _ = files.place(object_id)
        facts.append(look(files, object_id, known[container].get(name)))
    found = defaultdict(dict)
    for (container, name, _), its in zip(map(files.place, object_ids), facts, strict=True):
        found[container][name] = its
    for container, path in manifests.items():
        if found[container] != known[container]:
            save(path, container, found[container])
    return facts, manifests


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


def manifest(names: Iterable[str]) -> Path:
    """Where the manifest of files of these names lies; folders with the same names share one file."""
    key = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]
    return cache.folder("manifests", RULE) / f"{key}.parquet"


def load(path: Path) -> dict[str, dict[str, Facts]]:
    """The facts in a manifest by container and name; empty where there is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    containers: dict[str, dict[str, Facts]] = defaultdict(dict)
    try:
        columns = pq.read_table(path).to_pydict()
        for container, name, *facts in zip(*(columns[c] for c in ("container", "name", *Facts._fields)), strict=True):
            containers[container][name] = Facts(*facts)
    except (OSError, KeyError, pa.ArrowInvalid):  # none yet, or not ours: all files are looked at again
        return {}
    return containers


def save(path: Path, container: Path, facts: Mapping[str, Facts]) -> None:
    """Write the facts of one container into its manifest; containers that are gone leave it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    atomic.sweep(path.parent)
    kept = {other: its for other, its in load(path).items() if Path(other).exists()}
    kept[str(container.resolve())] = dict(facts)
    rows = [(where, name, *its) for where, files in kept.items() for name, its in files.items()]
    columns = dict(zip(("container", "name", *Facts._fields), map(list, zip(*rows, strict=True)), strict=True))
    with atomic.replacing(path) as file:
        pq.write_table(pa.table(columns), file)
