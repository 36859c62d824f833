"""A sheet of galaxies by class (Khan et al. 2019, Fig. 2; spec G27)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoo import label_words, sheet
from zoo.dataset import Dataset, all_targets
from zoo.drawing import Drawing
from zoo.errors import Incompatible
from zoo.evaluation import labelled_rows
from zoo.pictures import as_rgb
from zoo.schema import Classes


def draw(dataset: Dataset, split: str, galaxies: int, columns: int, seed: int) -> Drawing:
    """Draw so many galaxies of each class, chosen at random; of fractions and votes, by the commonest first answer.

    Another seed shows others. The table has the galaxies drawn. Raises DataError where nothing has a label,
    Incompatible for labels that are no classes, and ZooError for less than one galaxy.
    """
    sheet.refuse_nothing(galaxies=galaxies, columns=columns)
    labels = sorted_labels(dataset, split)
    generator = np.random.Generator(np.random.Philox(key=seed))
    order = labels.iloc[generator.permutation(len(labels))]
    chosen = {name: order[order["label"] == name].head(galaxies) for name in classes(dataset, labels)}
    counts = labels["label"].value_counts()
    groups = [
        sheet.Group([as_rgb(dataset[row].image.numpy()) for row in own["row"]], own["object_id"].tolist(),
                    f"{name}: {len(own)} of {counts[name]:,}")
        for name, own in chosen.items()
    ]  # fmt: skip
    title = f"{len(labels):,} labelled galaxies of the split {split}"
    return Drawing(sheet.drawn(groups, columns, title), pd.concat(chosen.values(), ignore_index=True))


def sorted_labels(dataset: Dataset, split: str) -> pd.DataFrame:
    """A row per labelled galaxy of a split: its id, its row, and its label in a word.

    Raises Incompatible where labels are no classes.
    """
    rows, targets = np.array(labelled_rows(dataset, split)), all_targets(dataset)
    told = [label_words.in_short(dataset.schema, targets[row]) for row in rows]
    if not any(told):
        raise Incompatible(
            f"The labels of the data set are {dataset.schema.kind}, and galaxies are sorted by classes, fractions or "
            "votes: choose another data set."
        )
    ids = dataset.table["object_id"].to_numpy()[rows]
    return pd.DataFrame({"object_id": ids, "row": rows, "label": told})


def classes(dataset: Dataset, labels: pd.DataFrame) -> list[str]:
    """The classes that occur, in the order of the schema, else of the alphabet."""
    known = dataset.schema.names if isinstance(dataset.schema, Classes) else sorted(labels["label"].unique())
    return [name for name in known if name and (labels["label"] == name).any()]
