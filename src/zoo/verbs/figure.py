"""`zoo figure`: one of the figures as PNG, SVG and CSV."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import build, measurements, style
from zoo.drawing import Drawing
from zoo.errors import Incompatible, ZooError
from zoo.fit import values_of
from zoo.run import relative
from zoo.supplies import ALWAYS, NEEDS, Supplies

if TYPE_CHECKING:
    from omegaconf import DictConfig

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
    supplies = Supplies(names, config)
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
    told: dict[str, Any] = {}
    asks = inspect.signature(draw).parameters
    if "models" in asks and "rounds" not in asks and supplies.recursed:
        raise ZooError(f"The figure {name} tells no rounds apart: name the models of one round, runs=[A,B,…].")
    for key, parameter in asks.items():
        if key in own or key not in (*NEEDS, *ALWAYS, *PLAIN):
            continue
        told[key] = getattr(supplies, key) if key in (*NEEDS, *ALWAYS) else supplies.config[key]
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
    given = told["dataset"].schema
    for wanted in [model.head.schema for model in models] or [told.get("schema")]:
        if wanted is not None and given.columns:  # galaxies without any labels can be looked at by every model
            from zoo.verbs.evaluate import refuse_schema

            refuse_schema(given, wanted)
    augmenters = [model.augmenter for model in models] or [told.get("augmenter")]
    if len({getattr(one and one.measurement, "name", None) for one in augmenters}) > 1:
        raise Incompatible("The runs want different things measured on their galaxies: draw them one by one.")
    if augmenters[0] is not None:
        measurements.attach(told["dataset"], augmenters[0], measured)
