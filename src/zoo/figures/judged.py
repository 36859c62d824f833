"""What a model of classes says of galaxies, with their labels where they have one: a row per galaxy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from zoo import evaluation
from zoo.classification import classified
from zoo.dataset import Dataset, all_targets
from zoo.errors import Incompatible, ZooError
from zoo.label_words import in_short
from zoo.model import GalaxyModel
from zoo.schema import Classes


def judged(
    model: GalaxyModel, dataset: Dataset, rows: Sequence[int], tta: str, batch_size: int, workers: int
) -> pd.DataFrame:
    """`object_id`, `row`, `label` (blank without one), the likeliest class, its probability and margin, and all others.

    The columns `morph_class`, `probability` and `margin` are those of catalogues; `p_<class>` are the probabilities.
    Raises Incompatible for a model that does not answer with classes.
    """
    names = classes_of(model)
    found, _ = evaluation.predictions(model, dataset, rows, batch_size, workers, tta)
    probabilities, targets = found.numpy(), all_targets(dataset)
    labels = [in_short(dataset.schema, targets[row]) if targets.ndim == 1 else "" for row in rows]
    about = {"object_id": dataset.table["object_id"].to_numpy()[rows], "row": rows, "label": labels}
    each = {f"p_{name}": probabilities[:, k] for k, name in enumerate(names)}
    return pd.DataFrame(about | classified(probabilities, names) | each)


def classes_of(model: GalaxyModel) -> tuple[str, ...]:
    """The classes of a model. Raises Incompatible for one that answers with something else."""
    schema = model.head.schema
    if not isinstance(schema, Classes):
        raise Incompatible(
            f"This figure is about classes, and the model answers with {schema.kind}: take a run with head=classes."
        )
    return schema.names


def refuse_class(key: str, name: str | None, names: Sequence[str]) -> None:
    """Raise ZooError for a name that is no class."""
    if name is not None and name not in names:
        raise ZooError(f"{key}={name} is no class: choose one of {', '.join(names)}.")


def by_margin(found: pd.DataFrame) -> pd.DataFrame:
    """The surest galaxies first; of equally sure ones those that come first in the table."""
    return found.iloc[np.argsort(-found["margin"].to_numpy(), kind="stable")]
