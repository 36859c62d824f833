"""Pictures that every run and every look at a data set leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from zoo import atomic, label_words, sheet
from zoo.dataset import Dataset, as_numbers

SHOWN = 12
LARGEST = 3


def contact_sheet(
    images: Sequence[Shaped[np.ndarray, "band height width"]], captions: Sequence[str], path: Path, columns: int = 6
) -> None:
    """Draw images in a grid, each below its caption, 2 inches a column."""
    group, across = sheet.Group([as_rgb(image) for image in images], captions), min(columns, len(images))
    save(sheet.drawn([group], across, width=2.0 * across), path)


def as_rgb(image: Shaped[np.ndarray, "band height width"]) -> Shaped[np.ndarray, "height width rgb"]:
    """Bands as a picture: three as they are, otherwise the mean of all in grey."""
    picture = image if len(image) == 3 else np.repeat(image.mean(0, keepdims=True), 3, axis=0)
    scaled = picture if image.dtype == np.uint8 and len(image) == 3 else picture / (255 if picture.max() > 1 else 1)
    return np.moveaxis(scaled, 0, -1)


def loss_curve(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the losses of training and validation against the number of steps."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(6, 4), layout="constrained")
    axes = picture.subplots()
    steps = [row["step"] for row in history]
    for key, label in (("train_loss", "training"), ("validation_loss", "validation")):
        axes.plot(steps, [row[key] for row in history], marker=".", label=label)
    axes.set(xlabel="step", ylabel="loss")
    axes.set_ylim(bottom=0)
    axes.legend()
    axes.grid(alpha=0.3)
    save(picture, path)


def predictions(
    dataset: Dataset, rows: Sequence[int], predicted: Float[np.ndarray, "galaxy column"], path: Path
) -> None:
    """Draw the first galaxies with their largest predicted columns, the label's value in brackets."""
    samples = [dataset[row] for row in rows[:SHOWN]]
    captions = [
        caption(dataset, values, np.asarray(sample.target)) for sample, values in zip(samples, predicted, strict=False)
    ]
    contact_sheet([sample.image.numpy() for sample in samples], captions, path)


def caption(dataset: Dataset, values: Float[np.ndarray, " column"], target: Shaped[np.ndarray, "..."]) -> str:
    """The largest predictions of one galaxy, line by line, in the words of the answers."""
    names, (truth,) = label_words.columns(dataset.schema), as_numbers(dataset.schema, target[None])
    largest = np.argsort(values)[::-1][:LARGEST]
    return "\n".join(f"{names[k]} {values[k]:.2f} ({truth[k]:.2f})" for k in largest)


def save(picture: Any, path: Path) -> None:
    """Write a figure as the PNG or JPEG that its name asks for, whole or not at all."""
    with atomic.replacing(path) as file:
        picture.savefig(file, format=path.suffix.lstrip(".") or "png", dpi=110)
