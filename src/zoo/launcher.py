"""What carries the jobs of a sweep: processes of this machine, or a queue. Known to Hydra in this process only."""

from __future__ import annotations

import sys
import types
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.plugin import Plugin

from zoo.errors import ZooError

if TYPE_CHECKING:
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig

    from zoo.child import Child
    from zoo.job import Job
    from zoo.run import Run
    from zoo.sweep import Source

MODULE = "hydra_plugins.zoo"
"""Where Hydra believes our classes to be; `conf/hydra` names them so."""


class Carrier(Launcher):
    """A launcher whose jobs start from their run folders; `parallel`: how many at a time."""

    parallel: int

    @abstractmethod
    def start(self, runs: Sequence[Run], module: str) -> Sequence[Child]:
        """Start `python -m module FOLDER` for each of these runs."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what composes a job; the task itself is not called, for a job starts from its run folder.

        Raises ZooError where no job could ever run.
        """
        if not (isinstance(self.parallel, int) and self.parallel >= 1):
            raise ZooError(f"hydra.launcher.parallel={self.parallel} is no number of jobs at a time: give 1 or more.")
        self.loader, self.config = hydra_context.config_loader, config
        self.folder = Path(config.hydra.sweep.dir)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Compose and run all jobs. Raises JobsFailed at the end if some failed; skipped ones are no failure."""
        from zoo import sweep

        (self.folder / "multirun.yaml").unlink(missing_ok=True)  # the table says all that it does
        jobs = [self.composed(overrides) for overrides in job_overrides]
        self.carry(sweep.Listed(jobs))
        return [done(job) for job in jobs]

    def composed(self, overrides: Sequence[str]) -> Job:
        """The job of these overrides. Raises ZooError for parts or values that there are not."""
        from omegaconf import open_dict

        from zoo import compose
        from zoo.job import Job

        cfg = self.loader.load_sweep_config(self.config, list(overrides))
        names = compose.checked(cfg, "train", cfg.hydra.runtime.choices)
        with open_dict(cfg):
            del cfg["hydra"]
        return Job(list(overrides), names, cfg)

    def carry(self, source: Source) -> None:
        """Run the jobs of a source, or say what they would cost. Raises as `sweep.run` and `forecast.show` do."""
        from zoo import compose, forecast, slurm, sweep

        compose.report_plugins()
        if self.config.forecast:
            forecast.leave_nothing(self.folder)
            forecast.show(source.jobs, lambda runs: self.start(runs, "zoo.probe"), self.parallel)
            return
        with slurm.requeueing():
            sweep.run(source, lambda runs: self.start(runs, "zoo.fit"), self.parallel, self.folder)


class Processes(Carrier):
    """`hydra/launcher=processes`: jobs on this machine, `hydra.launcher.parallel` at a time, which share its cores."""

    def __init__(self, parallel: int, forkserver: bool):
        self.parallel, self.forkserver = parallel, forkserver

    def start(self, runs: Sequence[Run], module: str) -> Sequence[Child]:
        """A process for each run."""
        import torch

        from zoo import child

        threads = max(1, torch.get_num_threads() // self.parallel) if self.parallel > 1 else None
        return [child.start(run, self.forkserver, module, threads) for run in runs]


class Queue(Carrier):
    """`hydra/launcher=submitit_slurm` or `submitit_local`: jobs in a queue, by submitit.

    max_num_timeout: how often a job whose time ran out is queued again. options: of submitit, and of `sbatch` for
    SLURM; those that are null are left out.
    """

    def __init__(self, cluster: str, parallel: int, max_num_timeout: int, **options: Any):
        self.cluster, self.parallel, self.max_num_timeout = cluster, parallel, max_num_timeout
        self.options = options

    def start(self, runs: Sequence[Run], module: str) -> Sequence[Child]:
        """One array of jobs for all runs."""
        from omegaconf import OmegaConf

        from zoo import submission

        options = OmegaConf.to_container(OmegaConf.create(self.options))
        executor = submission.executor(
            self.cluster, self.folder / ".submitit", self.parallel, self.max_num_timeout, options
        )
        return submission.submitted(executor, runs, module)


def done(job: Job) -> JobReturn:
    """What Hydra wants to hear about a job."""
    return JobReturn(overrides=job.overrides, cfg=job.cfg, status=JobStatus.COMPLETED, _return_value=job.state)


def register(*classes: type[Plugin]) -> None:
    """Make classes known to Hydra, which accepts those of the package `hydra_plugins` only, and `conf/hydra` too.

    That package need not be installed; so a module of this name is made, after Hydra has looked for real ones.
    """
    plugins = Plugins.instance()
    if "hydra_plugins" not in sys.modules:
        sys.modules["hydra_plugins"] = types.ModuleType("hydra_plugins")
        sys.modules["hydra_plugins"].__path__ = []
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    sys.modules["hydra_plugins"].zoo = module  # type: ignore[attr-defined]
    for name in ("submitit_slurm.yaml", "submitit_local.yaml"):  # else hydra-submitit-launcher's keys have to be ours
        ConfigStore.instance().repo["hydra"]["launcher"].pop(name, None)
    for one in classes:
        one.__module__ = MODULE
        setattr(module, one.__name__, one)
        plugins.register(one)
