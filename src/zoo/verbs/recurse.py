"""`zoo recurse`: train again with the galaxies of which a model is surest, and tell gain from noise."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import atomic
from zoo.fit import choices_of, values_of
from zoo.recursion import REPORT, Recursion, summary
from zoo.run import Run, relative

if TYPE_CHECKING:
    import pandas as pd
    from omegaconf import DictConfig

SUMMARY = "summary.csv"
SHOWN = ("accuracy", "f1", "auc")


def main(cfg: DictConfig) -> str:
    """Train all rounds, or go on with them, measure them, and print the path of the report.

    Raises ZooError for what cannot be done before anything is trained.
    """
    from hydra.core.hydra_config import HydraConfig

    choices = choices_of(HydraConfig.get().runtime.choices)
    recursion = Recursion(Run.open(Path(cfg.run)), choices["dataset"], values_of(cfg))
    measured = recursion.measured(recursion.rounds())
    gains = summary(measured)
    for name, table in ((REPORT, measured), (SUMMARY, gains)):
        atomic.write_text(recursion.out / name, table.to_csv(index=False))
    show(gains)
    path = recursion.out / REPORT
    print(relative(path))
    return str(path)


def show(gains: pd.DataFrame) -> None:
    """Print means, spreads and gains per round on stderr."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table("data set", "split", "metric", "round", "mean ± sd over models", "n", "gain on round 0 (95 %)")
    for row in gains[gains["metric"].isin(SHOWN)].itertuples():
        gain = f"{row.gain:+.4f} ({row.gain_low:+.4f} to {row.gain_high:+.4f})" if row.round else ""
        spread = f"{row.mean:.4f} ± {row.sd:.4f}"
        drawn.add_row(row.dataset, row.split, row.metric, str(row.round), spread, str(row.n_models), gain)
    Console(file=sys.stderr).print(drawn)
