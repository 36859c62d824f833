"""Tables of labels where they are published: retrieved once, whole, and compared with what they are known to be."""

from __future__ import annotations

import gzip
import hashlib
import logging
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zoo import progress
from zoo_dataset_surveys import download
from zoo_dataset_surveys.body import check_sent
from zoo_dataset_surveys.client import Client
from zoo_dataset_surveys.network import said
from zoo_dataset_surveys.partial_file import Watch
from zoo_dataset_surveys.retry import ServiceError, Transient

log = logging.getLogger("zoo")

BLOCK = 2**20
"""Bytes read at a time."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class PublishedTable:
    """A CSV table at an address, packed by gzip or not.

    columns: some that it has, by which it is known. sha256: of the table unpacked; None takes any with these columns.
    """

    address: str
    columns: Sequence[str]
    sha256: str | None = None

    def retrieve(self, path: Path, client: Client) -> None:
        """Retrieve it into a file, unless it is there; its size is said, and a bar shows how much of it is here.

        Raises ServiceError where the service goes on failing, or has another table by now.
        """
        with watched(path.name) as watch:
            download.retrieve(self.address, path, client, self.look, watch)

    def look(self, path: Path) -> bool:
        """Whether the table is dark, which none is. Raises Transient for a damaged file, ServiceError for another."""
        found, first = hashlib.sha256(), b""
        try:
            for block in blocks(path):
                first = first or block
                found.update(block)
        except (OSError, EOFError, zlib.error) as error:
            raise Transient(f"sent a damaged file ({error})") from error
        check_sent(first)
        header = first.partition(b"\n")[0].decode("utf-8", "replace").strip().split(",")
        if missing := [name for name in self.columns if name not in header]:
            raise ServiceError(
                f"is a table without {', '.join(missing)} (its first line says '{said(','.join(header))}'): mend the "
                "address."
            )
        if self.sha256 not in (None, found.hexdigest()):
            raise ServiceError(
                f"is another table than was published: its SHA-256 is {found.hexdigest()} and not {self.sha256}; look "
                "what has changed, or take any with dataset.origin.sha256=null."
            )
        return False


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
