"""Images that are not there, by imaging run and camera column: a lost download shows as a cell of rate 1 (G9)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool

from zoo_dataset_surveys import objid

SYSTEMATIC = 0.5
"""The rate above which a loss is a property of the cell and not of its galaxies."""

SHOWN = 8


def by_camcol(objids: Sequence[str], lost: Bool[np.ndarray, " galaxy"]) -> pd.DataFrame:
    """A row per run and camcol with `galaxies`, those `lost` and their `rate`, the most losses first."""
    parts = objid.decode(objids)
    cells = pd.DataFrame({"run": parts.run, "camcol": parts.camcol, "lost": lost}).groupby(["run", "camcol"])["lost"]
    counts = cells.agg(galaxies="size", lost="sum").reset_index()
    counts["rate"] = counts["lost"] / counts["galaxies"]
    return counts.sort_values(["lost", "run", "camcol"], ascending=[False, True, True], ignore_index=True)


def systematic(losses: pd.DataFrame) -> pd.DataFrame:
    """The cells that lost more than half of their galaxies."""
    return losses[losses["rate"] > SYSTEMATIC]


def inside(objids: Sequence[str], cells: pd.DataFrame) -> Bool[np.ndarray, " galaxy"]:
    """Which galaxies lie in one of these cells."""
    parts, known = objid.decode(objids), set(zip(cells["run"], cells["camcol"], strict=True))
    return np.array([cell in known for cell in zip(parts.run.tolist(), parts.camcol.tolist(), strict=True)], dtype=bool)


def told(losses: pd.DataFrame) -> list[str]:
    """The losses in lines: how many cells lost most of their galaxies, and the worst cells."""
    worst, some = systematic(losses), losses[losses["lost"] > 0]
    if not len(some):
        return []
    lines = [
        f"  {len(worst)} of {len(losses)} (run, camcol) lost most of their galaxies: {worst['lost'].sum()} of "
        f"{losses['lost'].sum()} losses, in {worst['run'].nunique()} runs"
    ]
    lines += [f"  run {row.run} camcol {row.camcol}: {row.lost} of {row.galaxies}" for row in some[:SHOWN].itertuples()]
    return lines + ([f"  … and {len(some) - SHOWN} more"] if len(some) > SHOWN else [])
