"""A trained model at work: batches of galaxies in, catalogue columns out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from zoo import catalogue, environment
from zoo.catalogue import FAILED, NON_FINITE, OK, Column
from zoo.classification import classified
from zoo.datamodule import Batch
from zoo.dataset import Dataset
from zoo.errors import Incompatible, ZooError
from zoo.model import GalaxyModel
from zoo.run import Run
from zoo.schema import Classes

Answers = dict[str, Sequence[Any]]
"""Columns of a catalogue by name, for the galaxies of one batch."""

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Worker:
    """A model in eval mode on its device, which is asked about one batch after the other.

    device: `auto` (the GPU where there is one), `cpu` or `cuda`. precision: `float32`, or `bfloat16` where speed counts
    more than the third digit. tta: `none`, or a grid of the augmenter.
    """

    def __init__(self, model: GalaxyModel, device: str, precision: str, tta: str):
        if precision not in PRECISIONS:
            raise ZooError(f"precision={precision} is unknown: choose {' or '.join(PRECISIONS)}.")
        if tta != "none":
            model.augmenter.grid(tta)
        self.device, self.precision, self.tta = usable(device), PRECISIONS[precision], tta
        self.model = model.to(self.device).eval()

    @torch.inference_mode()
    def of_nothing(self, ask: Callable[[Float[Tensor, "galaxy feature"]], Any]) -> Any:
        """What is answered to features that are zero, which tells how many numbers there will be."""
        return ask(torch.zeros(1, self.model.backbone.num_features, device=self.device))

    @torch.inference_mode()
    def numbers(
        self, ask: Callable[..., Float[Tensor, "galaxy number"]], batch: Batch, width: int
    ) -> Float32[np.ndarray, "galaxy number"]:
        """The numbers that `ask(images, tta, measured)` has for a batch; NaN for a galaxy without usable image."""
        values = np.full((len(batch.object_id), width), np.nan, np.float32)
        if len(batch.failures) < len(batch.object_id):
            reduced = self.precision != torch.float32
            with torch.autocast(self.device.type, self.precision, enabled=reduced):
                found = ask(batch.images.to(self.device), self.tta, batch.measured)
            values[:] = found.float().cpu().numpy()
            values[list(batch.failures)] = np.nan
        return values


class Predictor:
    """Predictions of the model's head. columns: their names."""

    def __init__(self, worker: Worker):
        self.worker, self.model = worker, worker.model
        head = self.model.head
        self.columns = list(worker.of_nothing(lambda features: head.predict(head(features))))

    def described(self, known: Sequence[str]) -> list[Column]:
        """The columns of the catalogue; `known`: what the data set knows of its galaxies."""
        head = self.model.head
        return catalogue.columns(head.schema, self.columns, known, head.descriptions())

    def __call__(self, batch: Batch) -> Answers:
        """Ids, predictions, status and error code of a batch; a galaxy without usable image has NaN everywhere."""
        values = self.worker.numbers(self._predictions, batch, len(self.columns))
        columns = dict(zip(self.columns, values.T, strict=True))
        return {"object_id": batch.object_id, **columns, **self._classes(columns), **marks(values, batch)}

    def _classes(self, columns: Mapping[str, Float32[np.ndarray, " galaxy"]]) -> Answers:
        """The columns that follow from probabilities of classes; none for other labels."""
        schema = self.model.head.schema
        if not isinstance(schema, Classes):
            return {}
        return classified(np.stack([columns[name] for name in schema.columns], axis=1), schema.columns)

    def _predictions(self, *asked: Any) -> Float[Tensor, "galaxy column"]:
        found = self.model.predict(*asked)
        return torch.stack([found[name].float() for name in self.columns], dim=1)


def marks(values: Float32[np.ndarray, "galaxy number"], batch: Batch) -> Answers:
    """The status of each row of numbers, and the code of what is wrong with it."""
    failed = list(batch.failures)
    status = np.where(np.isfinite(values).all(axis=1), OK, NON_FINITE).astype(object)
    status[failed] = FAILED
    codes = {OK: "", NON_FINITE: "E-NONFINITE"}
    errors = [batch.failures[k][0] if k in batch.failures else codes[status[k]] for k in range(len(status))]
    return {"status": status.tolist(), "error_code": errors}


def usable(device: str) -> torch.device:
    """The device of this name. Raises ZooError for one that this machine does not have."""
    if device not in ("auto", "cpu", "cuda"):
        raise ZooError(f"device={device} is unknown: choose auto, cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ZooError("device=cuda was asked for, and torch finds no usable GPU here: take device=auto.")
    return environment.device(device)


def refuse_bands(dataset: Dataset, run: Run) -> None:
    """Raise Incompatible if the images have more or fewer bands than those the model was trained on."""
    if dataset.num_bands != run.num_bands:
        raise Incompatible(
            f"The model in {run.folder} takes images of {run.num_bands} bands, those of the data set have "
            f"{dataset.num_bands}: choose another dataset=…, or a run that was trained on such images."
        )
