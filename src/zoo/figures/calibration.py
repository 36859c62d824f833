"""Whether predictions mean what they say: the mean label of galaxies with a like prediction, and how far it is off.

The calibration error of an answer is the mean distance of the two over all galaxies, bin by bin (Naeini et al. 2015),
here for fractions as for probabilities.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from zoo import style
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.figures import answers, measured, panels
from zoo.model import GalaxyModel

COLUMNS = 6


def draw(
    model: GalaxyModel, dataset: Dataset, split: str, bins: int, tta: str, batch_size: int, workers: int
) -> Drawing:
    """Draw a reliability diagram per answer; dots grow with their number of galaxies. Raises ZooError without bins."""
    if bins < 1:
        raise ZooError(f"bins={bins}: give 1 or more.")
    labels = measured.labels(model, dataset, split)
    predicted = measured.predictions(model, dataset, split, batch_size, workers, tta).mean(axis=0)
    names = answers.words(model.head.schema)
    tables = [reliability(predicted[:, k], labels[:, k], bins).assign(answer=a) for k, a in enumerate(names)]
    numbers = pd.concat(tables, ignore_index=True)[["answer", "bin", "galaxies", "predicted", "observed", "error"]]
    return Drawing(_picture(numbers, names, split), numbers)


def reliability(
    predicted: Float[np.ndarray, " galaxy"], labels: Float[np.ndarray, " galaxy"], bins: int
) -> pd.DataFrame:
    """Per bin that is not empty: galaxies, mean prediction and mean label; and the calibration error over all."""
    known = ~np.isnan(labels)
    table = pd.DataFrame({"predicted": predicted[known].astype(float), "observed": labels[known]})
    table["bin"] = np.clip((table["predicted"] * bins).astype(int), 0, bins - 1)
    found = table.groupby("bin").agg(
        galaxies=("observed", "size"), predicted=("predicted", "mean"), observed=("observed", "mean")
    )
    off = (found["predicted"] - found["observed"]).abs()
    return found.assign(error=(off * found["galaxies"]).sum() / max(len(table), 1)).reset_index()


def _picture(numbers: pd.DataFrame, names: dict[str, str], split: str) -> Figure:
    picture, axes = panels.grid(len(names), COLUMNS, 1.12, share=True)
    for one, (answer, name) in zip(axes, names.items(), strict=True):
        rows = numbers[numbers["answer"] == answer]
        one.plot([0, 1], [0, 1], color=style.QUIET, lw=0.8, ls="--")
        area = 4 + 60 * rows["galaxies"] / max(rows["galaxies"].sum(), 1)
        one.plot(rows["predicted"], rows["observed"], color=style.BLUE, lw=1)
        one.scatter(rows["predicted"], rows["observed"], s=area, color=style.BLUE, alpha=0.8, lw=0)
        error = f"{rows['error'].iloc[0]:.3f}" if len(rows) else "–"
        one.set_title(f"{name}\noff by {error}", fontsize=6.5, pad=2, loc="center")
        one.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1), aspect="equal")
        one.tick_params(labelsize=6)
    mean = numbers.groupby("answer")["error"].first().mean()
    picture.suptitle(f"Calibration on the split {split}: off by {mean:.3f} on average over the answers", fontsize=9.5)
    picture.supxlabel("mean prediction", fontsize=8)
    picture.supylabel("mean label", fontsize=8)
    return picture
