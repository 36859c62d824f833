"""The galaxies of which a model is surest, class by class (Khan et al. 2019, Fig. 9; spec G24, G27)."""

from __future__ import annotations

import pandas as pd

from zoo import sheet
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.figures import galaxy
from zoo.figures.judged import by_margin, classes_of, judged, refuse_class
from zoo.model import GalaxyModel
from zoo.pictures import as_rgb


def draw(
    model: GalaxyModel,
    dataset: Dataset,
    split: str,
    galaxies: int,
    columns: int,
    label: str | None,
    tta: str,
    batch_size: int,
    workers: int,
) -> Drawing:
    """Draw the surest galaxies of each class, or of the class `label`, ranked by the difference of their logits.

    The table has all galaxies, the surest first. Raises Incompatible for a model without classes, DataError for an
    empty split, and ZooError for an unknown class.
    """
    sheet.refuse_nothing(galaxies=galaxies, columns=columns)
    names = classes_of(model)
    refuse_class("label", label, names)
    found = by_margin(judged(model, dataset, galaxy.of_split(dataset, split), tta, batch_size, workers))
    of_each = {name: found[found["morph_class"] == name] for name in names if label in (None, name)}
    groups = [group(dataset, name, own, galaxies) for name, own in of_each.items()]
    title = f"The surest of {len(found):,} galaxies of the split {split}, with their probabilities"
    return Drawing(sheet.drawn(groups, columns, title), pd.concat(of_each.values(), ignore_index=True))


def group(dataset: Dataset, name: str, found: pd.DataFrame, galaxies: int) -> sheet.Group:
    """The first of these galaxies below the name of their class."""
    best = found.head(galaxies)
    pictures = [as_rgb(dataset[row].image.numpy()) for row in best["row"]]
    captions = [f"{one.object_id}\n{one.probability:.6f}" for one in best.itertuples()]
    return sheet.Group(pictures, captions, f"{name}: the surest {len(best)} of {len(found):,}")
