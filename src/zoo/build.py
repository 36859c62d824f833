"""From names and numbers to objects: the one place where parts are made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from zoo import packages, pseudo_labels, registry, signature, source, weights
from zoo.architecture import Backbone
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset
from zoo.errors import DataError, Incompatible, ZooError
from zoo.head import Head, check_schema
from zoo.joined import Joined
from zoo.misfit import Misfit
from zoo.model import GalaxyModel
from zoo.packages import Choices
from zoo.registry import MODEL, Part
from zoo.run import WEIGHTS, Run, full_name
from zoo.schema import Schema

Config = Mapping[str, Any]
NOUNS: Mapping[str, type] = {noun.__module__.rpartition(".")[2]: noun for noun in (Backbone, Augmenter, Dataset, Head)}
"""What the class of a part inherits from, by group: the noun in the module of that name."""

NUMBERS = frozenset({int, float, bool, NoneType})
"""Types of arguments that no text can be meant for."""

UNTRAINED: Config = {"pretrained": False, "weights": None}
"""What these arguments of an architecture are set to where trained weights replace the first ones: neither the hub nor
the file that a training started from is needed to use its result."""


def locate(group: str, name: str) -> Callable[..., Any]:
    """The class or function behind an installed part, by `name` or `provider/name`.

    Raises ZooError where its package cannot be imported, or where the class is not its package's.
    """
    part = registry.find(group, name)
    target = signature.target(part)
    if fault := signature.stranger(part):
        raise ZooError(fault, "E-PART-BROKEN")
    try:
        return signature.imported(target)
    except (ImportError, AttributeError) as error:
        raise broken(part, f"names {target}, which", error) from error


def broken(part: Part, what: str, error: ImportError | AttributeError) -> ZooError:
    """A part whose code lacks something: with what to install, where that is another package's module."""
    absent = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    own = absent == signature.target(part).partition(".")[0]
    remedy = packages.bringing(absent, part.provider) if absent and not own else f"zoo plugins doctor {part.provider}"
    return ZooError(
        f"{part.group}={part.name} {what} {part.provider} {part.version} cannot provide ({error}): {remedy}.",
        "E-PART-BROKEN",
    )


def part(group: str, name: str, values: Mapping[str, Any] | None = None, **told: Any) -> Any:
    """The object of a part: its class called with the values of its YAML, and with what zoo tells it if it asks.

    Raises ZooError where the values do not fit the class, by name or type, or a module that it needs is not installed.
    """
    make = locate(group, name)
    asked = inspect.signature(make).parameters
    given = {key: value for key, value in (values or {}).items() if not key.startswith("_")}
    refuse_texts(group, make, given)
    arguments = as_paths(make, given) | {key: value for key, value in told.items() if key in asked}
    try:
        inspect.signature(make).bind(**arguments)
    except TypeError as error:
        raise Misfit(registry.find(group, name), make, arguments) from error
    try:
        return make(**arguments)
    except ModuleNotFoundError as error:
        raise broken(registry.find(group, name), "needs what", error) from error


def named(choices: Choices, group: str) -> str:
    """The part chosen in a group, as `provider/name`.

    Raises ZooError where none is chosen, and UnknownPart where it is not here, with what to install.
    """
    if group not in choices:
        raise ZooError(f"No {group} is chosen: write {group}=NAME with one of {', '.join(registry.names(group))}.")
    if "provider" in choices[group]:
        packages.require(choices, [group])
    return full_name(choices[group])


def chosen(group: str, choices: Choices, config: Config, **told: Any) -> Any:
    """The object of the part that is chosen in a group. Raises ZooError where its class is of another kind."""
    name, noun = named(choices, group), NOUNS[group]
    made = part(group, name, config[group], **told)
    if not isinstance(made, noun):
        raise ZooError(
            f"{group}={name} is {type(made).__name__} and no {noun.__name__}: let its class inherit from "
            f"zoo.{group}.{noun.__name__}.",
            "E-PART-BROKEN",
        )
    return made


def as_paths(make: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with texts made paths where the annotation of the argument says so."""
    taken = types(make)
    return {k: Path(v) if Path in taken.get(k, ()) and isinstance(v, str) else v for k, v in values.items()}


def refuse_texts(group: str, make: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Raise ZooError for a text where the annotation of the argument says that only numbers are taken."""
    for key, taken in types(make).items():
        if isinstance(value := values.get(key), str) and NUMBERS.issuperset(taken):
            wanted = "true or false" if bool in taken else "a number"
            raise ZooError(f"{group}.{key}={value} is a text, and {make.__name__} takes {wanted} there: give one.")


def types(make: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """The types that each argument takes, as its annotation says: those of a union one by one."""
    try:
        hints = get_type_hints(make.__init__ if inspect.isclass(make) else make)
    except (NameError, AttributeError, TypeError):  # annotations that only a type checker resolves
        return {}
    return {key: get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,) for key, hint in hints.items()}


def dataset(choices: Choices, config: Config) -> Dataset:
    """The chosen dataset, not yet prepared."""
    return chosen("dataset", choices, config)


def prepared_dataset(choices: Choices, config: Config) -> Dataset:
    """The chosen dataset with all its files ready. Raises DataError where it is empty."""
    built = dataset(choices, config)
    built.prepare()
    if not len(built):
        raise DataError(f"dataset={choices['dataset']['name']} has 0 galaxies: check its table and its filters.")
    return with_pseudo_labels(built, choices, config) if config.get("pseudo_labels") else built


def with_pseudo_labels(own: Dataset, choices: Choices, config: Config) -> Joined:
    """A dataset, and the galaxies of the table `pseudo_labels`, which says from which dataset they are."""
    table, source = pseudo_labels.read(Path(config["pseudo_labels"]))
    same = (full_name(source["choice"]), source["values"]) == (full_name(choices["dataset"]), config["dataset"])
    other = own if same else prepared_dataset({"dataset": source["choice"]}, {"dataset": source["values"]})
    return Joined(own, other, dict(zip(table["object_id"], table["label"], strict=True)))


def augmenter(choices: Choices, config: Config) -> Augmenter:
    """The chosen augmenter."""
    return chosen("augmenter", choices, config)


def model(choices: Choices, config: Config, schema: Schema, num_bands: int) -> GalaxyModel:
    """The chosen augmenter, backbone and head as one model with fresh weights.

    Raises Incompatible where the parts cannot work together, and ZooError where one is not chosen.
    """
    check_schema(locate("head", named(choices, "head")), schema)
    backbone = chosen("architecture", choices, config, num_bands=num_bands)
    if not isinstance(getattr(backbone, "num_features", None), int):
        name = named(choices, "architecture")
        raise Incompatible(f"architecture={name} states no num_features: its class must set it.")
    head = chosen("head", choices, config, schema=schema, num_features=backbone.num_features)
    return GalaxyModel(augmenter(choices, config), backbone, head)


def load_model(run: Run) -> GalaxyModel:
    """The trained model of a finished run, in eval mode.

    Raises ZooError where the run is unfinished, its weights are damaged, or a part's package is absent. Where a package
    is another version than the run was made with, or its code has changed, that is said, and is part of any error.
    """
    try:
        built = with_weights(run)
    except Misfit as error:
        raise ZooError(f"{error.of_run(run.folder)}: {remedy(run)}.", error.code) from error
    except ZooError as error:
        if others := "; ".join(packages.others(run.choices, MODEL)):
            raise type(error)(f"{error} ({others}: {packages.remedies(run.choices, MODEL)})", error.code) from error
        if edited := " and ".join(source.changed(run.folder, run.choices, MODEL)):
            raise type(error)(f"{error} (the code of {edited} has changed since: {remedy(run)})", error.code) from error
        raise
    packages.warn_of_others(run.choices, MODEL)
    source.warn_of_changes(run.folder, run.choices, MODEL)
    return built.eval()


def remedy(run: Run) -> str:
    """What brings back a run whose class is another now: its own version, else the code that it was made with."""
    if others := "; ".join(packages.others(run.choices, MODEL)):
        return f"{others}, so {packages.remedies(run.choices, MODEL)}"
    return "bring back the code that it was made with, or train again"


def with_weights(run: Run) -> GalaxyModel:
    """The model of a finished run with its weights. Raises ZooError as `load_model` says."""
    described = run.description
    architecture = {key: UNTRAINED.get(key, value) for key, value in run.config["architecture"].items()}
    built = model(run.choices, {**run.config, "architecture": architecture}, run.schema, run.num_bands)
    path = run.folder / WEIGHTS
    weights.load_into(built, weights.read(path, described["sha256"]), path)
    return built
