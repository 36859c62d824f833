"""Galaxies by the features that a model has of them (Khan et al. 2019, Fig. 5; spec G26)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from zoo import embedding, projection, style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.embedding import Embedding
from zoo.errors import ZooError
from zoo.figures import embedding_page

AXES = ("x", "y", "z")
COLOURS = ("label", "split", "set")
MARKERS = "o^sDvP"
"""Of the sets, where several are drawn."""

UNKNOWN = "none"
"""What a galaxy without label or split is called."""

MAPS = {"pca": "Principal components", "tsne": "t-SNE", "umap": "UMAP"}


def draw(
    embeddings: Path,
    others: Sequence[Path],
    method: str,
    dimensions: int,
    perplexity: float,
    learning_rate: float,
    iterations: int,
    neighbours: int,
    min_dist: float,
    colour: str,
    galaxies: int | None,
    elevation: float,
    azimuth: float,
    page: bool,
    thumbnail: int,
    seed: int,
    dataset: Dataset | None = None,
) -> Drawing:
    """Draw a dot per galaxy, coloured by label, split or set; the table has the ids and places.

    others: further sets on the same map, each with a marker of its own; `galaxies` counts for each set. Three
    dimensions are seen as published: the third coordinate goes into depth. Raises ZooError for an unknown method or
    colour, where the method's package is absent, and for sets of different models.
    """
    if colour not in COLOURS:
        raise ZooError(f"colour={colour}: choose {', '.join(COLOURS)}.")
    known = embedding.joined([embeddings, *map(Path, others)], galaxies)
    if colour == "set" and not known.sets:
        raise ZooError("colour=set needs several sets: name the others as others=[B,C].")
    projection.refuse(method, dimensions, len(known))
    options: dict[str, dict[str, Any]] = {
        "pca": {},
        "tsne": {"perplexity": perplexity, "learning_rate": learning_rate, "iterations": iterations, "seed": seed},
        "umap": {"neighbours": neighbours, "min_dist": min_dist, "seed": seed},
    }
    places = getattr(projection, method)(known.features, dimensions, **options[method])
    numbers = table(known, places)
    title = f"{MAPS[method]} of {known.features.shape[1]} features, {len(known)} galaxies"
    html = embedding_page.page(numbers, colour, kinds(numbers, colour), title, dataset, thumbnail) if page else None
    return Drawing(_picture(numbers, colour, title, (elevation, azimuth)), numbers, html)


def table(known: Embedding, places: Float[np.ndarray, "galaxy dimension"]) -> pd.DataFrame:
    """A row per galaxy: id, split, label, its set where there are several, and place."""
    told = {"object_id": known.object_ids, "split": known.splits, "label": known.labels}
    told |= {"set": known.sets} if known.sets else {}
    named = {name: [text or UNKNOWN for text in texts] for name, texts in told.items()}
    return pd.DataFrame(named | dict(zip(AXES, places.T, strict=False)))


def kinds(numbers: pd.DataFrame, colour: str) -> dict[str, str]:
    """The labels or splits that occur, each with its colour; those without one stand back."""
    names = [name for name in sorted(numbers[colour].unique()) if name != UNKNOWN]
    found = {name: style.colour(number) for number, name in enumerate(names)}
    return found | ({UNKNOWN: style.QUIET} if (numbers[colour] == UNKNOWN).any() else {})


def marks(numbers: pd.DataFrame, colour: str) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The kind, the marker and the rows of each kind in each set."""
    sets = numbers["set"] if "set" in numbers else pd.Series("", index=numbers.index)
    for name in kinds(numbers, colour):
        for marker, one in zip(cycle(MARKERS), dict.fromkeys(sets)):
            rows = numbers[(numbers[colour] == name) & (sets == one)]
            if len(rows):
                yield name, marker, rows


def label(rows: pd.DataFrame, name: str, colour: str) -> str:
    """What the legend says of these galaxies."""
    within = f", {rows['set'].iat[0]}" if "set" in rows and colour != "set" else ""
    return f"{name}{within} ({len(rows)})"


def _picture(numbers: pd.DataFrame, colour: str, title: str, eye: tuple[float, float]) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 5.2), layout="constrained")
    axes = ["x", "z", "y"] if "z" in numbers else ["x", "y"]
    one: Any = picture.add_subplot(projection="3d" if len(axes) == 3 else None)
    for name, marker, rows in marks(numbers, colour):
        look = {"color": kinds(numbers, colour)[name], "marker": marker, "label": label(rows, name, colour)}
        one.scatter(*(rows[axis] for axis in axes), s=9, alpha=0.75, lw=0, **look)
    if len(axes) == 3:
        one.view_init(*eye)
        one.set_box_aspect(None, zoom=1.2)
        one.set(xticklabels=[], yticklabels=[], zticklabels=[])
    else:
        one.set(aspect="equal", xticks=[], yticks=[])
    one.set_title(title)
    picture.legend(loc="outside right upper")
    return picture
