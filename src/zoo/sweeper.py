"""`hydra/sweeper=tune`: a sweep that looks for the best values and learns from its trials, by Optuna."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper

from zoo.errors import ZooError
from zoo.launcher import Carrier

if TYPE_CHECKING:
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig


class Tune(Sweeper):
    """Searches what is given as `interval`, `range`, `choice` or with commas; conf/hydra/sweeper/tune.yaml tells all.

    The study lies beside the sweep's table: the same command with more trials goes on with it.
    """

    def __init__(
        self,
        trials: int,
        metric: str | None,
        direction: str | None,
        prune: bool,
        trials_before_pruning: int,
        seed: int,
        study: str | None,
    ):
        self.trials, self.metric, self.direction, self.study, self.seed = trials, metric, direction, study, seed
        self.patience = trials_before_pruning if prune else None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Make the launcher. Raises ZooError for one that starts no job from its run folder."""
        if importlib.util.find_spec("optuna") is None:
            raise ZooError('hydra/sweeper=tune needs Optuna: pip install "galaxy-model-zoo[tune]".', "E-EXTRA")
        self.config, self.context = config, hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        if not isinstance(self.launcher, Carrier):
            raise ZooError(
                f"hydra/sweeper=tune cannot work with hydra/launcher={config.hydra.runtime.choices['hydra/launcher']}: "
                "take processes, submitit_slurm or submitit_local."
            )

    def sweep(self, arguments: list[str]) -> None:
        """Run the trials that are missing. Raises ZooError for a search that makes no sense or is another's."""
        from zoo import search, study_file, trials

        if self.trials < 1:
            raise ZooError(f"hydra.sweeper.trials={self.trials} asks for no trial: give 1 or more.")
        asked = search.read(arguments, self.context.config_loader)
        first, *_ = [self.launcher.composed(words) for words in asked.samples()]  # refuses names that there are not
        if self.config.forecast:
            self.launcher.launch(trials.sketch(asked, self.trials, self.seed), 0)
            return
        goal = search.goal(self.metric, self.direction, first)
        path = study_file.place(self.study, self.launcher.folder, asked, goal)
        with study_file.opened(path, asked, goal, self.seed, self.patience) as study:
            self.launcher.carry(trials.Trials(study, asked, goal, self.trials, path.stem, self.launcher.composed))
