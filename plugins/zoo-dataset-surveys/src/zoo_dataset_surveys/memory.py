"""What an archive remembers of galaxies: what catalogues said of their places, and what became of each.

It is a database in the archive's folder, so that what a galaxy costs does not grow with how many are known already.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import ZooError
from zoo.retrieval.turn import turn
from zoo_dataset_surveys.cutter import Target

Name = tuple[str, str]
"""A galaxy by its position and its id: tables of other galaxies may have the same ids."""

COLUMNS = ("position", "object_id", "group", "band", "code", "what")
"""Those of the CSV files of earlier versions."""

VERSION = 1
TABLES = (
    "CREATE TABLE answers (question, position, answer, PRIMARY KEY (question, position)) WITHOUT ROWID",
    'CREATE TABLE galaxies (position, object_id, "group", PRIMARY KEY (position, object_id)) WITHOUT ROWID',
    "CREATE TABLE refusals (position, object_id, band, code, what, PRIMARY KEY (position, object_id, band)) "
    "WITHOUT ROWID",
    'CREATE VIEW failures AS SELECT object_id, position, "group", band, code, what '
    "FROM refusals JOIN galaxies USING (position, object_id) WHERE code <> ''",
    'CREATE VIEW losses AS SELECT "group", COUNT(*) AS galaxies, SUM(lost) AS lost, AVG(lost) AS rate FROM ('
    'SELECT "group", EXISTS (SELECT 1 FROM refusals AS one WHERE one.position = galaxies.position '
    "AND one.object_id = galaxies.object_id AND code <> '') AS lost FROM galaxies) GROUP BY \"group\"",
)
"""What was answered, as JSON; the galaxies that were asked for; and why they lack bands, blank for what came later."""


@dataclass(frozen=True)
class Memory:
    """The memory of the archive in a folder, begun with what an earlier version of zoo left there."""

    root: Path

    @property
    def path(self) -> Path:
        """The file of the database."""
        return self.root / "memory" / "archive.sqlite"

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The database, for this program alone: what is written in the block is kept whole, after an error not at all.

        Where the file system knows no locks, let one program at a time write. In a folder that cannot be written it is
        there to be read. Raises ZooError where the file is damaged, of a later version, or cannot be written.
        """
        with ExitStack() as stack:
            with usable(self.path, OSError, sqlite3.Error):
                if self.root.is_dir() and not os.access(self.root, os.W_OK):
                    database = stack.enter_context(closing(self.shown()))
                else:
                    stack.enter_context(turn(self.path.parent))
                    database = stack.enter_context(closing(connected(self.path, "nolock=1")))  # turn has a lock
                database.execute("BEGIN")
                self.begun(database)
            with usable(self.path, sqlite3.Error):
                yield database
                database.execute("COMMIT")

    def shown(self) -> sqlite3.Connection:
        """The database of somebody else's folder, as it is; an empty one where there is none."""
        return connected(self.path, "mode=ro&immutable=1") if self.path.is_file() else connected()

    def begun(self, database: sqlite3.Connection) -> None:
        """Make the tables of a new database. Raises ZooError for one of a later version."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ZooError(
                f"{self.path} was written by a later version of zoo: pip install -U zoo-dataset-surveys, or name "
                "another folder with dataset.frames=DIR.",
                "E-ARCHIVE",
            )
        if version < VERSION:
            begin(database, self.root)


def connected(path: Path | None = None, how: str = "") -> sqlite3.Connection:
    """A connection to the database in a file, or to one that is only in memory."""
    address = f"{path.absolute().as_uri()}?{how}" if path else ":memory:"
    return sqlite3.connect(address, uri=True, isolation_level=None)


@contextmanager
def usable(path: Path, *kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds into a ZooError that names the database."""
    try:
        yield
    except kinds as error:
        raise ZooError(
            f"{path} cannot be used ({error}): make room, name a folder of your own with dataset.frames=DIR or, if "
            "the file is damaged, remove it; what it knew is then asked for again.",
            "E-ARCHIVE",
        ) from error


def begin(database: sqlite3.Connection, root: Path) -> None:
    """Make the tables, with what files of earlier versions say."""
    for table in TABLES:
        database.execute(table)
    for path in root.glob("*.json"):
        with readable(path):
            answers = dict(json.loads(path.read_text(encoding="utf-8")))
        rows = ((path.stem, place, json.dumps(answer)) for place, answer in answers.items())
        database.executemany("INSERT INTO answers VALUES (?, ?, ?)", rows)
    asked, failed = rows_of(root / "galaxies.csv"), rows_of(root / "failures.csv")
    database.executemany("INSERT OR REPLACE INTO galaxies VALUES (:position, :object_id, :group)", [*asked, *failed])
    database.executemany("INSERT OR REPLACE INTO refusals VALUES (:position, :object_id, :band, :code, :what)", failed)
    database.execute(f"PRAGMA user_version = {VERSION}")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, blank where it has no such column; none where it is absent."""
    if not path.is_file():
        return []
    with readable(path), open(path, encoding="utf-8", newline="") as file:
        return [dict.fromkeys(COLUMNS, "") | row for row in csv.DictReader(file, restval="")]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what is raised about a damaged file of an earlier version into a ZooError that names it."""
    try:
        yield
    except (TypeError, ValueError, csv.Error) as error:
        raise ZooError(
            f"{path} of an earlier version of zoo cannot be read ({error}): remove it; what it knew is then asked for "
            "again.",
            "E-ARCHIVE",
        ) from error


def name_of(target: Target) -> Name:
    """A galaxy as a memory names it."""
    return position(target), target.object_id


def position(target: Target) -> str:
    """A position as text, to 0.04 arcsec."""
    return f"{target.ra:.5f}{target.dec:+.5f}"
