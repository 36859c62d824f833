"""What a model predicts for labelled galaxies, beside their labels; `zoo.metrics` says how good that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from zoo import datamodule, progress
from zoo.datamodule import Batch
from zoo.dataset import Dataset, all_targets, label_mask
from zoo.errors import DataError
from zoo.failures import Failures
from zoo.model import GalaxyModel


def labelled_rows(dataset: Dataset, split: str) -> list[int]:
    """The rows of a split (or of `all`) that have a label. Raises DataError where there is none."""
    chosen = np.ones(len(dataset), bool) if split == "all" else (dataset.table["split"] == split).to_numpy()
    rows = np.flatnonzero(chosen & label_mask(all_targets(dataset)))
    if not len(rows):
        raise DataError(f"None of the {chosen.sum()} galaxies of the split {split} has a label: choose another split.")
    return rows.tolist()


def predictions(
    model: GalaxyModel,
    dataset: Dataset,
    rows: Sequence[int],
    batch_size: int,
    workers: int = 0,
    tta: str = "none",
    timeout: float = datamodule.WORKER_TIMEOUT,
    failures: Failures | None = None,
) -> tuple[Float[Tensor, "galaxy column"], Shaped[Tensor, "galaxy ..."]]:
    """Predicted columns and labels of these rows, in their order, on the CPU.

    failures: gets those whose images cannot be used, which are left out; without it the first of them is an error.
    """
    device, found, targets = next(model.parameters()).device, [], []
    model.eval()
    batches = datamodule.batches(dataset, rows, batch_size, workers, failures is not None, timeout)
    for batch in progress.track(batches, "evaluating", len(batches)):
        batch = sound(batch, failures)
        if batch.object_id:
            columns = model.predict(batch.images.to(device), tta, batch.measured)
            found.append(torch.stack([columns[name].cpu() for name in model.head.schema.columns], dim=1))
            targets.append(batch.target)
    if failures is not None:
        failures.refuse()
    if not found:
        raise DataError(f"None of the {len(rows)} galaxies has an image that can be used: `zoo data verify` says why.")
    return torch.cat(found), torch.cat(targets)


def sound(batch: Batch, failures: Failures | None) -> Batch:
    """The galaxies of a batch that have an image; the others are told to `failures`."""
    if failures is not None:
        failures.note_batch(batch.object_id, batch.failures)
    if not batch.failures:
        return batch
    good = [place for place in range(len(batch.object_id)) if place not in batch.failures]
    ids, measured = [batch.object_id[place] for place in good], batch.measured
    measured = None if measured is None else measured[good]
    return Batch(batch.images[good], batch.target[good], ids, batch.index[good], {}, measured)
