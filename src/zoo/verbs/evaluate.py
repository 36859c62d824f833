"""`zoo evaluate`: how good a trained model is on labelled galaxies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from zoo import atomic, build, datamodule, evaluation, measurements, metrics, provenance, scores
from zoo.dataset import Dataset
from zoo.errors import Incompatible
from zoo.failures import Failures
from zoo.fit import choices_of, values_of
from zoo.predictor import refuse_bands, usable
from zoo.run import Run
from zoo.schema import Classes, Schema

if TYPE_CHECKING:
    from omegaconf import DictConfig

DECIDING = ("split", "tta", "batch_size", "device", "seed", "resamples")
"""Keys of conf/evaluate.yaml that decide what the file holds."""


def main(cfg: DictConfig) -> str:
    """Measure, show a table, and write `evaluations/<dataset>-<split>-<hash>.json` in the run folder; prints its path.

    The baseline is the best constant prediction for the galaxies that the run was trained on. Raises Incompatible where
    the labels have other names than those of the run, and DataError where the split has none.
    """
    from hydra.core.hydra_config import HydraConfig

    run, choices = Run.open(Path(cfg.run)), choices_of(HydraConfig.get().runtime.choices)
    config = values_of(cfg) | {"device": usable(cfg.device).type}
    path, result = measured(run, choices["dataset"], build.prepared_dataset(choices, config), config)
    scores.show(result, f"{run.folder.name}: {choices['dataset']['name']}, {cfg.split}")
    print(path)
    return str(path)


def measured(
    run: Run, choice: Mapping[str, str], dataset: Dataset, config: Mapping[str, Any]
) -> tuple[Path, dict[str, Any]]:
    """Measure a run, and write the result. `choice`: which dataset; `config`: as conf/evaluate.yaml has it."""
    refuse_bands(dataset, run)
    measurements.attach(dataset, build.augmenter(run.choices, run.config), config["measurements"])
    refuse_schema(dataset.schema, run.schema)
    split, seed = config["split"], config["seed"]
    rows = evaluation.labelled_rows(dataset, split)
    model = build.load_model(run).to(config["device"])
    failures = Failures(len(rows), **config.get("failures", {}))
    reading = datamodule.reading(config) | {"tta": config["tta"], "failures": failures}
    predicted, labels = evaluation.predictions(model, dataset, rows, config["batch_size"], **reading)
    left_out, rows = list(failures.found), failures.without(rows, dataset)
    target, baseline = matched(labels, dataset.schema, run.schema), np.asarray(run.description["baseline"])
    variance = variance_of(dataset, rows, run.schema)
    found = metrics.summarise(model.head.metrics, predicted, target, baseline, config["resamples"], seed, variance)
    result = {"metrics": found, "n": len(rows), "split": split} | ({"left_out": left_out} if left_out else {})
    galaxies = provenance.galaxies(choice, dataset, rows)
    return write(run, result, provenance.inputs(run, galaxies, config, DECIDING)), result


def refuse_schema(given: Schema, wanted: Schema) -> None:
    """Raise Incompatible, naming the difference, if labels are of another kind or have other names than the run's."""
    if given.kind != wanted.kind:
        raise Incompatible(
            f"The run answers with {wanted.kind}, the labels of the data set are {given.kind}: choose another "
            "dataset.schema or another data set."
        )
    missing, surplus = sorted({*wanted.columns} - {*given.columns}), sorted({*given.columns} - {*wanted.columns})
    if missing or surplus:
        raise Incompatible(
            "The labels of the data set are not those of the run (only in the run: "
            f"{', '.join(missing[:5]) or 'none'}; only in the data set: {', '.join(surplus[:5]) or 'none'}): choose a "
            "data set whose labels have these names."
        )


def matched(labels: Shaped[Tensor, "galaxy ..."], given: Schema, wanted: Schema) -> Shaped[Tensor, "galaxy ..."]:
    """Labels in the run's order of answers or classes, by name."""
    if isinstance(given, Classes):
        numbers = [wanted.columns.index(name) for name in given.columns]
        return torch.tensor([*numbers, -1])[labels]  # the last one is what -1, no label, picks
    return labels[:, [given.columns.index(name) for name in wanted.columns]]


def variance_of(dataset: Dataset, rows: Sequence[int], wanted: Schema) -> Float[np.ndarray, "galaxy column"] | None:
    """The part of the labels' variance that is due to the number of volunteers, in the run's order of answers."""
    if dataset.label_variance is None:
        return None
    return dataset.label_variance[rows][:, [dataset.schema.columns.index(name) for name in wanted.columns]]


def write(run: Run, result: Mapping[str, Any], inputs: Mapping[str, Any]) -> Path:
    """Write the result beside what it was computed from; the same inputs give the same file."""
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:8]
    folder = run.folder / "evaluations"
    folder.mkdir(exist_ok=True)
    path = folder / f"{inputs['dataset']['name']}-{inputs['split']}-{digest}.json"
    atomic.write_json(path, {**result, "inputs": inputs})
    return path
