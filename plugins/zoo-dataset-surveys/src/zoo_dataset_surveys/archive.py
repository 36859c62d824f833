"""The images of a survey that some galaxies lie in: retrieved where they are missing, kept in a folder, recorded."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from zoo import atomic
from zoo.errors import DataError, MissingImage, ZooError
from zoo.retrieval import download
from zoo.retrieval.client import Client
from zoo.retrieval.partial_file import Watch
from zoo.retrieval.retry import Retry, ServiceError
from zoo.retrieval.throttle import Throttle
from zoo.retrieval.turn import turn
from zoo_dataset_surveys import body
from zoo_dataset_surveys.ahead import ahead
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.failures import Failures, Outcome, Reason, Record
from zoo_dataset_surveys.halt import Halt
from zoo_dataset_surveys.memory import Memory, Name, name_of
from zoo_dataset_surveys.plan import Plan, planned
from zoo_dataset_surveys.services.addresses import Addresses
from zoo_dataset_surveys.services.catalogue import BATCH, catalogue, numbers
from zoo_dataset_surveys.services.images import Images, images, missing
from zoo_dataset_surveys.services.piece import Piece, without_files
from zoo_dataset_surveys.services.places import Places
from zoo_dataset_surveys.services.tiles import tile_in
from zoo_dataset_surveys.survey import Survey

log = logging.getLogger("zoo")

IN_A_ROW = 20
"""Pieces in a row for which the service failed, after which nothing more is asked of it."""

Group = tuple[Mapping[str, Path | None], list[Target]]
Known = Mapping[Name, Mapping[str, Reason]]
"""Why galaxies lacked bands before: see `Failures.of`."""


@dataclass(frozen=True)
class Archive:
    """Images of a survey in a folder.

    path: the folder; each release of each service has one of its own in it. offline: work with what is there, and ask
    nobody. again: ask also for what failed before, which else stays away, so that the same galaxies are the same data
    today and tomorrow. clock, sleep: how to tell the time, and how to wait.
    """

    survey: Survey
    path: Path
    offline: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    again: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """What it was made of: a copy in another process, which reads and retrieves nothing, goes its own pace."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def bands(self) -> Sequence[str]:
        """The bands, in their order."""
        return tuple(self.survey.bands)

    @property
    def root(self) -> Path:
        """The folder of the release; simulated images never lie beside real ones."""
        service = f"standin_{self.survey.service}" if self.survey.simulated else self.survey.service
        return self.path / service / str(self.survey.release)

    @cached_property
    def record(self) -> Record:
        """What became of the galaxies that this archive was asked for."""
        return Record()

    @property
    def failures(self) -> Failures:
        """What failed of all galaxies that anybody has asked for."""
        return Failures(Memory(self.root))

    def state(self, targets: Iterable[Target]) -> str:
        """A text that changes when other frames may come: what is retrieved, what failed, and what of it came later.

        What is asked for again may come at any time.
        """
        survey = self.survey
        known = [
            (*name, band, reason.code)
            for name, reasons in self.failures.of(targets).items()
            for band, reason in reasons.items()
            if band in self.bands
        ]
        shown = [survey.service, survey.release, self.bands, survey.side, survey.pixel_scale, survey.simulated]
        again = self.again and any(code for *_, code in known) and time.time_ns()
        return repr([*shown, known, self.offline, again])

    def tile(self, file: Path) -> str:
        """The tile of DES that a file is, or that it was cut from, as its address says."""
        note = download.kept(file)
        return tile_in(str(file)) or (tile_in(note.address) if note else "")

    def plan(self, targets: Iterable[Target]) -> Plan:
        """How much there is to do for these galaxies; nothing is asked of anybody."""
        some = [target for target in targets if on_the_sky(target)]
        absent = [(piece, self._absent(piece)) for piece in self._images(self.survey, None).pieces(some)]
        return planned(len(some), absent, self.survey, self.offline)

    def frames(self, targets: Iterable[Target]) -> Iterator[Group]:
        """Groups of galaxies with the files that cover them, by band: None for a band that could not be had.

        Files are retrieved some groups ahead; those that are kept are not asked for. What failed stands in `record`,
        and is remembered.

        One program at a time retrieves into a folder: finish one walk before the next. Raises ServiceError where the
        service has failed for twenty groups in a row.
        """
        targets, outcomes = list(targets), list[Outcome]()
        with turn(self.root):
            try:
                yield from self._retrieved(targets, {} if self.again else self.failures.of(targets), outcomes)
            finally:
                for outcome in outcomes:
                    self.record.add(outcome)
                if not self.offline:
                    self.failures.note(outcomes, self.bands)
                if any(outcome.refusals for outcome in outcomes):
                    log.info("%s so far", self.record)

    def close(self) -> None:
        """Say in the log what failed of the galaxies that were asked for, and write the release's tables.

        `failures.csv` and `losses.csv` are about all galaxies that anybody has asked for so far.
        """
        if not self.offline:
            self.failures.write(self.root)
        for line in self.record.told():
            log.warning(line)

    def _retrieved(self, targets: list[Target], before: Known, outcomes: list[Outcome]) -> Iterator[Group]:
        """The groups; what became of them is added to the outcomes. before: what failed and stays away."""
        halt = Halt(self.sleep)
        with self._opened() as survey, ThreadPoolExecutor(survey.at_once) as pool, halting(halt):
            client = None if self.offline else self._client(survey, halt)
            pieces = self._pieces(targets, survey, client)
            self._sweep({(self.root / path).parent for piece in pieces for path in piece.paths.values()})
            row = list[ServiceError]()
            work = partial(self._files, client=client, before=before, watch=halt.watch)
            for piece, (files, refusals) in ahead(pool, work, pieces, survey.at_once):
                outcomes.append(Outcome(piece.targets, piece.group, refusals))
                row = unbroken(row, refusals, any(files.values()))
                yield files, piece.targets

    def with_measures(self, targets: Sequence[Target], columns: Sequence[str]) -> list[Target]:
        """The galaxies with what the survey's catalogue has of each in these columns, NaN where it has nothing.

        What it said is kept, and not asked for again. Raises ServiceError.
        """
        halt, nothing = Halt(self.sleep), [math.nan] * len(columns)
        with turn(self.root), self._opened() as survey, halting(halt):
            asked = catalogue(survey, None if self.offline else self._client(survey, halt))
            ask = partial(numbers, asked, columns) if asked else None
            found = self._known("_".join(columns)).of(targets, ask, BATCH)
        rows = [dict(zip(columns, row or nothing, strict=True)) for row in found]
        return [one._replace(row={**one.row, **row}) for one, row in zip(targets, rows, strict=True)]

    def _pieces(self, targets: list[Target], survey: Survey, client: Client | None) -> list[Piece]:
        """What the galaxies lie in; those without a position first."""
        lost = [target for target in targets if not on_the_sky(target)]
        pieces = self._images(survey, client).pieces([target for target in targets if on_the_sky(target)])
        why = "Its position is none: mend it, or leave the galaxy out."
        return [without_files("no position", lost, why), *pieces] if lost else pieces

    def _absent(self, piece: Piece) -> list[str]:
        """The bands of a piece whose files are not here."""
        return [band for band, path in piece.paths.items() if not download.kept(self.root / path)]

    def _files(
        self, piece: Piece, client: Client | None, before: Known, watch: Watch
    ) -> tuple[Mapping[str, Path | None], Mapping[str, ZooError]]:
        """The files of a piece by band, and why those that are None are; `before`: what failed."""
        files, refusals = dict[str, Path | None](), dict[str, ZooError]()
        addresses = Addresses(piece, self._absent(piece))
        reasons = [reason for target in piece.targets for reason in before.get(name_of(target), {}).items()]
        known = {band: reason for band, reason in reasons if reason.code}
        for band in self.bands:
            try:
                files[band] = self._file(piece, band, addresses, client, known.get(band), watch)
            except (DataError, ServiceError) as refusal:
                files[band], refusals[band] = None, refusal
        return files, refusals

    def _file(
        self,
        piece: Piece,
        band: str,
        addresses: Addresses,
        client: Client | None,
        known: Reason | None,
        watch: Watch,
    ) -> Path:
        """The file of a band; `known`: why it failed before. Raises MissingImage or ServiceError."""
        path = self.root / piece.paths[band] if band in piece.paths else None
        note = download.kept(path) if path else None
        if note is None and known:
            raise MissingImage(known.what, known.code)
        if path is None:
            raise MissingImage(piece.why)
        if note is None and client is None:
            raise MissingImage(
                f"{path} is not here, and nobody was asked for it: take dataset.download=true, or retrieve it."
            )
        if note.dark if note else is_dark(addresses.of(band), path, client, piece.confirm, watch):
            raise MissingImage(f"{path} is zero all over: the survey has no data there in {band}, leave it out.")
        return path

    @contextmanager
    def _opened(self) -> Iterator[Survey]:
        """The survey with its addresses; offline none of them is needed."""
        if self.offline:
            yield self.survey
        else:
            with self.survey.opened() as survey:
                yield survey

    def _sweep(self, folders: set[Path]) -> None:
        """Remove what dead programs left in these folders, once."""
        for folder in folders - self._swept:
            atomic.sweep(folder)
        self._swept.update(folders)

    @cached_property
    def _swept(self) -> set[Path]:
        """The folders in which that was done."""
        return set()

    @cached_property
    def _throttle(self) -> Throttle:
        """The pace, which all calls share."""
        return Throttle(self.survey.per_second, clock=self.clock, sleep=self.sleep)

    def _client(self, survey: Survey, halt: Halt) -> Client:
        """Asks at the pace of the survey, until it is halted."""
        return Client(self._throttle, Retry(survey.attempts, sleep=halt.sleep), survey.timeout, missing(survey))

    def _images(self, survey: Survey, client: Client | None) -> Images:
        """Where the images are."""
        return images(survey, client, self._known("positions"))

    def _known(self, what: str) -> Places:
        """What the catalogue said before, by what it was asked."""
        return Places(Memory(self.root), what, self.again)


def is_dark(address: str, path: Path, client: Client, confirm: Callable[[], None] | None, watch: Watch) -> bool:
    """Whether a file, which is retrieved, shows nothing; `confirm` as in `Piece`. Raises MissingImage, ServiceError."""
    try:
        return download.retrieve(address, path, client, body.is_dark, watch).dark
    except MissingImage:
        if confirm is None:
            raise
        confirm()
    return download.retrieve(address, path, replace(client, missing=frozenset()), body.is_dark, watch).dark


@contextmanager
def halting(halt: Halt) -> Iterator[None]:
    """Call halt at the end, before threads are waited for."""
    try:
        yield
    finally:
        halt.called.set()


def on_the_sky(target: Target) -> bool:
    """Whether a galaxy has a position."""
    return math.isfinite(target.ra) and math.isfinite(target.dec) and abs(target.dec) <= 90


def unbroken(row: list[ServiceError], refusals: Mapping[str, ZooError], came: bool) -> list[ServiceError]:
    """The failures of the service in a row, after one more piece. came: whether a file of it is there.

    Raises ServiceError where there are too many: what else is missing would fail too.
    """
    failed = [refusal for refusal in refusals.values() if isinstance(refusal, ServiceError)]
    row = [*row, failed[0]] if failed and not came else []
    if len(row) >= IN_A_ROW:
        raise ServiceError(f"The service failed {len(row)} times in a row. At last: {row[-1]}")
    return row
