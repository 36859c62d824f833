"""How good predictions are: the root mean squared error, and any metrics with intervals over galaxies.

Importing this module imports torchmetrics (3 s): import it where it is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from torchmetrics import Metric, MetricCollection

LEVELS = (2.5, 97.5)
"""Percentiles that bound the central 95 %."""


class Rmse(Metric):
    """Root mean squared error over galaxies and columns, in total and for groups of columns.

    `groups` maps the name of a group (a question, a quantity) to its columns; computes `rmse` and `rmse/<group>`, or
    what `name` says. `compared` turns predictions and targets into what is compared, where that is not they themselves
    (votes: their fractions). Targets that are NaN do not count; without any target the error is NaN.
    """

    full_state_update = False

    def __init__(
        self,
        num_columns: int,
        groups: Mapping[str, Sequence[int]],
        compared: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
        name: str = "rmse",
    ):
        super().__init__()
        self.groups = {group: list(columns) for group, columns in groups.items()}
        self.compared, self.name = compared, name
        self.add_state("squares", torch.zeros(num_columns), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros(num_columns, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, predictions: Float[Tensor, "galaxy column"], target: Float[Tensor, "galaxy column"]) -> None:
        """Take in a batch of galaxies."""
        if self.compared is not None:
            predictions, target = self.compared(predictions, target)
        known = ~target.isnan()
        errors = torch.where(known, predictions - target, 0)
        self.squares = self.squares + errors.square().sum(0)
        self.count = self.count + known.sum(0)

    def compute(self) -> dict[str, Float[Tensor, ""]]:
        """The errors by name."""
        parts = {f"{self.name}/{group}": self._over(columns) for group, columns in self.groups.items()}
        return {self.name: self._over(slice(None)), **parts}

    def _over(self, columns: list[int] | slice) -> Float[Tensor, ""]:
        return (self.squares[columns].sum() / self.count[columns].sum()).sqrt()


def scalars(values: Mapping[str, Tensor]) -> dict[str, float]:
    """The computed metrics that are single numbers, for logs and tables; matrices are left out."""
    return {name: value.item() for name, value in values.items() if value.ndim == 0}


def summarise(
    collection_factory: Callable[[], MetricCollection],
    predictions: Float[Tensor, "galaxy column"],
    target: Shaped[Tensor, "galaxy ..."],
    baseline: Float[np.ndarray, " column"],
    resamples: int = 200,
    seed: int = 0,
    variance: Float[np.ndarray, "galaxy column"] | None = None,
) -> dict[str, dict[str, Any]]:
    """Every metric as `{"value", "low", "high", "baseline"}`, in plain values that JSON can hold.

    With the variance that the labels owe to their finite number of volunteers, the errors `rmse…` have a `ceiling` too:
    what a prediction of the fractions that infinitely many volunteers would give would have.

    value: over all galaxies. low, high: the 95 % percentile bootstrap interval over galaxies (Efron 1979), which are
    drawn by a function of (seed, resample). baseline: the same metric for the constant prediction `baseline`.
    Galaxies without any label are left out. What is undefined (no label, a class that does not occur) is None;
    resamples in which a metric is undefined do not count for its interval. A matrix has no interval.
    """
    labelled = _labelled(target)
    predictions, target = predictions[labelled], target[labelled]
    constant = torch.as_tensor(baseline, dtype=predictions.dtype, device=predictions.device).expand_as(predictions)
    metrics = collection_factory().to(predictions.device)
    values, constants = _compute(metrics, predictions, target), _compute(metrics, constant, target)
    spread = defaultdict(list)
    for rows in resampled(len(target), resamples, seed):
        rows = rows.to(predictions.device)
        for name, number in scalars(_compute(metrics, predictions[rows], target[rows])).items():
            spread[name].append(number)
    ceilings = {} if variance is None else _ceilings(metrics, target, variance[labelled.cpu().numpy()])
    return {
        name: {"value": _plain(value), **_interval(spread[name]), "baseline": _plain(constants[name])}
        | ({"ceiling": _plain(ceilings[name])} if name in ceilings else {})
        for name, value in values.items()
    }


def _ceilings(
    metrics: MetricCollection, target: Float[Tensor, "galaxy column"], variance: Float[np.ndarray, "galaxy column"]
) -> dict[str, Tensor]:
    """The errors `rmse…` that labels of this variance leave: those of their standard deviations against 0."""
    spread = torch.as_tensor(variance, dtype=target.dtype, device=target.device).sqrt()
    nothing = torch.where(target.isnan(), target, 0)
    found = _compute(metrics, spread, nothing)
    return {name: value for name, value in found.items() if name.partition("/")[0] == "rmse"}


def _labelled(target: Shaped[Tensor, "galaxy ..."]) -> Shaped[Tensor, " galaxy"]:
    """Which galaxies have any label: a class that is not -1, or a number that is not NaN."""
    known = ~target.isnan() if target.is_floating_point() else target >= 0
    return known if known.ndim == 1 else known.flatten(1).any(1)


def _compute(
    metrics: MetricCollection, predictions: Float[Tensor, "galaxy column"], target: Shaped[Tensor, "galaxy ..."]
) -> dict[str, Tensor]:
    metrics.reset()
    metrics.update(predictions, target)
    return metrics.compute()


def resampled(num_galaxies: int, resamples: int, seed: int) -> Iterator[Int[Tensor, " galaxy"]]:
    """Rows drawn with replacement, as often as there are galaxies; nothing without galaxies."""
    for resample in range(resamples if num_galaxies else 0):
        generator = np.random.Generator(np.random.Philox(key=[seed, resample]))
        yield torch.from_numpy(generator.integers(num_galaxies, size=num_galaxies))


def _interval(numbers: Sequence[float]) -> dict[str, float | None]:
    finite = [number for number in numbers if np.isfinite(number)]
    low, high = np.percentile(finite, LEVELS).tolist() if finite else (None, None)
    return {"low": low, "high": high}


def _plain(value: Tensor) -> Any:
    """A number, or nested lists of numbers, with None for what is not finite."""
    if value.ndim:
        return [_plain(row) for row in value]
    number = value.item()
    return number if np.isfinite(number) else None
