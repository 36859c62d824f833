"""What averaging over test-time views brings: the error of the mean over the first n of them (spec F1, F2)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.figures import measured
from zoo.model import GalaxyModel

LEVELS = (2.5, 97.5)
ORDERS = {"grid": "in the order of the grid", "shuffled": "in a random order"}


def draw(
    model: GalaxyModel, dataset: Dataset, split: str, tta: str, resamples: int, seed: int, batch_size: int, workers: int
) -> Drawing:
    """Draw the root mean squared error against the number of views, in the order of the grid and in a random one.

    The band is the 95 % bootstrap interval over galaxies; the line is the error without averaging. Raises ZooError for
    an unknown grid.
    """
    views = measured.predictions(model, dataset, split, batch_size, workers, tta)
    alone = measured.predictions(model, dataset, split, batch_size, workers)[0]
    labels = measured.labels(model, dataset, split)
    generator = np.random.Generator(np.random.Philox(key=seed))
    orders = {"grid": np.arange(len(views)), "shuffled": generator.permutation(len(views))}
    drawn = generator.integers(len(labels), size=(resamples, len(labels)))
    rows = [row for name, order in orders.items() for row in partial(name, views[order], labels, drawn)]
    canonical = errors(alone, labels)
    whole = np.arange(len(labels))[None]
    numbers = pd.DataFrame([{"order": "none", "views": 0, "rmse": rmse(canonical, whole)[0]}, *rows])
    return Drawing(_picture(numbers, tta, len(labels), split), numbers)


def partial(
    name: str,
    views: Float[np.ndarray, "view galaxy column"],
    labels: Float[np.ndarray, "galaxy column"],
    drawn: Int[np.ndarray, "resample galaxy"],
) -> list[dict[str, float | str]]:
    """The error of the mean over the first n views, for each n, with its interval."""
    total, rows = np.zeros(labels.shape), []
    for number, view in enumerate(views, start=1):
        total += view
        squares = errors(total / number, labels)
        low, high = np.percentile(rmse(squares, drawn), LEVELS) if len(drawn) else (np.nan, np.nan)
        value = rmse(squares, np.arange(len(labels))[None])[0]
        rows.append({"order": name, "views": number, "rmse": value, "low": low, "high": high})
    return rows


def errors(
    predicted: Float[np.ndarray, "galaxy column"], labels: Float[np.ndarray, "galaxy column"]
) -> Float[np.ndarray, "galaxy 2"]:
    """Each galaxy's sum of squared errors, and how many labels it has."""
    known = ~np.isnan(labels)
    squares = np.where(known, predicted - labels, 0) ** 2
    return np.stack([squares.sum(axis=1), known.sum(axis=1)], axis=1)


def rmse(
    squares: Float[np.ndarray, "galaxy 2"], galaxies: Int[np.ndarray, "sample galaxy"]
) -> Float[np.ndarray, " sample"]:
    """The root mean squared error over each sample of galaxies."""
    total = squares[galaxies].sum(axis=1)
    return np.sqrt(total[:, 0] / total[:, 1])


def _picture(numbers: pd.DataFrame, tta: str, galaxies: int, split: str) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 3.6), layout="constrained")
    axes = picture.subplots()
    for number, (name, label) in enumerate(ORDERS.items()):
        rows = numbers[numbers["order"] == name]
        if name == "grid":  # one band: two that lie over each other cannot be told apart
            axes.fill_between(rows["views"], rows["low"], rows["high"], color=style.colour(number), alpha=0.15, lw=0)
        axes.plot(rows["views"], rows["rmse"], color=style.colour(number), label=label)
    axes.axhline(numbers["rmse"].iloc[0], color=style.QUIET, ls="--", lw=1.2, label="the galaxy as it is")
    axes.set(xlabel="views averaged", ylabel="root mean squared error", xlim=(1, numbers["views"].max()))
    axes.set_title(f"Averaging over {tta}: {galaxies} galaxies, {split}; band: 95 % of bootstrap samples")
    axes.legend()
    axes.grid()
    return picture
