"""`zoo figure`: one of the figures as PNG, SVG and CSV."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import build, measurements, style
from zoo.drawing import Drawing
from zoo.errors import Incompatible, ZooError
from zoo.fit import choices_of, values_of
from zoo.run import Run, names_apart, relative

if TYPE_CHECKING:
    import torch
    from omegaconf import DictConfig

    from zoo.augmenter import Augmenter
    from zoo.dataset import Dataset
    from zoo.model import GalaxyModel
    from zoo.schema import Schema

NEEDS = {
    "run": "a training: give run=FOLDER, one that `zoo train` wrote",
    "dataset": "galaxies: give dataset=NAME, or run=FOLDER for those of a run",
    "models": "trained models: give runs=[A,B,…], or run=FOLDER for one",
    "model": "a model: give run=FOLDER for a trained one, or model=NAME for one with fresh weights",
    "augmenter": "an augmenter: give augmenter=NAME, model=NAME, or run=FOLDER for that of a run",
    "schema": "to know what the labels mean: give tree=NAME, dataset=NAME or run=FOLDER",
}
"""What a figure may ask for and may not get, with the words that get it."""

PLAIN = ("split", "batch_size", "workers", "seed")
"""Keys of conf/figure.yaml that a figure may ask for as they are."""


def main(cfg: DictConfig) -> str:
    """Draw the figure, write its three files, and print the picture's path.

    Raises ZooError, before anything is written, where the figure needs what it was not given.
    """
    import matplotlib
    from hydra.core.hydra_config import HydraConfig

    names, config = HydraConfig.get().runtime.choices, values_of(cfg)
    name = names["figure"]
    supplies = Supplies(choices_of(names), config)
    with matplotlib.rc_context(style.HOUSE):
        told = asked(name, build.locate("figure", name), config["figure"], supplies)
        drawing = build.part("figure", name, config["figure"], **told)
        if not isinstance(drawing, Drawing):
            found = type(drawing).__name__
            raise ZooError(
                f"The figure {name} gave a {found}, and zoo.drawing.Drawing was expected: mend its function."
            )
        path = drawing.write(Path(config["out"]), name)
    print(relative(path))
    return str(path)


def asked(name: str, draw: Callable[..., Any], own: Mapping[str, Any], supplies: Supplies) -> dict[str, Any]:
    """What the figure's function asks for by the names of its arguments, beside the keys of its YAML.

    A dataset that comes with a model or an augmenter knows what that one wants to be measured on its galaxies.
    Raises ZooError for what is neither given nor optional, and Incompatible where the labels of the data set are not
    those that the model answers with.
    """
    told = {}
    for key, parameter in inspect.signature(draw).parameters.items():
        if key in own or key not in (*NEEDS, *PLAIN, "device"):
            continue
        told[key] = getattr(supplies, key) if key in (*NEEDS, "device") else supplies.config[key]
        if told[key] is None and parameter.default is inspect.Parameter.empty:
            raise ZooError(f"The figure {name} needs {NEEDS[key]}.")
    if told.get("dataset") is not None:
        fit_together(told, supplies.config["measurements"])
    return told


def fit_together(told: Mapping[str, Any], measured: str | None) -> None:
    """Give the data set what the models, or the augmenter, want to be measured on its galaxies.

    Raises Incompatible where its labels are not those of a model, or models want different things measured.
    """
    models = [*(told.get("models") or {}).values(), *([told["model"]] if told.get("model") is not None else [])]
    for wanted in [model.head.schema for model in models] or [told.get("schema")]:
        if wanted is not None:
            from zoo.verbs.evaluate import refuse_schema

            refuse_schema(told["dataset"].schema, wanted)
    augmenters = [model.augmenter for model in models] or [told.get("augmenter")]
    if len({getattr(one and one.measurement, "name", None) for one in augmenters}) > 1:
        raise Incompatible("The runs want different things measured on their galaxies: draw them one by one.")
    if augmenters[0] is not None:
        measurements.attach(told["dataset"], augmenters[0], measured)


class Supplies:
    """What figures may ask for, made when the first one asks: None where the command line does not give it."""

    def __init__(self, choices: Mapping[str, Mapping[str, str]], config: Mapping[str, Any]):
        self.choices, self.config = choices, config

    @cached_property
    def run(self) -> Run | None:
        """The run of `run=`."""
        return Run.open(Path(self.config["run"])) if self.config["run"] else None

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of `runs=`."""
        return [Run.open(Path(folder)) for folder in self.config["runs"]]

    @cached_property
    def models(self) -> dict[str, GalaxyModel] | None:
        """The trained models of `runs=`, else that of `run=`, by the names of their folders."""
        runs = self.runs or ([self.run] if self.run else [])
        loaded = [build.load_model(run).to(self.device) for run in runs]
        return dict(zip(names_apart(runs), loaded, strict=True)) or None

    @cached_property
    def dataset(self) -> Dataset | None:
        """The chosen data set with its files ready. Raises Incompatible for images that the run cannot take."""
        if "dataset" not in self.choices:
            return None
        dataset = build.prepared_dataset(self.choices, self.config)
        for run in [*self.runs, *([self.run] if self.run and self.run.finished else [])]:
            from zoo.predictor import refuse_bands

            refuse_bands(dataset, run)
        return dataset

    @cached_property
    def schema(self) -> Schema | None:
        """What the labels of the run, else of the data set, mean; else the chosen tree."""
        from zoo.schema import read_tree

        if self.run and self.run.finished:
            return self.run.schema
        if self.dataset is not None:
            return self.dataset.schema
        return read_tree(self.config["tree"]["questions"]) if "tree" in self.config else None

    @cached_property
    def augmenter(self) -> Augmenter | None:
        """The augmenter of the run, else the chosen one."""
        choices, config = (self.run.choices, self.run.config) if self.run else (self.choices, self.config)
        chosen = choices.get("augmenter")
        return build.part("augmenter", chosen["name"], config["augmenter"]) if chosen else None

    @cached_property
    def model(self) -> GalaxyModel | None:
        """The trained model of the run, else one with fresh weights, on the device."""
        import torch

        if self.run:
            model = build.load_model(self.run)
        elif {"augmenter", "architecture", "head"} <= self.choices.keys() and self.schema is not None:
            torch.manual_seed(self.config["seed"])
            bands = self.dataset.num_bands if self.dataset is not None else 3
            model = build.model(self.choices, self.config, self.schema, bands).eval()
        else:
            return None
        return model.to(self.device)

    @cached_property
    def device(self) -> torch.device:
        """The device of `device=`."""
        from zoo.predictor import usable

        return usable(self.config["device"])
