"""The four views of a galaxy: 0° and 45°, each with its mirror image (Dieleman et al. 2015, figure 4; spec C1)."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.augmenter import Augmenter
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.figures import galaxy as one
from zoo.pictures import as_rgb
from zoo_architecture_gz_convnet.figures.angles import angle


def draw(augmenter: Augmenter, dataset: Dataset, galaxy: str | None, split: str) -> Drawing:
    """Draw the views in the order in which the network takes them; the table has a row per view and band.

    Raises DataError for a galaxy that is not there.
    """
    row = one.chosen(dataset, galaxy, split)
    made = one.views(augmenter, dataset, row)[:, 0].cpu().numpy()
    pairs = [(view, mirrored) for view in range(len(made)) for mirrored in (False, True)]
    shown = [made[view][..., ::-1] if mirrored else made[view] for view, mirrored in pairs]
    names = [f"{angle(view, len(made))}{', mirrored' if mirrored else ''}" for view, mirrored in pairs]
    picture = Figure(figsize=(style.WIDTH, style.WIDTH / len(pairs) + 0.65), layout="constrained")
    for axes, pixels, name in zip(picture.subplots(1, len(pairs)), shown, names, strict=True):
        axes.imshow(as_rgb(pixels), interpolation="nearest")
        axes.set_title(name, loc="center")
        axes.axis("off")
    object_id = dataset.table["object_id"].iat[row]
    size = f"{made.shape[-2]}×{made.shape[-1]}"
    picture.suptitle(
        f"Galaxy {object_id}: {len(pairs)} views of {size} pixels, as the 16-part network takes them", fontsize=9.5
    )
    numbers = [
        {"object_id": object_id, "view": k, "name": name, "band": band, "mean": values.mean(), "std": values.std()}
        for k, (name, bands) in enumerate(zip(names, shown, strict=True))
        for band, values in enumerate(bands)
    ]
    return Drawing(picture, pd.DataFrame(numbers))
