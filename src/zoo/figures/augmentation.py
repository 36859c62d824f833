"""One galaxy under many random draws of the augmenter (Khan et al. 2019, Fig. 8; spec G16, G27)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float32
from torch import Tensor

from zoo import sheet
from zoo.augmenter import Augmenter, Parameters
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.draws import uniforms
from zoo.figures import galaxy as one
from zoo.pictures import as_rgb


def draw(
    augmenter: Augmenter, dataset: Dataset, galaxy: str | None, passes: int, columns: int, split: str, seed: int
) -> Drawing:
    """Draw the image, its view without any perturbation, and the views of the first passes of a training.

    These are the first views that a training with this seed and data set has of this galaxy. The table has a row per
    view with the uniform draws and what the augmenter made of them. Raises DataError for a galaxy that is not there,
    and ZooError for less than one pass.
    """
    sheet.refuse_nothing(passes=passes, columns=columns)
    row = one.chosen(dataset, galaxy, split)
    object_id = dataset.table["object_id"].iat[row]
    drawn = of_passes(seed, passes, len(dataset), augmenter.num_draws, row)
    sampled = augmenter.sample(torch.from_numpy(drawn))
    made = [one.views(augmenter, dataset, row), *perturbed(augmenter, dataset, row, drawn)]
    pictures = [as_rgb(dataset[row].image.numpy()), *(as_rgb(view[0, 0].cpu().numpy()) for view in made)]
    captions = ["the image", "as evaluated", *(f"pass {number}" for number in range(1, passes + 1))]
    title = f"Galaxy {object_id} under {type(augmenter).__name__}, {passes} passes with the seed {seed}"
    table = pd.concat([table_of(augmenter.canonical(1), 1), draws_of(drawn).join(table_of(sampled, passes))])
    numbers = table.assign(**{"object_id": object_id, "pass": range(passes + 1)})
    ordered = numbers[["object_id", "pass", *(name for name in table)]].reset_index(drop=True)
    return Drawing(sheet.drawn([sheet.Group(pictures, captions)], columns, title), ordered)


def of_passes(seed: int, passes: int, galaxies: int, num_draws: int, row: int) -> Float32[np.ndarray, "pass draw"]:
    """The draws of one galaxy of a data set in each pass of a training, the first one first."""
    return np.stack([uniforms(seed, number, galaxies, num_draws)[row] for number in range(passes)])


def perturbed(
    augmenter: Augmenter, dataset: Dataset, row: int, drawn: Float32[np.ndarray, "pass draw"]
) -> list[Tensor]:
    """The views of a galaxy for each pass by itself."""
    return [one.views(augmenter, dataset, row, augmenter.sample(torch.from_numpy(own[None]))) for own in drawn]


def draws_of(drawn: Float32[np.ndarray, "pass draw"]) -> pd.DataFrame:
    """The uniform draws as columns."""
    return pd.DataFrame(drawn, columns=[f"draw_{k}" for k in range(drawn.shape[1])])


def table_of(parameters: Parameters, galaxies: int) -> pd.DataFrame:
    """The parameters of these galaxies as columns, where they are a dataclass with a first axis of galaxies."""
    columns: dict[str, Any] = {}
    for name in (field.name for field in fields(parameters)) if is_dataclass(parameters) else ():
        value = getattr(parameters, name)
        if isinstance(value, Tensor) and value.ndim and len(value) == galaxies:
            flat = value.reshape(galaxies, -1).cpu().numpy()
            columns |= {name if flat.shape[1] == 1 else f"{name}_{k}": flat[:, k] for k in range(flat.shape[1])}
    return pd.DataFrame(columns, index=range(galaxies))
