"""Galaxies as they are beside the recentred view, and how far a data set is moved and scaled (spec B12 to B14, I11)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Polygon
from torch import Tensor

from zoo import style
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.figures import galaxy
from zoo.pictures import as_rgb
from zoo_augmenter_kornia.affine import Affine
from zoo_augmenter_kornia.figures import distributions
from zoo_augmenter_kornia.matrices import LARGEST_SCALE, TARGET_RADIUS
from zoo_augmenter_kornia.parameters import Parameters

WAY_OUT = "augmenter=affine_gen2 or augmenter=affine_gen1"

PAIRS = 3
"""Galaxies in a row of the picture, each beside its view."""

ROW, BELOW = 1.37, 2.5
"""Heights in inches: of a row of galaxies with their captions, and of the distributions."""


def draw(dataset: Dataset, galaxies: int, split: str, augmenter: Augmenter | None = None) -> Drawing:
    """Draw galaxies with what was measured on them, their views, and the distributions of scales and offsets.

    The table has a row per galaxy. Raises ZooError for an augmenter that does not recentre and for less than one
    galaxy, and DataError for a split without galaxies.
    """
    if not isinstance(augmenter, Affine) or augmenter.measurement is None:
        given = "none was given" if augmenter is None else "the one given does not"
        raise ZooError(f"The figure recentring needs an augmenter that recentres, and {given}: add {WAY_OUT}.")
    if galaxies < 1:
        raise ZooError(f"galaxies={galaxies}: give 1 or more.")
    rows = galaxy.of_split(dataset, split)
    chosen, table = numbers(dataset, augmenter, rows)
    shown = spread(table["scale"].to_numpy(), galaxies)
    lines = -(-len(shown) // PAIRS)
    picture = Figure(figsize=(style.WIDTH, ROW * lines + 0.35 + BELOW), layout="constrained")
    above, below = picture.subfigures(2, height_ratios=[ROW * lines + 0.35, BELOW])
    marks = "cross, position; ellipse, Petrosian radius; square, what the view beside it sees"
    above.suptitle(f"{augmenter.measurement.name}: {marks}", fontsize=9.5)
    panels = above.subplots(lines, 2 * PAIRS, squeeze=False).reshape(-1, 2)
    for axes in panels.flat:
        axes.axis("off")
    for pair, number in zip(panels, shown, strict=False):
        _galaxy(pair, table.iloc[number], dataset[int(rows[number])].image, augmenter, one_of(chosen, number))
    height, width = dataset[int(rows[0])].image.shape[-2:]
    offsets = chosen.recentring[:, :2].numpy() - [(width - 1) / 2, (height - 1) / 2]
    distributions.draw(below, table, offsets, augmenter.recentre_bias)
    return Drawing(picture, table)


def numbers(dataset: Dataset, augmenter: Affine, rows: Int[np.ndarray, " galaxy"]) -> tuple[Parameters, pd.DataFrame]:
    """The parameters of these galaxies as they are, and what was measured, the scale, and whether it was clamped."""
    measured = dataset.measured[rows]
    parameters = augmenter.at(augmenter.canonical(len(rows)), torch.from_numpy(measured))
    table = pd.DataFrame(measured, columns=list(augmenter.measurement.columns))
    table.insert(0, "object_id", dataset.table["object_id"].to_numpy()[rows])
    wanted = TARGET_RADIUS / (table["a"] * table["petro_radius"])
    table["scale"] = parameters.recentring[:, 2].numpy()
    table["clamped"] = np.select([wanted < 1 / LARGEST_SCALE, wanted > LARGEST_SCALE], ["down", "up"], "no")
    return parameters, table


def spread(scale: Float[np.ndarray, " galaxy"], galaxies: int) -> Int[np.ndarray, " shown"]:
    """So many galaxies in the order of their scale, evenly from the smallest to the largest."""
    order = np.argsort(scale, kind="stable")
    return order[np.linspace(0, len(order) - 1, min(galaxies, len(order))).round().astype(int)]


def one_of(parameters: Parameters, number: int) -> Parameters:
    """The parameters of one galaxy."""
    of_each = {name: value for name, value in vars(parameters).items() if value is not None}
    return Parameters(**{name: value[number : number + 1] for name, value in of_each.items()})


def field(augmenter: Affine, parameters: Parameters, height: int, width: int) -> Float[np.ndarray, "corner xy"]:
    """The corners of what the first view sees, in pixels of the image counted from 0."""
    low, high = -0.5, augmenter.view_size - 0.5
    corners = np.array([[low, low, 1], [high, low, 1], [high, high, 1], [low, high, 1]])
    return corners @ augmenter.matrices(parameters, height, width)[0, 0].numpy()[:2].T


def _galaxy(pair: Any, row: pd.Series, image: Tensor, augmenter: Affine, parameters: Parameters) -> None:
    """The whole image with the position, the Petrosian ellipse and the field of the view; and the view."""
    whole, seen = pair
    whole.imshow(as_rgb(image.numpy()), interpolation="antialiased")
    corners = field(augmenter, parameters, *image.shape[-2:])
    whole.add_patch(Polygon(corners, fill=False, ec="white", lw=0.9))
    if np.isfinite(row["x"]):
        at, size = (row["x"] - 1, row["y"] - 1), 2 * row["petro_radius"]  # SExtractor counts from 1
        across = {"width": size * row["a"], "height": size * row["b"], "angle": 90 - row["theta"]}
        whole.add_patch(Ellipse(at, **across, fill=False, ec=style.AMBER, lw=1.1))
        whole.plot(*at, "+", color=style.SKY, markersize=7, mew=1)
    whole.set(xlim=(-0.5, image.shape[-1] - 0.5), ylim=(image.shape[-2] - 0.5, -0.5))
    whole.set_title(row["object_id"], fontsize=7, loc="center", pad=3)
    view = augmenter.views(image[None], parameters)[0, 0].numpy()
    seen.imshow(as_rgb(view), interpolation="nearest")
    word = {"down": ", clamped", "up": ", clamped", "no": ""}[row["clamped"]]
    seen.set_title(f"× {row['scale']:.2f}{word}", fontsize=7, loc="center", pad=3)
