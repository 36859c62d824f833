"""What a search is about: the values that may be tried, in Hydra's words, and the number that is to become good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo import scores
from zoo.errors import ZooError

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.override_parser.types import Override
    from optuna.trial import BaseTrial

    from zoo.job import Job

DIRECTIONS = ("minimize", "maximize")


@dataclass(frozen=True)
class Search:
    """The overrides that all trials share, and those whose values are looked for."""

    fixed: tuple[str, ...]
    space: tuple[Override, ...]

    @property
    def told(self) -> list[str]:
        """All of it as it was typed, in one order."""
        return sorted([*self.fixed, *(str(one.input_line) for one in self.space)])

    @property
    def keys(self) -> list[str]:
        """The keys whose values are looked for."""
        return [one.get_key_element() for one in self.space]

    def samples(self) -> list[list[str]]:
        """The overrides of some trials: one with the first of all values, and one with each other value of a choice."""
        first = {key: least(one) for key, one in zip(self.keys, self.space, strict=True)}
        others = [{key: value} for key, one in zip(self.keys, self.space, strict=True) for value in names(one)[1:]]
        told = [first | other for other in ({}, *others)]
        return [[*self.fixed, *(f"{key}={value}" for key, value in each.items())] for each in told]

    def suggested(self, trial: BaseTrial) -> list[str]:
        """The overrides of a trial."""
        return [*self.fixed, *(f"{one.get_key_element()}={suggest(trial, one)}" for one in self.space)]


@dataclass(frozen=True)
class Goal:
    """A metric of the validation galaxies, and whether to minimize or maximize it."""

    metric: str
    direction: str


def read(words: Sequence[str], loader: ConfigLoader) -> Search:
    """The search that overrides describe. Raises ZooError where there is none, or an interval holds nothing."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(words))
    space = tuple(one for one in parsed if one.is_sweep_override())
    if not space:
        raise ZooError(
            "hydra/sweeper=tune has nothing to search: give a key several values, as "
            "'stages.0.lr=tag(log,interval(1e-5,1e-2))', 'batch_size=choice(16,32)' or 'architecture.width=range(4,9)'."
        )
    for one in space:
        refuse_nothing(one)
    return Search(tuple(str(one.input_line) for one in parsed if not one.is_sweep_override()), space)


def refuse_nothing(override: Override) -> None:
    """Raise ZooError for values that cannot be searched."""
    value: Any = override.value()
    if override.is_interval_sweep():
        empty, lowest = value.start >= value.end, value.start
    else:
        values = list(override.sweep_string_iterator())
        empty, lowest = not values, value.start if override.is_range_sweep() else 1
    if empty:
        raise ZooError(f"{override.input_line} holds no value to try: give the lower end first.")
    if logarithmic(override) and lowest <= 0:
        raise ZooError(f"{override.input_line} is searched by its logarithm: its lower end has to be above 0.")


def logarithmic(override: Override) -> bool:
    """Whether each decade is worth as much as another."""
    return "log" in getattr(override.value(), "tags", ())


def suggest(trial: BaseTrial, override: Override) -> str:
    """The value of one key in a trial, as it is typed."""
    key, value = override.get_key_element(), override.value()
    log = logarithmic(override)
    if override.is_interval_sweep():
        whole = isinstance(value.start, int) and isinstance(value.end, int)
        numbers = trial.suggest_int if whole else trial.suggest_float
        return repr(numbers(key, value.start, value.end, log=log))
    if override.is_range_sweep() and log and isinstance(value.range(), range):
        return repr(trial.suggest_int(key, value.range()[0], value.range()[-1], log=True))
    values = list(override.sweep_string_iterator())
    if override.is_range_sweep():  # in order: neighbours are alike
        return values[trial.suggest_int(key, 0, len(values) - 1)]
    return trial.suggest_categorical(key, values)


def names(override: Override) -> list[str]:
    """The values of a key that are searched in no order, as a choice has them."""
    ordered = override.is_interval_sweep() or override.is_range_sweep()
    return [] if ordered else list(override.sweep_string_iterator())


def least(override: Override) -> str:
    """A value of a key that may be tried."""
    value = override.value()
    return repr(value.start) if override.is_interval_sweep() else next(override.sweep_string_iterator())


def goal(metric: str | None, direction: str | None, job: Job) -> Goal:
    """What is asked for, completed by what the job's labels are and what a metric's name says."""
    metric = metric or usual_metric(job)
    direction = direction or scores.direction(metric)
    if direction not in DIRECTIONS:
        said = f"{direction!r} is neither {' nor '.join(DIRECTIONS)}" if direction else "its name does not say"
        raise ZooError(
            f"Whether more or less of {metric} is better has to be known, and {said}: give "
            f"hydra.sweeper.direction={DIRECTIONS[0]} or {DIRECTIONS[1]}."
        )
    return Goal(metric, direction)


def usual_metric(job: Job) -> str:
    """Accuracy where the labels of a job are classes, else the root mean squared error."""
    from zoo import build, fit
    from zoo.schema import Classes

    dataset = build.prepared_dataset(fit.choices_of(job.names), fit.values_of(job.cfg))
    return "accuracy" if isinstance(dataset.schema, Classes) else "rmse"
