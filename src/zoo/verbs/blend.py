"""`zoo blend`: several catalogues of the same galaxies become one."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from zoo import atomic, blend, blend_labels, blend_weights, build, datamodule, members, progress, provenance
from zoo.blend_labels import Labels
from zoo.catalogue import Catalogue
from zoo.classification import classes_of, of_blend
from zoo.dataset import Dataset
from zoo.errors import DataError, ZooError
from zoo.fit import choices_of, values_of
from zoo.member import Ids, Member
from zoo.shards import CatalogueWriter
from zoo.stop import Stop
from zoo.verbs.predict import refuse_failures, refuse_signal, tell

if TYPE_CHECKING:
    from omegaconf import DictConfig

Weights = Float[np.ndarray, "catalogue answer"]
WEIGHTS, REPORT = "weights.csv", "blend.json"

FEW = 10
"""Galaxies for each weight below which a fit is mostly noise."""


def main(cfg: DictConfig) -> str:
    """Write the blended catalogue, or go on with it, with `weights.csv` and `blend.json`; prints its folder.

    Raises ZooError for what cannot be blended before anything is written, and TooManyFailedRows where more rows are not
    ok than `failures.limit` allows.
    """
    from hydra.core.hydra_config import HydraConfig

    if cfg.kind not in blend_weights.KINDS:
        raise ZooError(f"kind={cfg.kind} is unknown: choose one of {', '.join(blend_weights.KINDS)}.")
    datamodule.refuse_nothing({"catalogue.rows_per_shard": cfg.catalogue.rows_per_shard})
    names, out = HydraConfig.get().runtime.choices, Path(cfg.out)
    blended = members.opened([Path(str(folder)) for folder in cfg.catalogues])
    dataset = dataset_of(cfg, names.get("dataset"))
    labels = None if dataset is None else labelled(cfg, names["dataset"], dataset, blended)
    weights = weights_of(cfg, labels, blended)
    inputs = inputs_of(cfg, labels, blended, weights)
    writer = CatalogueWriter(out, Ids(blended[0]), cfg.catalogue.rows_per_shard, inputs, unique=True)
    if not writer.begin():
        fill(writer, blended, weights)
    report(cfg, labels, blended, weights)
    build.part("format", names["format"], values_of(cfg)["format"], catalogue=Catalogue(out), dataset=dataset)
    tell(writer)
    print(out)
    refuse_failures(writer, cfg.failures.limit)
    return str(out)


def dataset_of(cfg: DictConfig, name: str | None) -> Dataset | None:
    """The chosen data set, None where none is and none is needed. Raises ZooError for weights without labels."""
    if name:
        return build.prepared_dataset(choices_of({"dataset": name}), values_of(cfg))
    if cfg.kind == "uniform":
        return None
    raise ZooError(
        f"kind={cfg.kind} needs labels, and the catalogues do not say from which data set they were predicted: add "
        "dataset=… or run=…, or take kind=uniform.",
        "E-BLEND-LABELS",
    )


def labelled(cfg: DictConfig, name: str, dataset: Dataset, blended: Sequence[Member]) -> Labels | None:
    """The labels of the catalogues' galaxies. Raises DataError where there are none, but for the mean says so only."""
    from zoo import evaluation

    try:
        rows = evaluation.labelled_rows(dataset, cfg.split)
        source = provenance.galaxies(choices_of({"dataset": name})["dataset"], dataset, rows)
        found = blend_labels.labels(blended, dataset, rows, cfg.seed, source | {"split": cfg.split, "seed": cfg.seed})
    except DataError as error:
        if cfg.kind != "uniform":
            raise
        print(f"the blend is not measured: {error}", file=sys.stderr)
        return None
    if not blend_labels.predicted_from(blended, source):
        print("the data set is not exactly the one predicted: labels are joined by object_id alone", file=sys.stderr)
    return found


def weights_of(cfg: DictConfig, labels: Labels | None, blended: Sequence[Member]) -> Weights:
    """A weight per catalogue and answer, in the order of the catalogue's columns.

    Columns that are no answers of the labels get the shared weights, or equal ones where each answer has its own.
    """
    answers = blended[0].answers
    weights = blend_weights.uniform(len(blended), len(answers))
    if labels is not None:
        known = labels.predictions[:, labels.fitted], labels.truth[labels.fitted]
        found = blend_weights.fitted(cfg.kind, *known, cfg.seed)
        warn_of_few(cfg.kind, labels.fitted.sum(), len(blended))
        weights[:] = found[:, :1] if cfg.kind == "shared" else weights
        weights[:, [answers.index(name) for name in labels.schema.columns]] = found
    return weights


def warn_of_few(kind: str, galaxies: int, catalogues: int) -> None:
    """Say so where weights follow the noise of a handful of galaxies."""
    if kind != "uniform" and galaxies < FEW * catalogues:
        print(
            f"the weights of {catalogues} catalogues are fitted to {galaxies} galaxies only and may follow their noise:"
            " compare with the mean in blend.json",
            file=sys.stderr,
        )


def inputs_of(cfg: DictConfig, labels: Labels | None, blended: Sequence[Member], weights: Weights) -> dict[str, Any]:
    """From what the blend is computed, as far as it decides its rows; `blend.json` tells all of the catalogues."""
    fits = labels is not None and cfg.kind != "uniform"
    return {
        "blend": {"kind": cfg.kind, "weights": hashlib.sha256(weights.astype("<f8").tobytes()).hexdigest()},
        "catalogues": blend.lineage(blended),
        "dataset": blended[0].inputs.get("dataset", {}),
        **{key: blended[0].inputs[key] for key in ("credits",) if key in blended[0].inputs},
        **({"labels": labels.source} if fits else {}),
        "versions": {name: version(name) for name in ("galaxy-model-zoo", *(["scipy"] if fits else []))},
    }


def fill(writer: CatalogueWriter, blended: Sequence[Member], weights: Weights) -> None:
    """Write the missing shards, each from the same rows of all catalogues. Raises Stopped behind one if asked to."""
    answers, missing, stop = blended[0].answers, writer.missing(), Stop()
    columns = blended[0].catalogue.columns
    classes = classes_of(columns)
    writer.describe(of_blend(columns, [member.fingerprint for member in blended]))
    stop.watch()
    try:
        for number in progress.track(missing, "blending", len(missing)):
            rows = writer.rows(number)
            tables = [member.rows(rows.start, rows.stop) for member in blended]
            writer.write(number, blend.rows(tables, answers, weights, classes))
            refuse_signal(stop)
    finally:
        stop.release()
    writer.finish()


def report(cfg: DictConfig, labels: Labels | None, blended: Sequence[Member], weights: Weights) -> None:
    """Write the weights, and how good the blend is where there are labels, which is shown on stderr."""
    names, out, answers = [member.name for member in blended], Path(cfg.out), blended[0].answers
    kept = {member.name: member.inputs for member in sorted(blended, key=lambda member: member.name)}
    found: dict[str, Any] = {"kind": cfg.kind, "catalogues": kept}
    if labels is not None:
        from zoo import blend_scores

        own = weights[:, [answers.index(name) for name in labels.schema.columns]]
        measured = blend_scores.measured(labels, own, names, cfg.resamples, cfg.seed)
        broken = blend_scores.violations_in(Catalogue(out), labels.schema)
        found |= {"labels": labels.source, **measured, "violations": broken}
        blend_scores.show(
            measured, cfg.kind, {} if cfg.kind == "per_answer" else dict(zip(names, own[:, 0], strict=True))
        )
        print(f"{broken} galaxies of the blend break the sums of their labels", file=sys.stderr)
    table = blend_weights.table(cfg.kind, weights, names, [member.fingerprint for member in blended], answers)
    for name, text in ((WEIGHTS, table), (REPORT, atomic.as_json(found))):
        with atomic.replacing(out / name, same_stays=True) as file:
            file.write(text.encode())
