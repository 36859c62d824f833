"""A model's predictions on labelled galaxies beside their labels, both in the model's order of columns."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from zoo import datamodule, progress
from zoo.dataset import Dataset, all_targets, as_numbers
from zoo.evaluation import labelled_rows
from zoo.model import GalaxyModel
from zoo.schema import Classes


def labels(model: GalaxyModel, dataset: Dataset, split: str) -> Float[np.ndarray, "galaxy column"]:
    """The labels of the labelled galaxies of a split as numbers. Raises DataError where there is none."""
    own = as_numbers(dataset.schema, all_targets(dataset)[labelled_rows(dataset, split)])
    names = dataset.schema.names if isinstance(dataset.schema, Classes) else dataset.schema.columns
    return own[:, [names.index(name) for name in model.head.schema.columns]]


@torch.inference_mode()
def predictions(
    model: GalaxyModel, dataset: Dataset, split: str, batch_size: int, workers: int, tta: str = "none"
) -> Float[np.ndarray, "view galaxy column"]:
    """What the model answers to each view of the grid `tta` by itself; `none` is the galaxy as it is."""
    device, found = next(model.parameters()).device, []
    batches = datamodule.batches(dataset, labelled_rows(dataset, split), batch_size, workers)
    model.eval()
    for batch in progress.track(batches, "predicting", len(batches)):
        views = map(model.head.predict, model.outputs(batch.images.to(device), tta, batch.measured))
        names = model.head.schema.columns
        found.append(torch.stack([torch.stack([v[name].float().cpu() for name in names], dim=1) for v in views]))
    return torch.cat(found, dim=1).numpy()
