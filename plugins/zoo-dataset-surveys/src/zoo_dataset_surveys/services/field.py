"""A field of SDSS: the piece of sky whose frames, one a band, all galaxies in it share."""

from __future__ import annotations

from typing import NamedTuple

from zoo.errors import DataError
from zoo_dataset_surveys import objid

RERUN = 301
"""The one rerun whose frames DR8 and later have, whatever that of a DR7 object is (surveys.md 0.1)."""

RERUNS, RUNS = range(40, 45), range(94, 8163)
"""The reductions in DR7, and its imaging runs. Ids of other surveys can have the bits of DR7, but hardly with these."""


class Field(NamedTuple):
    """Part of an imaging run in one camera column, and which reduction of it."""

    run: int
    rerun: int
    camcol: int
    field: int

    @property
    def group(self) -> str:
        """What losses are counted by."""
        return f"run {self.run} camcol {self.camcol}"


def of_id(object_id: str) -> Field | None:
    """The field that an id of DR7 says (surveys.md 2.2), None for any other id."""
    try:
        parts = objid.decode([object_id])
    except DataError:
        return None
    found = Field(*(int(getattr(parts, name)[0]) for name in Field._fields))
    return found if found.rerun in RERUNS and found.run in RUNS else None
