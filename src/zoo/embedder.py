"""The features that a trained model has of galaxies, as columns of a catalogue."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from zoo.catalogue import ABOUT, ERROR_CODE, FEATURES, LABEL, OBJECT_ID, SPLIT, STATUS, Column
from zoo.datamodule import Batch
from zoo.label_words import in_short
from zoo.predictor import Answers, Worker, marks
from zoo.schema import Schema


class Embedder:
    """What the last layer of a model's head sees of each galaxy (spec G26), with the label that the galaxy has.

    width: how many numbers that is.
    """

    def __init__(self, worker: Worker, schema: Schema):
        self.worker, self.schema = worker, schema
        self.width = worker.of_nothing(worker.model.head.penultimate).shape[1]

    def described(self, known: Sequence[str]) -> list[Column]:
        """The columns of the table; `known`: what the data set knows of its galaxies."""
        return [
            OBJECT_ID,
            *(column for column in ABOUT if column.name in known),
            SPLIT,
            LABEL,
            FEATURES,
            STATUS,
            ERROR_CODE,
        ]

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> Answers:
        """Ids, labels, features, status and error code of a batch; features are NaN without a usable image."""
        features = self.worker.numbers(self.worker.model.features, batch, self.width)
        labels = [in_short(self.schema, target) for target in batch.target.numpy()]
        for failed in batch.failures:
            labels[failed] = ""
        return {"object_id": batch.object_id, "label": labels, "features": features, **marks(features, batch)}
