"""What figures may ask for by the names of their arguments, made when the first one asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import build, packages
from zoo.fit import choices_of
from zoo.recursion import Trained, trained
from zoo.registry import MODEL
from zoo.run import Run, names_apart

if TYPE_CHECKING:
    import torch

    from zoo.augmenter import Augmenter
    from zoo.dataset import Dataset
    from zoo.model import GalaxyModel
    from zoo.schema import Schema

NEEDS = {
    "run": "a training: give run=FOLDER, one that `zoo train` wrote",
    "dataset": "galaxies: give dataset=NAME, or run=FOLDER for those of a run",
    "other": "a second data set: give dataset@other=NAME, and its values as other.KEY=VALUE",
    "models": "trained models: give runs=[A,B,…], or run=FOLDER for one",
    "rounds": "a recursion: give recursion=FOLDER, one that `zoo recurse` wrote",
    "recursion": "a recursion: give recursion=FOLDER, one that `zoo recurse` wrote",
    "stages": "stages of a training: give stages=NAME, model=NAME or run=FOLDER",
    "model": "a model: give run=FOLDER for a trained one, or model=NAME for one with fresh weights",
    "augmenter": "an augmenter: give augmenter=NAME, model=NAME, or run=FOLDER for that of a run",
    "schema": "to know what the labels mean: give tree=NAME, dataset=NAME or run=FOLDER",
}
"""What a figure may ask for and may not get, with the words that get it."""

ALWAYS = ("num_bands", "device")
"""What a figure may ask for and always gets."""


class Supplies:
    """What figures may ask for, made when the first one asks: None where the command line does not give it."""

    def __init__(self, names: Mapping[str, str], config: Mapping[str, Any]):
        self.names, self.choices, self.config = names, choices_of(names), config

    @cached_property
    def run(self) -> Run | None:
        """The run of `run=`."""
        return Run.open(Path(self.config["run"])) if self.config["run"] else None

    @cached_property
    def recursion(self) -> Path | None:
        """The folder of `recursion=`."""
        return Path(self.config["recursion"]) if self.config["recursion"] else None

    @cached_property
    def recursed(self) -> list[Trained]:
        """The trainings of a recursion, round by round."""
        return trained(self.recursion) if self.recursion and not self.config["runs"] else []

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of `runs=`, else those of a recursion."""
        folders = [Path(folder) for folder in self.config["runs"]] or [one.folder for one in self.recursed]
        return [Run.open(folder) for folder in folders]

    @cached_property
    def models(self) -> dict[str, GalaxyModel] | None:
        """The trained models of `runs=`, of a recursion, or else that of `run=`, by the names of their folders."""
        runs = self.runs or ([self.run] if self.run else [])
        loaded = [build.load_model(run).to(self.device) for run in runs]
        return dict(zip(names_apart(runs), loaded, strict=True)) or None

    @cached_property
    def rounds(self) -> dict[str, int] | None:
        """The round of each model of a recursion."""
        names = names_apart(self.runs) if self.recursed else []
        return dict(zip(names, (one.round for one in self.recursed), strict=True)) or None

    @cached_property
    def stages(self) -> list[Mapping[str, Any]] | None:
        """The stages of the run, else those chosen."""
        return self.run.config["stages"] if self.run else self.config.get("stages")

    @cached_property
    def other(self) -> Dataset | None:
        """The second data set with its files ready, as chosen by `dataset@other=`."""
        name = self.names.get("dataset@other")
        if not name:
            return None
        return build.prepared_dataset(choices_of({"dataset": name}), {"dataset": self.config["other"]})

    @cached_property
    def dataset(self) -> Dataset | None:
        """The chosen data set with its files ready.

        Raises Incompatible for images that the run cannot take, and UnknownPart where the run's data set is not here.
        """
        if "dataset" not in self.choices:
            if self.run:
                packages.require(self.run.choices, ["dataset"])
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
        return build.augmenter(choices, config) if chosen else None

    @cached_property
    def num_bands(self) -> int:
        """The bands of the images that the model takes: the run's, else the data set's, else 3."""
        if self.run:
            return self.run.num_bands
        return self.dataset.num_bands if self.dataset is not None else 3

    @cached_property
    def model(self) -> GalaxyModel | None:
        """The trained model of the run, else one with fresh weights, on the device."""
        import torch

        if self.run:
            model = build.load_model(self.run)
        elif {*MODEL} <= self.choices.keys() and self.schema is not None:
            torch.manual_seed(self.config["seed"])
            model = build.model(self.choices, self.config, self.schema, self.num_bands).eval()
        else:
            return None
        return model.to(self.device)

    @cached_property
    def device(self) -> torch.device:
        """The device of `device=`."""
        from zoo.predictor import usable

        return usable(self.config["device"])
