"""The rows of a blend: weighted means of the predictions that several catalogues have for the same galaxies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from zoo.blend_weights import blend
from zoo.catalogue import FAILED, MORPH_CLASS, NON_FINITE, OK, SPREAD
from zoo.classification import classified, each, spread
from zoo.member import Member
from zoo.members import STRETCH


def rows(
    tables: Sequence[pa.Table],
    answers: Sequence[str],
    weights: Float[np.ndarray, "catalogue answer"],
    classes: Sequence[str] = (),
) -> dict[str, Any]:
    """The columns of a stretch of the blend. A row that is not ok in one catalogue is not ok in the blend either.

    classes: those of the answers that are probabilities of classes; the columns that follow from them are made anew.
    """
    ok, columns = good(tables), {name: tables[0][name].to_numpy() for name in tables[0].column_names}
    predicted = blend(predictions(tables, answers), weights).astype(np.float32)
    predicted[~ok] = np.nan
    columns |= dict(zip(answers, predicted.T, strict=True))
    statuses = np.stack([table["status"].to_numpy() for table in tables])
    columns["status"] = np.where(ok, OK, np.where((statuses == FAILED).any(axis=0), FAILED, NON_FINITE))
    whose = (statuses == columns["status"]).argmax(axis=0)
    errors = np.stack([table["error_code"].to_numpy() for table in tables])
    columns["error_code"] = errors[whose, np.arange(len(whose))]
    plain = {name: values.tolist() if values.dtype.kind in "OU" else values for name, values in columns.items()}
    return plain | (_classified(tables, plain, classes) if classes else {})


def _classified(tables: Sequence[pa.Table], blended: Mapping[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """The class of each galaxy by the blended probabilities, and the spread of its probability between catalogues."""
    found = classified(np.stack([blended[name] for name in classes], axis=1), classes)
    told = predictions(tables, classes), found[MORPH_CLASS.name], classes
    return found | {SPREAD.name: spread(*told)} | each(*told)


def good(tables: Sequence[pa.Table]) -> np.ndarray:
    """Which rows are ok in every catalogue."""
    return np.logical_and.reduce([table["status"].to_numpy() == OK for table in tables])


def predictions(tables: Sequence[pa.Table], answers: Sequence[str]) -> Float[np.ndarray, "catalogue galaxy answer"]:
    """These answers of a stretch of rows, by name."""
    return np.stack([np.stack([table[name].to_numpy() for name in answers], axis=1) for table in tables]).astype(float)


def stretches(members: Sequence[Member]) -> Iterator[list[pa.Table]]:
    """The rows of all catalogues side by side, so many at a time."""
    for start in range(0, len(members[0]), STRETCH):
        yield [member.rows(start, min(start + STRETCH, len(member))) for member in members]


def lineage(members: Sequence[Member]) -> dict[str, Any]:
    """From what the catalogues were computed, in few words, by the first letters of their fingerprints."""
    return {member.fingerprint[:16]: _in_few_words(member.inputs) for member in members}


def _in_few_words(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The names of the model's parts, the hash of its weights and the grid; for a blend, what kind it is."""
    names = {group: part["name"] for group, part in inputs.get("model", {}).items()}
    return names | {key: inputs[key] for key in ("weights", "seed", "tta", "blend") if key in inputs}
