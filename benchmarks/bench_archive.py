"""What does an archive's book-keeping cost, shard by shard, as a catalogue of cutouts grows?

Every frame is in the folder already, as empty files with their notes, but those of one field in a hundred, which a
service that answers nobody does not give; the catalogue answers at once. What is left is what the archive does itself
for each shard of galaxies: it looks up where they lie, what failed before and what is here, and notes what became of
them. Shards have as many galaxies as those of `dataset=cutouts` with three bands of 64 pixels.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import rounds
from zoo_dataset_surveys import survey
from zoo_dataset_surveys.archive import Archive
from zoo_dataset_surveys.cutout_shards import SHARD
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services.field import Field
from zoo_dataset_surveys.services.frames import frame_path
from zoo_dataset_surveys.services.skyserver import SkyServer

from zoo.retrieval import download

EACH = SHARD // (3 * 64 * 64)
"""Galaxies of a shard."""

FIELD, LOST = 200, 100
"""Galaxies of a field; of so many fields one has no frames."""


def main() -> None:
    """Walk through archives of each size twice, print the table."""
    options = arguments()
    print("| galaxies | shards | pass | first shards, s each | last shards, s each | whole pass, s | of it the end |")
    print("|---|---|---|---|---|---|---|")
    for number in options.galaxies:
        with TemporaryDirectory() as folder, patch.object(SkyServer, "fields", lambda _, some: list(map(field, some))):
            write_frames(opened(folder).root, number)
            for what in ("first", "second"):
                seconds, end = walked(opened(folder), number)
                few = max(len(seconds) // 10, 1)
                ends = [statistics.mean(some) for some in (seconds[:few], seconds[-few:])]
                numbers = f"{ends[0]:.3f} | {ends[1]:.3f} | {sum(seconds) + end:.1f} | {end:.1f}"
                print(f"| {number:,} | {len(seconds)} | {what} | {numbers} |", flush=True)
    print(f"\n{EACH:,} galaxies a shard; {rounds.circumstances()}")


def opened(folder: str) -> Archive:
    """An archive of SDSS at addresses that answer nobody, as a new command has it."""
    nobody = "http://127.0.0.1:9"
    chosen = replace(survey.named("sdss"), catalogue=nobody, images=nobody, attempts=1, per_second=1e9)
    return Archive(chosen, Path(folder))


def walked(archive: Archive, number: int) -> tuple[list[float], float]:
    """Seconds of each shard, and those of the end."""
    seconds = []
    with closing(archive):
        for shard in shards(number):
            start = time.perf_counter()
            assert sum(len(galaxies) for _, galaxies in archive.frames(shard)) == len(shard)
            seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    return seconds, time.perf_counter() - start


def shards(number: int) -> Iterator[list[Target]]:
    """The galaxies, neighbours together; no id says a field."""
    for start in range(0, number, EACH):
        rows = range(start, min(start + EACH, number))
        yield [Target(f"galaxy {row}", row / number * 360, row % FIELD / 1000) for row in rows]


def field(target: Target) -> Field:
    """The field of a galaxy, by its number."""
    return field_of(int(target.object_id.split()[1]) // FIELD)


def field_of(place: int) -> Field:
    """A field by its number: 100 fields make a camera column, of which a run has six."""
    return Field(1000 + place // 600, 301, 1 + place // 100 % 6, 11 + place % 100)


def write_frames(root: Path, number: int) -> None:
    """The frames of all fields but those that are lost, with notes as if they had been retrieved."""
    for place in (place for place in range(-(-number // FIELD)) if place % LOST):
        for path in (root / frame_path(field_of(place), band) for band in "gri"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            note = download.Note(0, path.stat().st_mtime_ns, "", "", "", dark=False)
            download.note_of(path).write_text(json.dumps(note._asdict()))


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    sizes = [10_000, 100_000, 1_000_000]
    parser.add_argument("--galaxies", type=int, nargs="+", default=sizes, help="of each archive (default: %(default)s)")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
