"""Services that are told a run's metrics. The run's own metrics.csv is always written and is the record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def csv() -> list[Any]:
    """No service: metrics.csv in the run folder says it all."""
    return []


def wandb(project: str, offline: bool, folder: Path, config: Mapping[str, Any]) -> list[Any]:
    """Weights & Biases, told numbers and values only: no command line, no environment, no code, no host.

    The run's id is the folder's name, so a resumed training goes on in the same one. Raises ZooError where wandb is not
    installed.
    """
    from zoo.errors import ZooError

    try:
        from lightning.pytorch.loggers import WandbLogger
        from wandb import Settings
    except ImportError as error:
        raise ZooError("logger=wandb needs wandb: pip install 'galaxy-model-zoo[wandb]'.", "E-EXTRA") from error
    settings = Settings(
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
        disable_git=True,
        disable_code=True,
        console="off",
        silent=True,
        host="-",
    )
    logger = WandbLogger(
        project=project,
        name=folder.name,
        id=folder.name,
        save_dir=folder,
        offline=offline,
        resume="allow",
        settings=settings,
    )
    logger.log_hyperparams(dict(config))
    return [logger]
