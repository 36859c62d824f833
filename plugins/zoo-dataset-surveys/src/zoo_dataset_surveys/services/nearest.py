"""Of the rows that a catalogue has near some positions, the nearest to each."""

from __future__ import annotations

import pandas as pd

from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import cross_match

NEAR = 2.0
"""Arcsec within which an object of a catalogue is taken for the one at a position."""


def nearest(positions: Positions, rows: pd.DataFrame, radius: float) -> pd.DataFrame:
    """The row nearest to each position within a radius in arcsec, in their order; blank where there is none.

    rows: with `ra` and `dec` in deg, ICRS. What comes has also the `separation` in arcsec.
    """
    pairs = cross_match(positions, Positions(rows["ra"].to_numpy(float), rows["dec"].to_numpy(float)), radius)
    found = rows.iloc[pairs.right].set_axis(pairs.left)
    found["separation"] = pairs.separation
    return found.reindex(range(len(positions)))
