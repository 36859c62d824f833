"""Files where they are published: their size said beforehand, retrieved whole, compared with what is known of them."""

from __future__ import annotations

import gzip
import hashlib
import logging
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zoo import progress
from zoo.retrieval import download, network
from zoo.retrieval.client import Client
from zoo.retrieval.partial_file import Watch, arrived, refuse_full
from zoo.retrieval.retry import ServiceError, Transient

log = logging.getLogger("zoo")

BLOCK = 2**20
"""Bytes read at a time."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class PublishedTable:
    """A CSV table at an address, packed by gzip or not.

    columns: some that it has, by which it is known. sha256: of the table unpacked; md5: of the file as it is sent; None
    takes any. key: of the configuration, under which the hashes stand.
    """

    address: str
    columns: Sequence[str]
    sha256: str | None = None
    md5: str | None = None
    key: str = "dataset.origin"

    def retrieve(self, path: Path, client: Client) -> None:
        """Retrieve it into a file, unless it is there; its size is said, and a bar shows how much of it is here.

        Raises ServiceError where the service goes on failing, or has another table by now.
        """
        retrieved(self.address, path, client, self.look)

    def look(self, path: Path) -> bool:
        """Whether the table is dark, which none is. Raises Transient for a damaged file, ServiceError for another."""
        found, first = hashlib.sha256(), b""
        try:
            for block in blocks(path):
                first = first or block
                found.update(block)
        except (OSError, EOFError, zlib.error) as error:
            raise Transient(f"sent a damaged file ({error})") from error
        network.check_sent(first)
        header = first.partition(b"\n")[0].decode("utf-8", "replace").strip().split(",")
        if missing := [name for name in self.columns if name not in header]:
            raise ServiceError(
                f"is a table without {', '.join(missing)} (its first line says '{network.said(','.join(header))}'): "
                "mend the address."
            )
        if self.sha256 not in (None, found.hexdigest()):
            raise other("table", "SHA-256", found.hexdigest(), str(self.sha256), f"{self.key}.sha256")
        refuse_other(path, self.md5, self.key)
        return False


@dataclass(frozen=True)
class PublishedZip:
    """A zip archive at an address. md5: of the file; None takes any. key: of the configuration, where it stands."""

    address: str
    md5: str | None = None
    key: str = "dataset.origin"

    def retrieve(self, path: Path, client: Client) -> None:
        """Retrieve it into a file, as `PublishedTable.retrieve` does."""
        retrieved(self.address, path, client, self.look)

    def look(self, path: Path) -> bool:
        """Whether the archive is dark, which none is. Raises Transient for a damaged file, ServiceError for another."""
        with open(path, "rb") as file:
            network.check_sent(file.read(BLOCK))
        try:
            zipfile.ZipFile(path).close()
        except zipfile.BadZipFile as error:
            raise Transient(f"sent a damaged archive ({error})") from error
        refuse_other(path, self.md5, self.key)
        return False


Published = PublishedTable | PublishedZip


def retrieve(files: Mapping[Path, Published], client: Client) -> None:
    """Retrieve several files, once it has been said how many bytes that takes.

    Raises ServiceError as each of them does, and ZooError where the disk has no room for all.
    """
    announce(files, client)
    for path, file in files.items():
        file.retrieve(path, client)


def announce(files: Mapping[Path, Published], client: Client) -> None:
    """Say how many files and bytes are to come. Raises ZooError where a disk has no room for them."""
    lengths = {path: client.length(file.address) for path, file in files.items()}
    for folder in {path.parent for path in lengths}:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_full(folder, sum(to_come(path, size) for path, size in lengths.items() if path.parent == folder))
    if lengths:
        unknown = "".join(f", and {path.name} of unknown length" for path, size in lengths.items() if size is None)
        volume = sum(to_come(path, size) for path, size in lengths.items()) / 1e6
        log.info("to be retrieved: %d files, %s MB%s", len(lengths), f"{volume:,.1f}", unknown)


def to_come(path: Path, size: int | None) -> int:
    """How many bytes of a file lack. size: of all of it, as far as that is known."""
    return max((size or 0) - arrived(path), 0)


def retrieved(address: str, path: Path, client: Client, look: Callable[[Path], bool]) -> None:
    """Retrieve one file, which people can watch."""
    with watched(path.name) as watch:
        download.retrieve(address, path, client, look, watch)


def refuse_other(path: Path, md5: str | None, key: str) -> None:
    """Raise ServiceError where a file has not the MD5 that is known of it."""
    if md5 is None:
        return
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        raise other("file", "MD5", found, md5, f"{key}.md5")


def other(what: str, kind: str, found: str, known: str, key: str) -> ServiceError:
    """The refusal of what has another hash than is known of it."""
    return ServiceError(
        f"is another {what} than was published: its {kind} is {found} and not {known}; look what has changed, or take "
        f"any with {key}=null."
    )


def blocks(path: Path) -> Iterator[bytes]:
    """The table in a file, unpacked, block by block."""
    with open(path, "rb") as plain:
        packed = plain.read(len(GZIP)) == GZIP
        plain.seek(0)
        with gzip.open(plain) if packed else plain as file:
            while block := file.read(BLOCK):
                yield block


@contextmanager
def watched(name: str) -> Iterator[Watch]:
    """Tells people what is to come and, where they look at a terminal, how far it is."""
    with progress.bar(of_bytes=True) as bar:
        task = bar.add_task(name, total=None, visible=False)

        def watch(here: int, in_all: int | None) -> None:
            if not bar.tasks[task].visible:
                log.info("retrieving %s: %s", name, "nobody says how long it is" if in_all is None else
                         f"{in_all / 1e6:,.1f} MB, of which {in_all / 1e6 - here / 1e6:,.1f} are to come")  # fmt: skip
            bar.update(task, completed=here, total=in_all, visible=True)

        yield watch
