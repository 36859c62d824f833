"""`zoo data`: make a data set ready, verify it, show what is in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo import build, fit, label_words, listing, measurements
from zoo.dataset import SPLITS, Dataset, all_targets, label_mask, problems
from zoo.errors import DataError, ZooError
from zoo.run import relative
from zoo.schema import Classes, Schema, VoteCounts, VoteFractions
from zoo.stop import stoppable

if TYPE_CHECKING:
    from omegaconf import DictConfig


def prepare(cfg: DictConfig) -> None:
    """Make all files of the dataset ready, and print how many galaxies each split has. Raises Stopped by SIGTERM."""
    with stoppable("The preparation"):
        show_splits(prepared(cfg))


def verify(cfg: DictConfig) -> None:
    """Print one line per problem of the data set, or of a `submission` for it. Raises DataError if there is any.

    Images that look alike are no problem: they are listed behind, unless `quick` or `look_alikes=false`.
    """
    dataset = prepared(cfg)
    if cfg.submission:
        verify_submission(dataset, Path(cfg.submission))
        return
    found = problems(dataset, quick=cfg.quick)
    for problem in found:
        print(problem)
    if cfg.look_alikes and not cfg.quick:
        list_look_alikes(dataset)
    if found:
        raise DataError(f"{len(found)} problems in {len(dataset)} galaxies: mend or leave out the rows listed.")
    print(f"no problem in {len(dataset)} galaxies", file=sys.stderr)


def list_look_alikes(dataset: Dataset) -> None:
    """Print one line per pair of galaxies that look alike, those of two splits first."""
    from zoo import look_alikes

    ids, splits = (dataset.table[name].array for name in ("object_id", "split"))
    found = look_alikes.of(dataset)
    for pair in sorted(found, key=lambda pair: splits[pair.one] == splits[pair.other]):
        one, other = (f"{ids[row]} ({splits[row]})" for row in (pair.one, pair.other))
        print(f"{one} and {other} look alike: distance {pair.distance:.3f}")
    if found:
        print(f"{len(found)} pairs of galaxies look alike: see whether one of each should be left out", file=sys.stderr)


def verify_submission(dataset: Dataset, path: Path) -> None:
    """Print one line per problem of a file of predictions. Raises DataError if there is any."""
    found = list(dataset.verify_submission(path))
    for problem in found:
        print(problem)
    if found:
        raise DataError(f"{len(found)} problems in {path}: mend what is listed, or write the file anew.")
    print(f"no problem in {path}", file=sys.stderr)


def show(cfg: DictConfig) -> None:
    """Print counts by split, then counts or means by label; `out` names a picture of some galaxies to write."""
    if cfg.split not in (*SPLITS, "all"):
        raise ZooError(f"There is no split {cfg.split}: choose one of {', '.join(SPLITS)}, all.")
    dataset = prepared(cfg)
    show_splits(dataset)
    print()
    show_labels(dataset)
    if cfg.out:
        draw(dataset, cfg.split, cfg.galaxies, Path(cfg.out))
        print(f"\n{relative(Path(cfg.out))}")


def prepared(cfg: DictConfig) -> Dataset:
    """The dataset of a configuration, ready to be read; what it has to report is said on stderr."""
    from hydra.core.hydra_config import HydraConfig

    dataset = build.prepared_dataset(fit.choices_of(HydraConfig.get().runtime.choices), fit.values_of(cfg))
    for line in dataset.report():
        print(line, file=sys.stderr)
    return dataset


def recentre(cfg: DictConfig) -> None:
    """Measure every galaxy as the augmenter asks, and print the path of the table: `out`, else a file of the cache."""
    from hydra.core.hydra_config import HydraConfig

    choices, dataset = fit.choices_of(HydraConfig.get().runtime.choices), prepared(cfg)
    measurement = build.augmenter(choices, fit.values_of(cfg)).measurement
    if measurement is None:
        raise ZooError(
            f"augmenter={choices['augmenter']['name']} as it is set measures nothing: take augmenter.recentre=gen2 or "
            "gen1."
        )
    path, table = measurements.measured(dataset, measurement)
    if cfg.out:
        path = Path(cfg.out)
        measurements.write(path, table, measurement)
    listing.show(("measured", "galaxies", "5 %", "median", "95 %"), measurements.summary(table, measurement))
    print(f"\n{relative(path)}")


def show_splits(dataset: Dataset) -> None:
    """Print the galaxies, and those with a label, of each split."""
    labelled = label_mask(all_targets(dataset))
    splits = dataset.table["split"].to_numpy()
    names = [*SPLITS, *sorted(set(splits) - set(SPLITS))]
    rows = [(name, (splits == name).sum(), labelled[splits == name].sum()) for name in names]
    listing.show(("split", "galaxies", "labelled"), [*rows, ("all", len(dataset), labelled.sum())])


def show_labels(dataset: Dataset) -> None:
    """Print a row per class or answer: how many galaxies of each split are of it, or the mean."""
    targets, splits = all_targets(dataset), dataset.table["split"].to_numpy()
    numbers = [summary(dataset.schema, targets[splits == split]) for split in SPLITS]
    rows = [(name, *values) for name, values in zip(described(dataset.schema), zip(*numbers, strict=True), strict=True)]
    listing.show((heading(dataset.schema), *SPLITS), rows)


def heading(schema: Schema) -> str:
    """What the numbers of `summary` are."""
    kinds = {"classes": "class (galaxies)", "fractions": "answer (mean fraction)", "votes": "answer (share of votes)"}
    return kinds.get(schema.kind, "quantity (mean)")


def summary(schema: Schema, targets: np.ndarray) -> list[str]:
    """One number per column of the schema: a count of galaxies for classes, else the mean."""
    if not len(targets):
        return ["-"] * len(schema.columns)
    if isinstance(schema, Classes):
        return [str((targets == k).sum()) for k in range(len(schema.names))]
    return [f"{value:.3f}" for value in schema.baseline(targets)]


def described(schema: Schema) -> list[str]:
    """The columns of a schema, answers with their words."""
    if not isinstance(schema, VoteFractions | VoteCounts):
        return list(schema.columns)
    words = [label for question in schema.questions for label in question.labels or ("",) * len(question.answers)]
    return [f"{answer} {label}".strip() for answer, label in zip(schema.columns, words, strict=True)]


def draw(dataset: Dataset, split: str, wanted: int, path: Path) -> None:
    """Write a sheet of galaxies, evenly spaced among those of the split. Raises DataError for an empty split."""
    from zoo import pictures

    rows = np.arange(len(dataset)) if split == "all" else np.flatnonzero(dataset.table["split"] == split)
    if not len(rows):
        raise DataError(f"The split {split} has 0 galaxies: choose another split.")
    chosen = [dataset[int(row)] for row in rows[np.linspace(0, len(rows) - 1, min(wanted, len(rows))).astype(int)]]
    captions = [f"{one.object_id}\n{label_words.of(dataset.schema, np.asarray(one.target))}" for one in chosen]
    pictures.contact_sheet([one.image.numpy() for one in chosen], captions, path)
