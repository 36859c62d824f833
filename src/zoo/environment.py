"""The machine a training runs on: what is recorded of it, and how this process fits into it."""

from __future__ import annotations

import logging
import os
import platform
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from zoo import atomic
from zoo.errors import ZooError

log = logging.getLogger("zoo")

PACKAGES = ("galaxy-model-zoo", "torch", "lightning", "torchmetrics", "numpy", "pillow")


def found(precision: str) -> dict[str, Any]:
    """What decides the last bits of a result: versions, device, threads, arithmetic."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "precision": precision,
        "versions": {name: version(name) for name in PACKAGES},
    }


def read(folder: Path) -> dict[str, Any]:
    """What an earlier start recorded in a run folder, empty where there was none."""
    path = folder / "environment.json"
    return atomic.read_json(path) if path.is_file() else {}


def write(folder: Path, precision: str) -> None:
    """Record the environment; a difference to the one before is said, because resuming is then not bit-exact."""
    from zoo.run import difference

    before, now = read(folder), found(precision)
    if before and (changed := difference(before, now)):
        log.warning("W-REPRO: %s: not bit-exact from here on", "; ".join(changed))
    if rank()[0] == 0:
        atomic.write_json(folder / "environment.json", now)


def rank() -> tuple[int, int]:
    """This process's number among the ranks of a training, and how many there are."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def devices(asked: Any, accelerator: str = "auto") -> int:
    """How many devices to train on: a number, or `auto` and -1 for all there are. Raises ZooError for anything else."""
    if asked in ("auto", -1, "-1"):
        return max(1, torch.cuda.device_count()) if device(accelerator).type == "cuda" else 1
    if str(asked).isdecimal() and int(asked) > 0:
        return int(asked)
    raise ZooError(
        f"trainer.devices={asked} is no number of devices: give one, and choose which by CUDA_VISIBLE_DEVICES."
    )


def strategy(asked: str, timeout: float | None = None) -> Any:
    """Lightning's strategy; several ranks that share their gradients wait so many seconds for one that is silent."""
    from lightning.pytorch.strategies import DDPStrategy

    shared = rank()[1] > 1 and asked in ("auto", "ddp")
    return DDPStrategy(timeout=timedelta(seconds=timeout)) if shared and timeout else asked


def cluster() -> list[Any]:
    """What tells Lightning its ranks: torchrun or nobody. Under SLURM it would save and requeue the job by itself."""
    from lightning.pytorch.plugins.environments import LightningEnvironment

    return [] if "TORCHELASTIC_RUN_ID" in os.environ else [LightningEnvironment()]


def leave_ranks() -> None:
    """End the ranks' connection: what rank 0 measures afterwards waits for no other."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def device(asked: str = "auto") -> torch.device:
    """Where to compute: the GPU where there is one, unless the CPU is asked for."""
    return torch.device("cuda" if asked in ("auto", "gpu", "cuda") and torch.cuda.is_available() else "cpu")
