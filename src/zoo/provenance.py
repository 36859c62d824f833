"""From what a result was computed: names, versions and numbers; no path, no host and no time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from zoo.dataset import Dataset
from zoo.registry import MODEL
from zoo.run import Run, keeps


def inputs(run: Run, galaxies: Mapping[str, Any], config: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The run's parts with their values, its weights, the galaxies, and these keys of the configuration."""
    return {
        "model": {group: {**run.choices[group], **_kept(run.config[group])} for group in MODEL},
        "weights": run.description["sha256"],
        "seed": run.config["seed"],
        "dataset": galaxies,
        **{key: config[key] for key in keys},
        "versions": {name: version(name) for name in ("galaxy-model-zoo", "torch")},
    }


def galaxies(choice: Mapping[str, str], dataset: Dataset, rows: Sequence[int]) -> dict[str, Any]:
    """A dataset's name, its fingerprint where that needs no images, and a hash of what is known of these rows.

    That is their ids, their places, and what was measured on them.
    """
    digest, table = hashlib.sha256(), dataset.table.iloc[rows]
    for object_id in table["object_id"]:
        digest.update(len(object_id.encode()).to_bytes(4, "little") + object_id.encode())
    for coordinate in table.columns.intersection(["ra", "dec"]):
        digest.update(table[coordinate].to_numpy("<f8").tobytes())
    if dataset.measured is not None:
        digest.update(dataset.measured[list(rows)].astype("<f8").tobytes())
    return {**choice, "fingerprint": dataset.fingerprint, "rows": digest.hexdigest()}


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a part that say more than where something lies; weights are known by their own hash."""
    return {key: value for key, value in values.items() if keeps(key) and key != "weights"}
