"""The labels of a blend: what is known of its galaxies, in two halves, beside what each catalogue says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Bool, Float

from zoo import blend
from zoo.dataset import Dataset, all_targets, as_numbers, hash_split
from zoo.errors import DataError, Incompatible
from zoo.member import Member
from zoo.schema import Schema


@dataclass(frozen=True)
class Labels:
    """Galaxies that have a label, and a good prediction in every catalogue.

    fitted: those that weights may be fitted to. source: from which data set and rows the labels come.
    """

    schema: Schema
    object_ids: Sequence[str]
    predictions: Float[np.ndarray, "catalogue galaxy answer"]
    truth: Float[np.ndarray, "galaxy answer"]
    fitted: Bool[np.ndarray, " galaxy"]
    source: Mapping[str, Any]


def labels(
    members: Sequence[Member], dataset: Dataset, rows: Sequence[int], seed: int, source: Mapping[str, Any]
) -> Labels:
    """The labels of these rows of a data set, joined to the catalogues by object_id, in the catalogues' order.

    Raises Incompatible where the catalogues lack an answer, and DataError where they hold too few of the galaxies.
    """
    schema = dataset.schema
    if missing := sorted({*schema.columns} - {*members[0].answers}):
        raise Incompatible(
            f"The labels of the data set have answers that the catalogues lack ({', '.join(missing[:5])}): choose the "
            "data set, or its schema, that the runs were trained on."
        )
    ids = dataset.table["object_id"].iloc[rows].tolist()
    joined = join(members, schema.columns, ids, as_numbers(schema, all_targets(dataset)[rows]))
    fitted = halves(joined[0], seed)
    if not 0 < fitted.sum() < len(fitted):
        raise DataError(
            f"{len(fitted)} galaxies of the catalogues are ok and among the {len(ids)} labelled ones of this split, "
            "too few to fit to one half and measure on the other: predict labelled galaxies too, or choose another "
            "split=….",
            "E-BLEND-LABELS",
        )
    return Labels(schema, *joined, fitted, source)


def join(
    members: Sequence[Member], answers: Sequence[str], ids: Sequence[str], truth: Float[np.ndarray, "label answer"]
) -> tuple[list[str], Float[np.ndarray, "catalogue galaxy answer"], Float[np.ndarray, "galaxy answer"]]:
    """Ids, predictions and labels of the galaxies that have one and are ok in every catalogue."""
    index, found = pd.Index(ids, dtype=object), list[str]()
    predictions = [np.empty((len(members), 0, len(answers)))]
    labels = [np.empty((0, len(answers)))]
    for tables in blend.stretches(members):
        label = index.get_indexer(tables[0]["object_id"].to_numpy())
        use = (label >= 0) & blend.good(tables)
        tables = [table.filter(pa.array(use)) for table in tables]
        found += tables[0]["object_id"].to_pylist()
        predictions.append(blend.predictions(tables, answers))
        labels.append(truth[label[use]])
    return found, np.concatenate(predictions, axis=1), np.concatenate(labels)


def halves(object_ids: Sequence[str], seed: int) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies weights are fitted to: half of them, by a hash of seed and id, whatever their order and number."""
    return hash_split(object_ids, {"fitted": 0.5, "held_out": 0.5}, salt=f"blend:{seed}") == "fitted"


def predicted_from(members: Sequence[Member], source: Mapping[str, Any]) -> bool:
    """Whether the catalogues say that the data set with the labels is the very one they were predicted from."""
    told = [member.inputs.get("dataset", {}) for member in members]
    return all(one.get("fingerprint") == source["fingerprint"] for one in told)
