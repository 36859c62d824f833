"""The one LightningModule: a galaxy model under training, which knows nothing but its current stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import lightning as L
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo import draws, stages, traces
from zoo.augmenter import Parameters
from zoo.datamodule import Batch
from zoo.errors import NonFinite
from zoo.failpoint import fp
from zoo.features import KnownFeatures
from zoo.metrics import scalars
from zoo.model import GalaxyModel
from zoo.schedule import Progress, Schedule
from zoo.stages import Stage
from zoo.weight_average import WeightAverage

OptimizerFactory = Callable[[Iterable[nn.Parameter], float], Optimizer]


class LitModel(L.LightningModule):
    """Trains a GalaxyModel through one stage.

    step: steps taken over all stages. first, end: the steps at which the stage began and will end. history: one row of
    numbers per pass over the data. traces: the spread of the weights, at first and after each pass. loss_sum,
    loss_count: of the pass under way. options: of the head, as it was built.
    """

    def __init__(
        self,
        model: GalaxyModel,
        make_optimizer: OptimizerFactory,
        schedule: Schedule,
        seed: int,
        num_rows: int,
        steps_per_epoch: int,
    ):
        super().__init__()
        self.model, self.make_optimizer, self.schedule = model, make_optimizer, schedule
        self.seed, self.num_rows, self.steps_per_epoch = seed, num_rows, steps_per_epoch
        self.options = stages.options_of(model.head)
        self.step, self.first, self.end, self.epoch = 0, 0, 0, 0
        self.history: list[dict[str, Any]] = []
        self.traces: list[traces.Trace] = []
        self.loss_sum, self.loss_count = 0.0, 0
        self.momentum: dict[str, dict[str, Any]] = {}
        self.draws_of: tuple[int, Float[np.ndarray, "row draw"]] | None = None
        self.average: WeightAverage | None = None
        self.features: KnownFeatures | None = None
        self.validated: list[tuple[Tensor, Tensor, Tensor]] = []

    def enter(
        self, index: int, stage: Stage, first: int, end: int, averaged: Mapping[str, Tensor] | None = None
    ) -> None:
        """Begin or go on with a stage that lasts from step `first` to step `end`; averaged: of its weights so far."""
        self.stage_index, self.stage, self.first, self.end = index, stage, first, end
        stages.begin(stage, self.model)
        stages.set_options(self.model.head, stage, self.options)
        if self.step == first and stage.fresh_optimizer:
            self.momentum = {}
        self.average = stage.average and WeightAverage(self.model, stage.average, known=averaged)
        self.features = KnownFeatures(self.model) if stage.cache_features else None

    def losses(self, kind: str = "validation_loss") -> list[float]:
        """Losses of this stage so far, one per pass over the data: of the validation, or as `train_loss`."""
        return [row[kind] for row in self.history if self.first < row["step"] <= self.end]

    def improved(self) -> bool:
        """Whether the last pass was the best of the stage."""
        losses = self.losses()
        return bool(losses) and losses[-1] <= min(losses)

    def stage_over(self) -> bool:
        """Whether the stage's patience has run out."""
        losses = self.losses()
        since = len(losses) - 1 - int(np.argmin(losses)) if losses else 0
        return self.stage.patience is not None and since >= self.stage.patience

    def rate(self) -> float:
        """The learning rate of the coming step."""
        return self.stage.lr * self.schedule(self.progress())

    def progress(self) -> Progress:
        """How far the stage has come."""
        taken = self.step - self.first
        return Progress(
            done=taken / (self.end - self.first),
            epochs=taken / self.steps_per_epoch,
            earlier=self.first / self.steps_per_epoch,
            losses=self.losses(),
            train_losses=self.losses("train_loss"),
            lr=self.stage.lr,
        )

    def configure_optimizers(self) -> Optimizer:
        """A fresh optimizer of the trained parameters, with the momentum that belongs to them."""
        named = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        optimizer = self.make_optimizer(named.values(), self.stage.lr)
        for name, parameter in named.items():
            if name in self.momentum:
                optimizer.state[parameter] = {
                    key: value.to(parameter.device) if isinstance(value, Tensor) and key != "step" else value
                    for key, value in self.momentum[name].items()
                }
        return optimizer

    def on_train_epoch_start(self) -> None:
        """Frozen layers rest, as the stage says."""
        stages.wake(self.stage, self.model)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """The step's rate and seed follow from its number."""
        fp("train.batch_start")
        torch.manual_seed(draws.step_seed(self.seed, self.step, self.global_rank))
        for group in self.optimizers().param_groups:
            group["lr"] = self.rate()

    def training_step(self, batch: Batch, batch_idx: int) -> Float[Tensor, ""]:
        """The loss of one batch under random parameters. Raises NonFinite for a loss that is not a number."""
        augmenter = self.model.augmenter
        parameters = augmenter.at(augmenter.sample(self.draws(batch)), batch.measured)
        loss = fp("train.loss", self.model.head.loss(self.outputs(batch, parameters), batch.target))
        value = self.trainer.strategy.reduce(loss.detach(), reduce_op="mean").item()  # of all ranks: they stop together
        if not np.isfinite(value):
            raise self.non_finite(f"The loss is {value}", batch.object_id)
        self.loss_sum, self.loss_count = self.loss_sum + value, self.loss_count + 1
        return loss

    def outputs(self, batch: Batch, parameters: Parameters) -> Float[Tensor, "galaxy output"]:
        """The model's outputs, from features that are known where the stage keeps them."""
        if self.features is not None:
            return self.model.head(self.features(batch))
        return self.model(batch.images, parameters)

    def draws(self, batch: Batch) -> Float[Tensor, "galaxy draw"]:
        """The uniform numbers of these galaxies in this epoch."""
        if self.draws_of is None or self.draws_of[0] != self.epoch:
            num_draws = self.model.augmenter.num_draws
            self.draws_of = self.epoch, draws.uniforms(self.seed, self.epoch, self.num_rows, num_draws)
        return torch.from_numpy(self.draws_of[1][batch.index.cpu().numpy()]).to(self.device)

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Raises NonFinite before a step that would spoil the weights."""
        fp("train.after_backward")
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients).item()
        if not np.isfinite(norm):
            raise self.non_finite(f"The gradient's norm is {norm} although the loss is finite", [])

    def non_finite(self, what: str, object_ids: list[str]) -> NonFinite:
        """The refusal to take a step."""
        galaxies = f"; galaxies {', '.join(object_ids[:8])}" if object_ids else ""
        return NonFinite(
            f"{what} at step {self.step} of stage {self.stage.name} (lr {self.rate():.2g}{galaxies}): nothing was "
            "changed by it; check these labels and images, or lower stages.*.lr."
        )

    def optimizer_step(self, *arguments: Any) -> None:
        """Take the step, and count it before any callback saves."""
        super().optimizer_step(*arguments)
        self.step += 1
        self.model.backbone.after_step(self.step)
        if self.average is not None:
            self.average.update(self.step - self.first)
        fp("train.after_step")

    def on_validation_epoch_start(self) -> None:
        """What is validated is what would leave the stage."""
        if self.average is not None:
            self.average.exchange()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Remember the outputs for the unperturbed galaxies."""
        fp("train.val")
        augmenter = self.model.augmenter
        outputs = self.outputs(batch, augmenter.at(augmenter.canonical(len(batch.index)), batch.measured))
        self.validated.append((batch.index.cpu(), outputs.float().cpu(), batch.target.cpu()))

    def on_validation_epoch_end(self) -> None:
        """One row of the history: losses, rate and metrics after this pass over the data."""
        index, outputs, target = (torch.cat(column) for column in zip(*self.gathered(), strict=True))
        order = index.argsort()
        self.validated = []
        self.history.append(
            {
                "step": self.step,
                "stage": self.stage.name,
                "train_loss": self.loss_sum / max(self.loss_count, 1),
                **self.measured(outputs[order].to(self.device), target[order].to(self.device)),
            }
        )
        self.trace()
        self.loss_sum, self.loss_count = 0.0, 0
        if self.average is not None:
            self.average.exchange()
        for logger in self.loggers:
            logger.log_metrics({k: v for k, v in self.history[-1].items() if k != "stage"}, step=self.step)

    def trace(self) -> None:
        """Note how far the weights spread now."""
        self.traces.append({"step": self.step, "stage": self.stage.name, "std": traces.spreads(self.model)})

    def gathered(self) -> list[tuple[Tensor, Tensor, Tensor]]:
        """The remembered outputs of all ranks, each galaxy once."""
        if self.trainer.world_size == 1:
            return self.validated
        everyone: list[Any] = [None] * self.trainer.world_size
        torch.distributed.all_gather_object(everyone, self.validated)
        return [part for rank in everyone for part in rank]

    def measured(self, outputs: Tensor, target: Tensor) -> Mapping[str, float]:
        """The validation loss and the head's scalar metrics."""
        head = self.model.head
        columns = head.predict(outputs)
        predictions = torch.stack([columns[name] for name in head.schema.columns], dim=1)
        metrics = head.metrics().to(self.device)
        metrics.update(predictions, target)
        return {"validation_loss": head.loss(outputs, target).item(), **scalars(metrics.compute())}

    def weights(self) -> dict[str, Tensor]:
        """The weights that would leave the stage now."""
        return self.model.state_dict() | (self.average.weights if self.average is not None else {})

    def kept_momentum(self) -> dict[str, dict[str, Any]]:
        """The optimizer's state by the parameter's name, for a checkpoint or the next stage."""
        names = {id(p): name for name, p in self.model.named_parameters()}
        return {names[id(p)]: dict(state) for p, state in self.optimizers().optimizer.state.items()}
