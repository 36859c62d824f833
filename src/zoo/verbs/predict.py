"""`zoo predict`: a catalogue of predictions, one row per galaxy."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from jaxtyping import Int

from zoo import build, catalogue, datamodule, measurements, progress, provenance
from zoo.catalogue import OK, Catalogue, Column
from zoo.datamodule import Batch
from zoo.dataset import Dataset
from zoo.errors import DataError, Stopped, TooManyFailedRows
from zoo.failures import Failures
from zoo.fit import choices_of, values_of
from zoo.predictor import Answers, Predictor, Worker, refuse_bands, usable
from zoo.run import Run
from zoo.shards import CatalogueWriter
from zoo.stop import Stop

if TYPE_CHECKING:
    from omegaconf import DictConfig

DECIDING = ("split", "tta", "batch_size", "precision", "device")
"""Keys of conf/predict.yaml that decide what the rows hold, to the last bit."""

TOLD = 5
"""How many failed rows are named on stderr; all of them are marked in the catalogue."""


@dataclass(frozen=True)
class Task:
    """What is asked of which model, about which galaxies: `rows` of the data set. `inputs` identify the answers."""

    run: Run
    dataset: Dataset
    rows: Int[np.ndarray, " galaxy"]
    config: Mapping[str, Any]
    inputs: Mapping[str, Any]


class Teller(Protocol):
    """Answers to batches of galaxies, and the columns that they fill."""

    def described(self, known: Sequence[str]) -> list[Column]:
        """The columns of the catalogue; `known`: what the data set knows of its galaxies."""
        ...

    def __call__(self, batch: Batch) -> Answers:
        """The columns of the galaxies of a batch."""
        ...


def main(cfg: DictConfig) -> str:
    """Write the catalogue, or go on with it; prints its folder.

    Raises TooManyFailedRows where it is finished with more failed rows than `failures.limit` allows.
    """
    return written(cfg, task_of(cfg), Path(cfg.out), Predictor)


def task_of(cfg: DictConfig, **contents: str) -> Task:
    """The task of a command line; `contents` name what is asked for, where that is no prediction."""
    from hydra.core.hydra_config import HydraConfig

    datamodule.refuse_nothing({"batch_size": cfg.batch_size, "catalogue.rows_per_shard": cfg.catalogue.rows_per_shard})
    run, choices = Run.open(Path(cfg.run)), choices_of(HydraConfig.get().runtime.choices)
    config = values_of(cfg) | {"device": usable(cfg.device).type}
    dataset = build.prepared_dataset(choices, config)
    return asked(run, choices["dataset"], dataset, config, **contents)


def asked(run: Run, choice: Mapping[str, str], dataset: Dataset, config: Mapping[str, Any], **contents: str) -> Task:
    """A task of which `config` says as much as conf/predict.yaml; `choice`: which data set this is."""
    refuse_bands(dataset, run)
    measurements.attach(dataset, build.augmenter(run.choices, run.config), config["measurements"])
    rows = rows_of(dataset, config["split"])
    galaxies = provenance.galaxies(choice, dataset, rows)
    inputs = contents | provenance.inputs(run, galaxies, config, DECIDING)
    credits = {key: value for key, value in dataset.credits.items() if value}
    return Task(run, dataset, rows, config, inputs | ({"credits": credits} if credits else {}))


def written(cfg: DictConfig, task: Task, out: Path, teller: Callable[[Worker], Teller]) -> str:
    """Write the answers as a catalogue, or go on with it, and in the chosen format; prints the folder.

    Raises TooManyFailedRows as `main` does.
    """
    from hydra.core.hydra_config import HydraConfig

    writer = filled(task, out, teller)
    name = HydraConfig.get().runtime.choices["format"]
    build.part("format", name, task.config["format"], catalogue=Catalogue(out), dataset=task.dataset)
    tell(writer)
    print(out)
    refuse_failures(writer, cfg.failures.limit)
    return str(out)


def filled(task: Task, out: Path, teller: Callable[[Worker], Teller]) -> CatalogueWriter:
    """The writer of the task's catalogue, when every shard is there."""
    ids, per_shard = task.dataset.table["object_id"].array[task.rows], task.config["catalogue"]["rows_per_shard"]
    writer = CatalogueWriter(out, ids, per_shard, task.inputs)
    if not writer.begin():
        fill(writer, task, teller)
    return writer


def rows_of(dataset: Dataset, split: str | Sequence[str]) -> Int[np.ndarray, " galaxy"]:
    """The rows of a split, of several, or of `all`, in the order of the table. Raises DataError for one without any."""
    names, column = [split] if isinstance(split, str) else list(split) or ["[]"], dataset.table["split"]
    for name in names:
        if name != "all" and not (column == name).any():
            found = ", ".join(f"{number} {name}" for name, number in column.value_counts().items())
            raise DataError(
                f"None of the {len(dataset)} galaxies has split={name} (there are {found}): or take split=all."
            )
    return np.flatnonzero(column.isin(names) | ("all" in names))


def fill(writer: CatalogueWriter, task: Task, teller: Callable[[Worker], Teller]) -> None:
    """Ask about the missing shards and write them. Batches never straddle shards: a shard is always the same."""
    dataset, config = task.dataset, task.config
    told = teller(Worker(build.load_model(task.run), config["device"], config["precision"], config["tta"]))
    known = catalogue.known_in(dataset.table.columns)
    writer.describe(told.described(known))
    if writer.shards:
        print(f"going on behind {len(writer.shards)} of {writer.num_shards} shards", file=sys.stderr)
    size, missing = config["batch_size"], [(number, task.rows[writer.rows(number)]) for number in writer.missing()]
    batches = (batch for _, own in missing for batch in datamodule.in_order(own.tolist(), size))
    loader = datamodule.loader(dataset, batches, tolerant=True, **datamodule.reading(config))
    failures = Failures(len(task.rows), **config.get("failures", {}))
    answers = predicted(told, loader, sum(len(own) for _, own in missing), failures)
    for number, own in missing:
        failures.row = writer.failed_before(number)
        writer.write(
            number, shard(dataset.table.iloc[own][[*known, "split"]], list(islice(answers, -(-len(own) // size))))
        )
    writer.finish()


def predicted(teller: Teller, batches: Iterable[Batch], total: int, failures: Failures) -> Iterator[Answers]:
    """The answers to each batch, behind a progress bar. Raises Stopped behind the batch in which a signal came.

    Raises DataError where too many images in a row cannot be used: the shards before stay.
    """
    stop, told = Stop(), 0
    stop.watch()
    try:
        with progress.bar() as bar:
            task = bar.add_task("predicting", total=total)
            for batch in batches:
                failures.note_batch(batch.object_id, batch.failures)
                yield teller(batch)
                bar.advance(task, len(batch.object_id))
                for _, what in list(batch.failures.values())[: TOLD - told]:
                    bar.console.print(printable(what), markup=False, highlight=False)
                    told += 1
                refuse_signal(stop)
    finally:
        stop.release()


def refuse_signal(stop: Stop) -> None:
    """Raise what a signal asks for."""
    if stop.signal == signal.SIGINT:
        raise KeyboardInterrupt
    if stop.signal is not None:
        raise Stopped("Stopped by a signal; the finished shards are kept: repeat the command to go on.")


def printable(text: str) -> str:
    """A text without the characters that steer terminals, as an id or file name may hold."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def shard(table: pd.DataFrame, answers: list[Answers]) -> dict[str, Any]:
    """The columns of a shard: the answers to its batches, and what the table knows of its rows."""
    columns = {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
    return columns | {name: values.to_numpy() for name, values in table.items()}


def tell(writer: CatalogueWriter) -> None:
    """Say on stderr what there is now, and how to read it."""
    counts = ", ".join(f"{number} {status}" for status, number in sorted(writer.statuses().items()))
    reading = f"from zoo.catalogue import Catalogue; print(Catalogue('{writer.folder}').to_pandas())"
    print(f'{writer.folder} is complete: {counts}\nnext: python -c "{reading}"', file=sys.stderr)


def refuse_failures(writer: CatalogueWriter, limit: float) -> None:
    """Raise TooManyFailedRows if more than this share of the rows is not ok."""
    counts = writer.statuses()
    bad = counts.total() - counts[OK]
    if bad > limit * counts.total():
        raise TooManyFailedRows(
            f"{writer.folder} is finished, but {bad} of {counts.total()} rows are not ok, more than "
            f"failures.limit={limit}: their status and error_code say why; mend the images and choose a new out=…, or "
            "raise the limit."
        )
