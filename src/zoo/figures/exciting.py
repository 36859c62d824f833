"""The galaxies that excite a unit most: what a layer looks for, shown in galaxies (Zeiler & Fergus 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor, nn

from zoo import datamodule, progress, sheet
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.figures import galaxy
from zoo.model import GalaxyModel

COLUMNS = 6
HEAD = "head"


def draw(
    model: GalaxyModel,
    dataset: Dataset,
    layer: str | None,
    unit: int | str,
    galaxies: int,
    split: str,
    batch_size: int,
    workers: int,
) -> Drawing:
    """Draw the first view of the galaxies with the largest values of a unit; the table has all, the largest first.

    Raises ZooError for an unknown layer or unit, and DataError for an empty split.
    """
    name = layer or model.backbone.layers()[-1][0]
    rows = galaxy.of_split(dataset, split)
    values = excitement(model, dataset, rows, name, unit, batch_size, workers)
    order = np.argsort(-values, kind="stable")
    table = pd.DataFrame(
        {"object_id": dataset.table["object_id"].to_numpy()[rows[order]], "row": rows[order], "value": values[order]}
    ).assign(layer=name, unit=unit)
    best = table.head(galaxies)
    captions = [f"{one.object_id}\n{one.value:.3g}" for one in best.itertuples()]
    views = [galaxy.first_view(model.augmenter, dataset, int(row)) for row in best["row"]]
    title = f"Unit {unit} of {name}: the {len(best)} most exciting of {len(table)} galaxies"
    return Drawing(sheet.drawn([sheet.Group(views, captions)], COLUMNS, title), table)


@torch.inference_mode()
def excitement(
    model: GalaxyModel,
    dataset: Dataset,
    rows: Sequence[int],
    layer: str,
    unit: int | str,
    batch_size: int,
    workers: int,
) -> Float[np.ndarray, " galaxy"]:
    """The unit's value for each galaxy as it is: the largest over all places of the map, views and parts."""
    module, noted = module_of(model, layer), list[Tensor]()
    hook = module.register_forward_hook(lambda *given: noted.append(given[2]))
    device, found = next(model.parameters()).device, []
    batches = datamodule.batches(dataset, list(rows), batch_size, workers)
    try:
        for batch in progress.track(batches, "looking at galaxies", len(batches)):
            noted.clear()
            as_they_are = model.augmenter.at(model.augmenter.canonical(len(batch.index)), batch.measured)
            outputs = model.eval()(batch.images.to(device), as_they_are)
            if layer == HEAD:
                found.append(answer(model.head.predict(outputs), unit))
            else:
                found.append(largest(noted, len(batch.index), unit, layer))
    finally:
        hook.remove()
    return torch.cat(found).float().cpu().numpy()


def module_of(model: GalaxyModel, layer: str) -> nn.Module:
    """The layer of the backbone, or the head. Raises ZooError for another name."""
    layers = {**dict(model.backbone.layers()), HEAD: model.head}
    if layer not in layers:
        raise ZooError(f"layer={layer} is no layer of this model: choose one of {', '.join(layers)}.")
    return layers[layer]


def answer(columns: dict[str, Tensor], unit: int | str) -> Float[Tensor, " galaxy"]:
    """A predicted column by its name. Raises ZooError for another one."""
    if str(unit) not in columns:
        raise ZooError(f"unit={unit} is no answer of the head: choose one of {', '.join(columns)}.")
    return columns[str(unit)]


def largest(noted: Sequence[Tensor], galaxies: int, unit: Any, layer: str) -> Float[Tensor, " galaxy"]:
    """A unit's largest value per galaxy; views and parts lie one behind the other, with all galaxies in each of them.

    Raises ZooError for a unit that the layer does not have.
    """
    output = torch.cat([part.flatten(2).amax(-1) if part.ndim > 2 else part for part in noted])
    if not (isinstance(unit, int) and 0 <= unit < output.shape[1]):
        raise ZooError(f"unit={unit} is none of the {output.shape[1]} of {layer}: choose a number from 0 on.")
    return output[:, unit].unflatten(0, (-1, galaxies)).amax(0)
