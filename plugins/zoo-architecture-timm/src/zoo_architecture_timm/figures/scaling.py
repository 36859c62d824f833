"""Seconds per epoch and efficiency against the number of devices (Khan et al. 2019, Table III, Fig. 4; spec G22)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from zoo import style
from zoo.drawing import Drawing
from zoo.errors import DataError

IMAGES = 36_620
"""Galaxies that train in the published runs."""

TABLE_3 = {
    1: ((410, 922, 1626), (1, 11, 4), 0.9979),
    2: ((231, 481, 830), (1, 6, 4), 0.9990),
    4: ((119, 246, 427), (1, 5, 7), 0.9990),
    8: ((64, 124, 214), (1, 6, 8), 0.9979),
    16: ((35, 63, 109), (1, 4, 17), 0.9980),
    32: ((20, 31, 53), (1, 6, 12), 0.9990),
    64: ((13, 15, 27), (1, 5, 15), 0.9990),
}
"""By number of GPUs: seconds per epoch and epochs of the three stages, and the validation accuracy at the end."""

NEEDED = ("ranks", "seconds_per_epoch", "images_per_second")
HERE = "measured here"


def draw(measured: Path | None) -> Drawing:
    """Draw both against the number of devices, a line per published stage and one for what was measured.

    measured: a CSV with the columns `ranks`, `seconds_per_epoch` and `images_per_second`. The total time of a
    published run depends on its number of epochs too: it stands in the table. Raises DataError for another table.
    """
    sources = [published(stage) for stage in range(3)]
    if measured is not None:
        sources.append(read(measured))
    numbers = pd.concat([with_efficiency(one) for one in sources], ignore_index=True)
    return Drawing(_picture(numbers), numbers)


def published(stage: int) -> pd.DataFrame:
    """A row per number of GPUs of one published stage."""
    rows = [
        {
            "source": f"published, stage {stage + 1}",
            "ranks": ranks,
            "seconds_per_epoch": seconds[stage],
            "images_per_second": IMAGES / seconds[stage],
            "epochs": epochs[stage],
            "total_seconds": sum(one * number for one, number in zip(seconds, epochs, strict=True)),
            "validation_accuracy": accuracy,
        }
        for ranks, (seconds, epochs, accuracy) in TABLE_3.items()
    ]
    return pd.DataFrame(rows)


def read(path: Path) -> pd.DataFrame:
    """The measured table. Raises DataError where it is not what bench_scaling.py writes."""
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}): python benchmarks/bench_scaling.py writes one.") from error
    if missing := [name for name in NEEDED if name not in table]:
        raise DataError(f"{path} has no column {missing[0]}: python benchmarks/bench_scaling.py writes one.")
    return table[list(NEEDED)].sort_values("ranks").assign(source=HERE)


def with_efficiency(numbers: pd.DataFrame) -> pd.DataFrame:
    """Speed-up over the fewest devices, and its share of what as many more devices could give."""
    first = numbers.iloc[0]
    speed_up = numbers["images_per_second"] / first["images_per_second"]
    return numbers.assign(speed_up=speed_up, efficiency=speed_up * first["ranks"] / numbers["ranks"])


def _picture(numbers: pd.DataFrame) -> Figure:
    picture = Figure(figsize=(style.WIDTH, 3.4), layout="constrained")
    left, right = picture.subplots(1, 2)
    for number, (source, own) in enumerate(numbers.groupby("source", sort=False)):
        here = source == HERE
        told: dict[str, Any] = {"color": style.VERMILION if here else style.COLOURS[(0, 2, 4)[number]]}
        told |= {"marker": "D" if here else "o", "label": source}
        left.plot(own["ranks"], own["seconds_per_epoch"], **told)
        right.plot(own["ranks"], own["efficiency"], **told)
    left.set(xscale="log", yscale="log", ylabel="seconds per epoch")
    right.set(xscale="log", ylabel="efficiency")
    right.set_ylim(bottom=0)
    right.axhline(1, color=style.QUIET, ls="--", lw=1)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("devices")
        axes.grid()
    left.legend()
    left.set_title(f"Published: {IMAGES:,} images, 16 per GPU")
    right.set_title("Speed-up per device")
    return picture
