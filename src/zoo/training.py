"""A whole training: parts, stages and what remains in the run folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from zoo import (
    atomic,
    build,
    datamodule,
    environment,
    evaluation,
    failures,
    measurements,
    outcome,
    precision,
    stages,
    training_state,
    transfer,
    weights,
)
from zoo.callbacks import BEST, Bar, Keep
from zoo.checkpoint import Checkpoints
from zoo.datamodule import Steps
from zoo.dataset import Dataset, all_targets, fingerprint
from zoo.errors import ZooError
from zoo.failures import Failures
from zoo.lit import LitModel
from zoo.model import GalaxyModel
from zoo.pace import Pace
from zoo.run import Run, full_name
from zoo.stop import Stop
from zoo.training_state import Place

log = logging.getLogger("zoo")


class Training:
    """The training of one run, from wherever it stands to its end.

    watchers: see every step of it. config: the run's own unless given. most: galaxies that it trains on and validates
    at most, where it is only tried.
    """

    def __init__(
        self,
        run: Run,
        watchers: Sequence[L.Callback] = (),
        config: Mapping[str, Any] | None = None,
        most: tuple[int | None, int | None] = (None, None),
    ):
        self.run, self.config, self.watchers, self.most = run, config or run.config, watchers, most
        self.checkpoints = Checkpoints(run.folder / "checkpoints")
        self.stop = Stop()

    def complete(self) -> None:
        """Train, measure, and leave weights, metrics and pictures in the folder."""
        leads = environment.rank()[0] == 0
        if leads and (swept := atomic.sweep(self.run.folder) + atomic.sweep(self.checkpoints.folder)):
            log.info("removed %d temporary files of a killed process", swept)
        self.look_at_data()
        environment.write(self.run.folder, self.precision)
        self.go_on()
        if leads:
            self.run.say("running", step=self.lit.step)
        try:
            self.train()
        finally:
            self.stop.release()
        environment.leave_ranks()
        if leads:
            outcome.leave(self)

    @cached_property
    def dataset(self) -> Dataset:
        """The prepared dataset. Raises ZooError if it is not the one the run was begun with."""
        dataset = build.prepared_dataset(self.run.choices, self.config)
        known, found = atomic.read_json(self.run.folder / "data.json")["fingerprint"], fingerprint(dataset)
        if known != found:
            raise ZooError(
                f"The data of {self.run.folder} have changed ({known[:12]}→{found[:12]}): restore them, or give "
                "rerun=true to start afresh.",
                "E-RESUME-CONFIG",
            )
        return dataset

    @cached_property
    def rows(self) -> list[int]:
        """The galaxies that train."""
        return self.usable("train")[: self.most[0]]

    @cached_property
    def validation_rows(self) -> list[int]:
        """The galaxies that are validated."""
        return self.usable("validation")[: self.most[1]]

    def usable(self, split: str) -> list[int]:
        """The labelled galaxies of a split whose images can be used."""
        return self.failures.without(evaluation.labelled_rows(self.dataset, split), self.dataset)

    @cached_property
    def baseline(self) -> Float[np.ndarray, " column"]:
        """The best constant prediction for the training galaxies."""
        return self.dataset.schema.baseline(all_targets(self.dataset)[self.rows])

    @cached_property
    def model(self) -> GalaxyModel:
        """The model with its first weights, a function of the seed."""
        torch.manual_seed(self.config["seed"])
        model = build.model(self.run.choices, self.config, self.dataset.schema, self.dataset.num_bands)
        model.head.start_from(self.baseline)
        measurements.attach(self.dataset, model.augmenter, self.config.get("measurements"))
        return model

    @cached_property
    def precision(self) -> str:
        """Lightning's name of the arithmetic; chosen once for a run, so that it goes on as it began."""
        asked = self.config["trainer"].get("precision")
        begun = environment.read(self.run.folder).get("precision")
        here = precision.choose(self.config["trainer"]["accelerator"])
        chosen, why = (asked, "asked for") if asked else (begun, "as begun") if begun else here
        log.info("arithmetic: %s (%s)", chosen, why)
        return chosen

    @cached_property
    def steps(self) -> Steps:
        """The batches of the whole training."""
        rank, ranks = environment.rank()
        return Steps(self.rows, self.config["batch_size"], self.config["seed"], rank, ranks, self.config.get("chunk"))

    @cached_property
    def ends(self) -> list[int]:
        """The step at which each stage ends when nothing ends it earlier."""
        lengths = [s.length(self.steps.per_epoch, self.config["budget"]) for s in self.stages]
        return np.cumsum(lengths).tolist()

    @cached_property
    def stages(self) -> list[stages.Stage]:
        """The stages of the configuration."""
        return stages.read(self.config["stages"])

    @cached_property
    def lit(self) -> LitModel:
        """The model under training."""
        choices, config = self.run.choices, self.config

        def make_optimizer(parameters: Any, lr: float) -> torch.optim.Optimizer:
            name = full_name(choices["optimizer"])
            return build.part("optimizer", name, config["optimizer"], params=parameters, lr=lr)

        told = {"batch_size": config["batch_size"]}
        schedule = build.part("scheduler", full_name(choices["scheduler"]), config["scheduler"], **told)
        rows, per_epoch = len(self.dataset), self.steps.per_epoch
        return LitModel(self.model, make_optimizer, schedule, config["seed"], rows, per_epoch)

    @cached_property
    def failures(self) -> Failures:
        """The galaxies that are left out because their images cannot be used. Raises DataError for too many."""
        return failures.of(self.dataset, self.config.get("failures", {}))

    def look_at_data(self) -> None:
        """Say what is in the dataset, and look at headers and last bytes of all images before the first step."""
        for line in self.dataset.report():
            log.info("%s", line)
        if self.failures.found and environment.rank()[0] == 0:
            rows = [[one.object_id, one.code, one.what] for one in self.failures.found.values()]
            table = pd.DataFrame(rows, columns=["object_id", "error_code", "what"])
            atomic.write_text(self.run.folder / "left_out.csv", table.to_csv(index=False))

    def go_on(self) -> None:
        """Take up the saved state, if there is one."""
        state = self.checkpoints.load()
        self.place = Place()
        if state is None:
            log.info("no checkpoint yet in %s; starting at step 0", self.run.folder)
            if self.config.get("weights"):
                log.info("beginning with %s", transfer.begin_with(Path(self.config["weights"]), self.model))
            return
        self.place = training_state.restore(self.lit, state)
        log.warning("resumed at step %d", self.lit.step)

    def train(self) -> None:
        """Walk through the stages that are left."""
        for index in range(self.place.stage, len(self.stages)):
            begun = index == self.place.stage
            first, averaged = (self.place.first, self.place.average) if begun else (self.lit.step, None)
            length = self.ends[index] - (self.ends[index - 1] if index else 0)
            self.lit.enter(index, self.stages[index], first, first + length, averaged)
            if not self.lit.traces and self.lit.step == 0:
                self.lit.trace()
            if self.lit.step < self.lit.end and not self.lit.stage_over():
                self.fit_stage()
            self.leave_stage(index)

    def fit_stage(self) -> None:
        """Fit one stage with a Trainer of its own: its loops begin anew, our steps go on."""
        asked = {key: value for key, value in self.config["trainer"].items() if key != "precision"}
        devices, strategy = asked.pop("devices", 1), asked.pop("strategy", "auto")
        asked.pop("restarts", None)
        total = max(self.ends[-1], self.lit.end)
        beside = [Bar(total), Keep(self.run, self.checkpoints, self.stop), Pace(self.run, total), *self.watchers]
        trainer = L.Trainer(
            strategy=environment.strategy(strategy, asked.pop("timeout", None)),
            plugins=environment.cluster(),
            **{key: value for key, value in asked.items() if value is not None},
            devices=environment.devices(devices, asked["accelerator"]),
            precision=self.precision,
            max_steps=self.lit.end - self.lit.step,
            max_epochs=-1,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            logger=self.logger or False,
            callbacks=beside,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(self.lit, datamodule=Loaders(self))
        self.lit.momentum = self.lit.kept_momentum()

    def leave_stage(self, index: int) -> None:
        """Take the average or the best weights where the stage asks for them."""
        if self.lit.average is not None:
            self.model.load_state_dict(self.lit.weights())
        best = self.checkpoints.folder / BEST
        if self.stages[index].keep == "best" and best.is_file():
            weights.load_into(self.model, weights.read(best), best)

    @cached_property
    def logger(self) -> list[Any]:
        """Services that are told the metrics, beside the run's own metrics.csv."""
        told = {"folder": self.run.folder, "config": dict(self.config)}
        return build.part("logger", full_name(self.run.choices["logger"]), self.config["logger"], **told)

    def train_batches(self) -> Any:
        """The batches from the present step to the end of the epoch or stage."""
        epoch = self.lit.step // self.steps.per_epoch
        self.lit.epoch = epoch
        end = min((epoch + 1) * self.steps.per_epoch, self.lit.end)
        steps = self.steps.between(self.lit.step, end)
        return datamodule.loader(self.dataset, steps, **datamodule.reading(self.config))

    def validation_batches(self) -> Any:
        """This rank's share of the validation galaxies."""
        rows = self.validation_rows[self.steps.rank :: self.steps.ranks]
        return datamodule.batches(self.dataset, rows, self.config["batch_size"], **datamodule.reading(self.config))


class Loaders(L.LightningDataModule):
    """Hands a training's batches to Lightning, anew for each pass over the data."""

    def __init__(self, training: Training):
        super().__init__()
        self.training = training

    def train_dataloader(self) -> Any:
        """What is left of this epoch."""
        return self.training.train_batches()

    def val_dataloader(self) -> Any:
        """The validation galaxies."""
        return self.training.validation_batches()
