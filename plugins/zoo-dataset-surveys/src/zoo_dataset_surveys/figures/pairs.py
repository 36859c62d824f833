"""The same galaxies in two surveys, side by side, by cross-match (Khan et al. 2019, Fig. 2; spec G7, G27)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

from zoo import label_words, sheet
from zoo.dataset import Dataset, all_targets
from zoo.drawing import Drawing
from zoo.errors import DataError, Incompatible
from zoo.figures import galaxy
from zoo.pictures import as_rgb
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import CrossMatch, cross_match

UNNAMED = ("first", "second")
"""What two data sets are called that do not say of which survey they are."""


def draw(
    dataset: Dataset,
    other: Dataset,
    split: str,
    radius: float,
    galaxies: int,
    columns: int,
    names: Sequence[str] | None,
) -> Drawing:
    """Draw galaxies of a split of the one data set, evenly spaced in its table, each with its neighbour in the other.

    radius: arcsec within which they are one galaxy. columns: pairs side by side. names: what the two are called. The
    table has all pairs. Raises Incompatible for galaxies without positions, and DataError where no two are one.
    """
    sheet.refuse_nothing(galaxies=galaxies, columns=columns)
    rows, others = with_position(dataset, split), with_position(other, "all")
    found = cross_match(positions(dataset, rows), positions(other, others), radius).one_to_one()
    if not len(found):
        raise DataError(
            f"None of {len(rows)} and {len(others)} galaxies lie within {radius:g} arcsec of each other: give a larger "
            "radius=…, or data sets of one part of the sky."
        )
    numbers = table(dataset, other, rows[found.left], others[found.right], found)
    shown = numbers.iloc[np.linspace(0, len(numbers) - 1, min(galaxies, len(numbers))).astype(int)]
    called = tuple(names) if names else (survey(dataset, UNNAMED[0]), survey(other, UNNAMED[1]))
    title = f"{len(shown)} of {len(numbers):,} galaxies within {radius:g}″, left {called[0]}, right {called[1]}"
    return Drawing(sheet.drawn([group(dataset, other, shown)], 2 * columns, title), numbers)


def with_position(dataset: Dataset, split: str) -> Int[np.ndarray, " galaxy"]:
    """The rows of a split that have a position. Raises Incompatible where none has."""
    rows = galaxy.of_split(dataset, split)
    known = np.full(len(rows), {"ra", "dec"} <= {*dataset.table})
    if known.all():
        known = np.isfinite(dataset.table.iloc[rows][["ra", "dec"]].to_numpy(float)).all(axis=1)
    if not known.any():
        raise Incompatible(
            f"None of {len(rows)} galaxies has a position to match it by: name the columns, such as dataset.ra=ra "
            "dataset.dec=dec, or take a data set of positions."
        )
    return rows[known]


def positions(dataset: Dataset, rows: Int[np.ndarray, " galaxy"]) -> Positions:
    """Where these galaxies are."""
    places = dataset.table.iloc[rows]
    return Positions(places["ra"].to_numpy(), places["dec"].to_numpy())


def survey(dataset: Dataset, otherwise: str) -> str:
    """Which survey a data set says that it is of."""
    return str(dataset.table["survey"].iat[0]) if "survey" in dataset.table else otherwise


def table(
    dataset: Dataset,
    other: Dataset,
    rows: Int[np.ndarray, " pair"],
    others: Int[np.ndarray, " pair"],
    found: CrossMatch,
) -> pd.DataFrame:
    """A row per pair: ids, rows, the first one's position and label, and how far apart they are, arcsec."""
    here, targets = dataset.table.iloc[rows], all_targets(dataset)
    return pd.DataFrame(
        {
            "object_id": here["object_id"].to_numpy(),
            "other_id": other.table["object_id"].to_numpy()[others],
            "row": rows,
            "other_row": others,
            "ra": here["ra"].to_numpy(),
            "dec": here["dec"].to_numpy(),
            "label": [label_words.in_short(dataset.schema, targets[row]) for row in rows],
            "separation": found.separation,
            "east": found.east,
            "north": found.north,
        }
    )


def group(dataset: Dataset, other: Dataset, shown: pd.DataFrame) -> sheet.Group:
    """The pictures of each pair, one behind the other."""
    pictures, captions = [], []
    for one in shown.itertuples():
        pictures += [as_rgb(dataset[one.row].image.numpy()), as_rgb(other[one.other_row].image.numpy())]
        captions += [f"{one.object_id}\n{one.label}", f"{one.other_id}\n{one.separation:.2f}″"]
    return sheet.Group(pictures, captions)
