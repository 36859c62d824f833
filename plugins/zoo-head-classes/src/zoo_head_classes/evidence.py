"""What a model says of labelled galaxies, with all digits: the logarithm of each class's probability."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from math import ceil, log

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from zoo import datamodule, progress
from zoo.dataset import Dataset, all_targets
from zoo.errors import Incompatible, ZooError
from zoo.evaluation import labelled_rows
from zoo.head import Head
from zoo.model import GalaxyModel
from zoo.schema import Classes


@dataclass(frozen=True)
class Evidence:
    """Log probabilities of the classes `names`, as float64, and the number of each galaxy's true class."""

    names: tuple[str, ...]
    log_probabilities: Float[np.ndarray, "galaxy class"]
    truth: Int[np.ndarray, " galaxy"]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def predicted(self) -> Int[np.ndarray, " galaxy"]:
        """The most probable class, of several equal ones the first."""
        return self.log_probabilities.argmax(axis=1)

    @property
    def margins(self) -> Float[np.ndarray, " galaxy"]:
        """By how much the first class beats the second: the difference of their logits.

        Probabilities that are 1 to float32's last digit differ in it still (spec G24).
        """
        first_two = np.sort(self.log_probabilities, axis=1)[:, :-3:-1]
        return first_two[:, 0] - first_two[:, 1]

    def scores(self, positive: str) -> Float[np.ndarray, " galaxy"]:
        """The logit of one class against all others. Raises ZooError for an unknown class."""
        k = position(positive, self.names)
        others = np.delete(self.log_probabilities, k, axis=1)
        return self.log_probabilities[:, k] - np.logaddexp.reduce(others, axis=1)

    def rows(self, rows: Int[np.ndarray, " some"]) -> Evidence:
        """These galaxies, in this order."""
        return Evidence(self.names, self.log_probabilities[rows], self.truth[rows])

    def most_confident(self, kept: float) -> Evidence:
        """The galaxies with the largest margins, the largest first; of equal ones those that come first in the table.

        kept: their share, or, above 1, their number, as the published 6,300 of 12,596. Raises ZooError for nothing, or
        more than all.
        """
        number = ceil(kept * len(self)) if kept <= 1 else int(kept)
        if not 0 < number <= len(self):
            raise ZooError(f"kept={kept:g}: give a share up to 1, or a number up to {len(self)} galaxies.")
        return self.rows(np.argsort(-self.margins, kind="stable")[:number])


def position(name: str, names: tuple[str, ...]) -> int:
    """The number of a class. Raises ZooError for an unknown one."""
    if name not in names:
        raise ZooError(f"positive={name} is no class: choose one of {', '.join(names)}.")
    return names.index(name)


@torch.inference_mode()
def evidence(
    model: GalaxyModel, dataset: Dataset, split: str, batch_size: int, workers: int, tta: str = "none"
) -> Evidence:
    """What a model says of the labelled galaxies of a split; over several views probabilities are averaged.

    Raises Incompatible for a head that does not answer with classes, and DataError for a split without labels.
    """
    if not isinstance(model.head.schema, Classes):
        raise Incompatible(
            f"This figure is about classes, and the head {type(model.head).__name__} answers with "
            f"{model.head.schema.kind}: take a run whose head answers with classes, such as head=classes."
        )
    rows, names = labelled_rows(dataset, split), model.head.schema.names
    device, head, found = next(model.parameters()).device, copy.deepcopy(model.head).cpu().double(), []
    batches = datamodule.batches(dataset, rows, batch_size, workers)
    for batch in progress.track(batches, "predicting", len(batches)):
        outputs = model.outputs(batch.images.to(device), tta, batch.measured)
        views = [log_probabilities(head, one) for one in outputs]
        found.append(torch.stack(views).logsumexp(0) - log(len(views)))
    order = np.array([names.index(name) for name in dataset.schema.names])
    return Evidence(names, torch.cat(found).numpy(), order[all_targets(dataset)[rows]])


def log_probabilities(head: Head, outputs: Float[Tensor, "galaxy output"]) -> Float[Tensor, "galaxy class"]:
    """What a head on the CPU predicts in double precision, which tells sure galaxies apart that are one in single."""
    columns = head.predict(outputs.cpu().double())
    found = torch.stack([columns[name] for name in head.schema.columns], dim=1)
    return found.clamp(min=torch.finfo(found.dtype).tiny).log()
