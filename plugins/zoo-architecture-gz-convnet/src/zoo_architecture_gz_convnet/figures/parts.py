"""The sixteen parts of a galaxy in the network's order: view by view, plain then mirrored, clockwise (spec C1, C2)."""

from __future__ import annotations

import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy import ndarray

from zoo import style
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import Incompatible
from zoo.figures import galaxy as one
from zoo.pictures import as_rgb
from zoo_architecture_gz_convnet import parts
from zoo_architecture_gz_convnet.figures.angles import angle

CORNERS = ("top left", "top right", "bottom right", "bottom left")


def draw(augmenter: Augmenter, dataset: Dataset, galaxy: str | None, part_size: int, split: str) -> Drawing:
    """Draw the parts as the network sees them, each with its number, its corner, and by how much it was turned.

    A cross marks the galaxy's centre, which comes to the same pixel of every part. The table has a row per part and
    band. Raises DataError for a galaxy that is not there, and Incompatible for views that the parts do not fit.
    """
    row = one.chosen(dataset, galaxy, split)
    made = one.views(augmenter, dataset, row)
    size = made.shape[-1]
    if not size / 2 < part_size <= size:
        raise Incompatible(f"Parts of {part_size} pixels do not fit views of {size}: give part_size= up to {size}.")
    cut = parts.cut(made, part_size)[:, 0].cpu().numpy()
    names = [
        {"view": angle(part // parts.PARTS_PER_VIEW, len(made)), "mirrored": part // 4 % 2 == 1}
        | {"corner": CORNERS[part % 4], "turned": part % 4 * 90}
        for part in range(len(cut))
    ]
    object_id = dataset.table["object_id"].iat[row]
    numbers = [
        {"object_id": object_id, "part": k, **name, "band": band, "mean": values.mean(), "std": values.std()}
        for k, (name, bands) in enumerate(zip(names, cut, strict=True))
        for band, values in enumerate(bands)
    ]
    picture = _picture(cut, names, (size - 1) / 2)
    picture.suptitle(f"Galaxy {object_id}: {len(cut)} parts of {part_size}×{part_size} pixels", fontsize=9.5)
    return Drawing(picture, pd.DataFrame(numbers))


def _picture(cut: Float[ndarray, "part band row column"], names: list[dict], centre: float) -> Figure:
    """A row per view and mirror image, a column per corner."""
    rows = len(cut) // 4
    picture = Figure(figsize=(style.WIDTH * 0.8, style.WIDTH * 0.8 * rows / 4 * 1.12 + 0.5), layout="constrained")
    panels = picture.subplots(rows, 4)
    for number, (axes, part, name) in enumerate(zip(panels.flat, cut, names, strict=True)):
        axes.imshow(as_rgb(part), interpolation="nearest")
        axes.plot(centre, centre, "+", color=style.SKY, markersize=7, mew=1)
        turned = f", {name['turned']}°" if name["turned"] else ""
        axes.set_title(f"{number}: {name['corner']}{turned}", fontsize=7, loc="center", pad=3)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, name in zip(panels[:, 0], names[::4], strict=True):
        axes.set_ylabel(f"{name['view']}{', mirrored' if name['mirrored'] else ''}", fontsize=8)
    return picture
