"""A trained model at work: batches of galaxies in, catalogue columns out."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32

from zoo.catalogue import FAILED, NON_FINITE, OK
from zoo.datamodule import Batch
from zoo.dataset import Dataset
from zoo.errors import Incompatible, ZooError
from zoo.model import GalaxyModel
from zoo.run import Run

Answers = dict[str, list[str] | Float32[np.ndarray, " galaxy"]]
"""Columns of a catalogue by name, for the galaxies of one batch."""

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Predictor:
    """A model in eval mode on its device.

    columns: names of its predictions; descriptions: what the head says about its own ones. device: `auto` (the GPU
    where there is one), `cpu` or `cuda`. precision: `float32`, or `bfloat16` where speed counts more than the third
    digit. tta: `none`, or a grid of the augmenter.
    """

    def __init__(self, model: GalaxyModel, device: str, precision: str, tta: str):
        if precision not in PRECISIONS:
            raise ZooError(f"precision={precision} is unknown: choose {' or '.join(PRECISIONS)}.")
        if tta != "none":
            model.augmenter.grid(tta)
        self.device, self.precision, self.tta = usable(device), PRECISIONS[precision], tta
        self.model = model.to(self.device).eval()
        with torch.inference_mode():
            features = torch.zeros(1, model.backbone.num_features, device=self.device)
            self.columns = list(model.head.predict(model.head(features)))
        self.descriptions = model.head.descriptions()

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> Answers:
        """Ids, predictions, status and error code of a batch; a galaxy without usable image has NaN everywhere."""
        values = np.full((len(self.columns), len(batch.object_id)), np.nan, np.float32)
        failed = list(batch.failures)
        if len(failed) < len(batch.object_id):
            values[:] = self._predictions(batch)
            values[:, failed] = np.nan
        status = np.where(np.isfinite(values).all(axis=0), OK, NON_FINITE).astype(object)
        status[failed] = FAILED
        codes = {OK: "", NON_FINITE: "E-NONFINITE"}
        errors = [batch.failures[k][0] if k in batch.failures else codes[status[k]] for k in range(len(status))]
        columns = dict(zip(self.columns, values, strict=True))
        return {"object_id": batch.object_id, **columns, "status": status.tolist(), "error_code": errors}

    def _predictions(self, batch: Batch) -> Float32[np.ndarray, "column galaxy"]:
        reduced = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=reduced):
            found = self.model.predict(batch.images.to(self.device), self.tta, batch.measured)
        return torch.stack([found[name].float() for name in self.columns]).cpu().numpy()


def usable(device: str) -> torch.device:
    """The device of this name. Raises ZooError for one that this machine does not have."""
    if device not in ("auto", "cpu", "cuda"):
        raise ZooError(f"device={device} is unknown: choose auto, cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ZooError("device=cuda was asked for, and torch finds no usable GPU here: take device=auto.")
    return torch.device("cpu" if device == "cpu" or not torch.cuda.is_available() else "cuda")


def refuse_bands(dataset: Dataset, run: Run) -> None:
    """Raise Incompatible if the images have more or fewer bands than those the model was trained on."""
    if dataset.num_bands != run.num_bands:
        raise Incompatible(
            f"The model in {run.folder} takes images of {run.num_bands} bands, those of the data set have "
            f"{dataset.num_bands}: choose another dataset=…, or a run that was trained on such images."
        )
