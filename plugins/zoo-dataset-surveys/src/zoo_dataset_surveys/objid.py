"""Names of SDSS DR7 objects: run, rerun, camcol, field and number lie in the bits of the objid (surveys 2.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from zoo.errors import DataError
from zoo.label_table import some

DR7 = 1
"""The sky version of DR7; from DR8 on it is 2, and ids have 19 digits."""

CAMCOLS = 6

BITS = {
    "sky_version": (59, 4),
    "rerun": (48, 11),
    "run": (32, 16),
    "camcol": (29, 3),
    "first_field": (28, 1),
    "field": (16, 12),
    "number": (0, 16),
}
"""The lowest bit of each part, and how many bits it has."""

DIGITS = re.compile(r"[1-9][0-9]{0,18}")


class Objid(NamedTuple):
    """What the ids say: the imaging run and its reduction, camera column, field, and the object's number in it."""

    sky_version: Int[np.ndarray, " galaxy"]
    rerun: Int[np.ndarray, " galaxy"]
    run: Int[np.ndarray, " galaxy"]
    camcol: Int[np.ndarray, " galaxy"]
    first_field: Int[np.ndarray, " galaxy"]
    field: Int[np.ndarray, " galaxy"]
    number: Int[np.ndarray, " galaxy"]


def decode(object_ids: Sequence[str]) -> Objid:
    """The parts of each id. Raises DataError, with the first ids, for texts that are no objid of DR7."""
    _refuse(object_ids, [not DIGITS.fullmatch(i) or int(i) >= 2**63 for i in object_ids], "no whole number of 63 bits")
    whole = np.array([int(i) for i in object_ids], dtype=np.int64)
    found = Objid(*((whole >> shift) & ((1 << width) - 1) for shift, width in BITS.values()))
    _refuse(object_ids, found.sky_version != DR7, "of another release: in DR7 they have 18 digits and begin with 58")
    _refuse(object_ids, (found.camcol < 1) | (found.camcol > CAMCOLS), "of a camera column that is not 1 to 6")
    return found


def encode(parts: Objid) -> list[str]:
    """The ids with these parts. Raises DataError for a part that is negative or needs more bits than it has."""
    whole = np.zeros(np.broadcast(*parts).shape, dtype=np.int64)
    for (name, (shift, width)), values in zip(BITS.items(), parts, strict=True):
        values = np.asarray(values, dtype=np.int64)
        if ((values < 0) | (values >= 1 << width)).any():
            worst = values[(values < 0) | (values >= 1 << width)].flat[0]
            raise DataError(f"The objid has no room for {name} {worst}: it goes from 0 to {(1 << width) - 1}.")
        whole |= values << shift
    return [str(value) for value in whole.flat]


def _refuse(object_ids: Sequence[str], bad: Sequence[bool] | np.ndarray, why: str) -> None:
    found = [repr(i) for i, wrong in zip(object_ids, bad, strict=True) if wrong]
    if found:
        raise DataError(
            f"{len(found)} of {len(object_ids)} ids are no objids of SDSS DR7 but {why}: {some(found)}; take the "
            "column objid of its table PhotoObj, as text.",
            "E-TABLE-ID",
        )
