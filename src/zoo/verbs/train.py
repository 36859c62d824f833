"""`zoo train`: from a choice of parts to a trained network in a run folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from zoo import fit, scores, slurm
from zoo.errors import ZooError
from zoo.run import relative

if TYPE_CHECKING:
    from omegaconf import DictConfig


def main(cfg: DictConfig) -> str:
    """Train what the configuration chooses, or go on with it; prints the run folder."""
    from hydra.core.hydra_config import HydraConfig

    if cfg.forecast:
        raise ZooError(
            "forecast=true is for sweeps: add -m and what to sweep over, as in zoo train -m seed=0,1 forecast=true."
        )
    choices = fit.choices_of(HydraConfig.get().runtime.choices)
    run = fit.prepare(choices, fit.values_of(cfg))
    folder = relative(run.folder)
    if run.finished:
        print(f"{folder} is finished; rerun=true starts afresh.", file=sys.stderr)
    with slurm.requeueing():
        fit.train(run)
    if run.metrics:
        scores.show(run.metrics, f"{folder.name}: validation")
    print(f"next: zoo predict run={folder} out=catalogue", file=sys.stderr)
    print(folder)
    return str(folder)
