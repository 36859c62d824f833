"""Training as a list of stages: how long, what is trained, at which rate, with which options of the head."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from zoo.errors import Incompatible, ZooError
from zoo.head import Head
from zoo.model import GalaxyModel

log = logging.getLogger("zoo")

CHOICES = {"keep": ("last", "best"), "frozen_bn": ("inference", "batch_stats")}
"""The values of the keys of a stage that have few."""


@dataclass(frozen=True)
class Stage:
    """One stretch of training.

    epochs, steps: its length; when both are set the shorter wins. lr: the highest rate. train: `all`, `head`, or the
    name of the first backbone layer that is trained, with everything behind it; a dotted path of parts within a layer
    may follow. head: options of the head.
    fresh_optimizer: whether momentum starts from zero. patience: passes over the data without a lower validation loss
    after which it ends early. keep: whether the `last` or the `best` weights (lowest validation loss) leave the stage.
    average: the decay of a moving average of the weights that is validated, and leaves the stage, in their place.
    frozen_bn: what frozen batch-norms normalise by in training: `inference`, the averages that they have learnt, or
    `batch_stats`, the batch, while these averages stay: Keras before 2.3, whose validation then is of another network
    than its training (spec G20). cache_features: whether each galaxy's features are computed in the first pass only,
    which needs a backbone at rest and an augmenter that leaves galaxies as they are.
    """

    lr: float
    epochs: float | None = None
    steps: int | None = None
    train: str = "all"
    head: Mapping[str, Any] = field(default_factory=dict)
    fresh_optimizer: bool = True
    patience: int | None = None
    keep: str = "last"
    average: float | None = None
    frozen_bn: str = "inference"
    cache_features: bool = False
    name: str = "train"

    def length(self, steps_per_epoch: int, budget: float) -> int:
        """Its number of steps, at least one."""
        if budget <= 0:
            raise ZooError(f"budget={budget} leaves no step to train: take a number above 0; 1 is the whole length.")
        lengths = [n for n in (self.steps, self.epochs and self.epochs * steps_per_epoch) if n is not None]
        if not lengths or min(lengths) <= 0:
            raise ZooError(f"The stage {self.name} has no length: set its epochs or steps to a number above 0.")
        return max(1, math.ceil(budget * min(lengths)))


def read(configs: Sequence[Mapping[str, Any]]) -> list[Stage]:
    """The stages of a configuration. Raises ZooError for an empty list, an unknown key or an impossible value."""
    if not configs:
        raise ZooError("The list of stages is empty: a training needs at least one.")
    known = {f.name for f in fields(Stage)}
    for config in configs:
        if unknown := set(config) - known:
            raise ZooError(f"A stage has no key {min(unknown)!r}; it has {', '.join(sorted(known))}.")
        for key, choices in CHOICES.items():
            if config.get(key, choices[0]) not in choices:
                raise ZooError(f"{key}={config[key]} of a stage is neither {' nor '.join(choices)}.")
        if not 0 <= (config.get("average") or 0) < 1:
            raise ZooError(f"average={config['average']} of a stage is no decay: take a number from 0 to 1, or null.")
    return [Stage(**config) for config in configs]


def begin(stage: Stage, model: GalaxyModel) -> None:
    """Let a model learn what a stage trains, and nothing else."""
    for parameter in model.parameters():
        parameter.requires_grad = stage.train == "all"
    for module in trained_modules(stage.train, model):
        module.requires_grad_(True)


def trained_modules(train: str, model: GalaxyModel) -> list[nn.Module]:
    """The modules that a stage trains. Raises Incompatible for a layer that the backbone does not have."""
    if train == "all":
        return [model]
    if train == "head":
        return [model.head]
    layers = model.backbone.layers()
    for number, (name, layer) in enumerate(layers, start=1):
        if f"{train}.".startswith(f"{name}."):
            behind = [module for _, module in layers[number:]]
            return [*parts_from(layer, train[len(name) + 1 :]), *behind, model.head]
    known = ", ".join(name for name, _ in layers)
    raise Incompatible(f"The stage trains from layer {train!r} on; this backbone has {known}.")


def parts_from(module: nn.Module, path: str) -> list[nn.Module]:
    """A module's parts from the one at a dotted path on, in the order of their definition; the module for no path.

    Raises Incompatible for a part that it does not have.
    """
    if not path:
        return [module]
    first, _, rest = path.partition(".")
    parts = dict(module.named_children())
    if first not in parts:
        raise Incompatible(
            f"The stage trains from part {path!r} of a layer on; there, it has {', '.join(parts) or 'none'}."
        )
    behind = list(parts.values())[list(parts).index(first) + 1 :]
    return [*parts_from(parts[first], rest), *behind]


def wake(stage: Stage, model: GalaxyModel) -> None:
    """Put a model into the mode of training, with frozen modules at rest."""
    model.train()
    frozen = frozen_modules(model)
    for module in frozen:
        module.eval()
    for norm in model.modules():
        if isinstance(norm, _BatchNorm) and norm.running_mean is not None:
            by_batch = stage.frozen_bn == "batch_stats" and norm in frozen
            norm.train(norm.training or by_batch)
            norm.track_running_stats = not by_batch  # else torch updates its averages


def frozen_modules(model: GalaxyModel) -> list[nn.Module]:
    """Modules without a single trained parameter."""
    return [m for m in model.modules() if (ps := list(m.parameters())) and not any(p.requires_grad for p in ps)]


def options_of(head: Head) -> dict[str, Any]:
    """The head's options as they are now."""
    return {option: getattr(head, option) for option in head.options}


def set_options(head: Head, stage: Stage, built: Mapping[str, Any]) -> None:
    """Set the head's options as the stage says, the others as it was built; unknown ones are skipped and named."""
    for option in head.options:
        setattr(head, option, stage.head.get(option, built[option]))
    for option in set(stage.head) - set(head.options):
        log.info("stage %s: head option %s skipped, %s has none", stage.name, option, type(head).__name__)
