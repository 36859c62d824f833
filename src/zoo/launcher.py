"""Hydra's jobs as processes of their own: zoo's launcher for sweeps, registered in this process only."""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher

if TYPE_CHECKING:
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig


class Processes(Launcher):
    """`hydra/launcher=processes`: runs the jobs of `zoo train -m`, `hydra.launcher.parallel` at a time."""

    def __init__(self, parallel: int, forkserver: bool):
        self.parallel, self.forkserver = parallel, forkserver

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what composes a job; the task itself is not called, for a job starts from its run folder."""
        self.loader, self.config = hydra_context.config_loader, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Compose and run all jobs. Raises JobsFailed at the end if some failed; skipped ones are no failure."""
        from omegaconf import open_dict

        from zoo import compose, slurm, sweep

        (Path(self.config.hydra.sweep.dir) / "multirun.yaml").unlink(missing_ok=True)  # the table says all that it does
        jobs = []
        for overrides in job_overrides:
            cfg = self.loader.load_sweep_config(self.config, list(overrides))
            names = compose.checked(cfg, "train", cfg.hydra.runtime.choices)
            with open_dict(cfg):
                del cfg["hydra"]
            jobs.append(sweep.Job(list(overrides), names, cfg))
        compose.report_plugins()
        with slurm.requeueing():
            sweep.run(jobs, self.parallel, self.forkserver)
        return [done(job) for job in jobs]


def done(job: Any) -> JobReturn:
    """What Hydra wants to hear about a job."""
    return JobReturn(overrides=job.overrides, cfg=job.cfg, status=JobStatus.COMPLETED, _return_value=job.state)


def register() -> None:
    """Make the launcher known to Hydra, which accepts only classes of the package `hydra_plugins`.

    That package need not be installed; so a module of this name is made, after Hydra has looked for real ones.
    """
    plugins = Plugins.instance()
    if "hydra_plugins" not in sys.modules:
        sys.modules["hydra_plugins"] = types.ModuleType("hydra_plugins")
        sys.modules["hydra_plugins"].__path__ = []
    name = "hydra_plugins.zoo_launcher"
    module = sys.modules[name] = types.ModuleType(name)
    sys.modules["hydra_plugins"].zoo_launcher = module  # type: ignore[attr-defined]
    module.Processes = Processes  # type: ignore[attr-defined]
    Processes.__module__ = name
    plugins.register(Processes)
    node = {"_target_": f"{name}.Processes", "parallel": 1, "forkserver": True}
    ConfigStore.instance().store(group="hydra/launcher", name="processes", node=node, provider="zoo")
