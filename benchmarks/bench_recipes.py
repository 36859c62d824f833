"""Which recipe brings the same network furthest in the same time?

A recipe is a line of words for `zoo train`, such as `published=stages=published architecture.init=published`. Each is
timed twice over a few steps first, which tells what a step costs from what a training costs at its ends; `budget` then
shortens all of its stages in proportion, so that it lasts as long as the others on this machine. Every seed trains each
recipe in turn. The answer is a score of the validation galaxies (`--score`, a column of `metrics.csv`) at the end, and
as a curve against the time.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import rounds
from matplotlib.figure import Figure
from prepared_run import prepared

from zoo import fit
from zoo.log import speak
from zoo.training import Training

RECIPES = ("published=stages=published", "modern=stages=modern")
PROBES = (15, 55)
"""Steps of the two trainings by which a recipe is timed."""


def main() -> None:
    """Time the recipes, train them with each seed, and print the table."""
    speak()
    options = arguments()
    recipes = dict(recipe.split("=", 1) for recipe in options.recipes)
    with tempfile.TemporaryDirectory() as folder:
        common = [*options.words, f"runs={folder}"]
        budgets = {name: budget(common, words.split(), 60 * options.minutes) for name, words in recipes.items()}
        curves = [
            trained([*common, *words.split(), f"seed={seed}", f"budget={budgets[name]}"], options.score).assign(
                recipe=name, seed=seed
            )
            for seed in range(options.seeds)
            for name, words in recipes.items()
        ]
    found = pd.concat(curves, ignore_index=True)
    options.out.mkdir(parents=True, exist_ok=True)
    found.to_csv(options.out / "recipes.csv", index=False)
    draw(found, options.score, options.out / "recipes.png")
    print(table(found, options.score))
    print(f"\n{options.seeds} seeds, {options.minutes:g} minutes each: {' '.join(options.words)}")
    print(rounds.circumstances())


def budget(common: Sequence[str], words: Sequence[str], seconds: float) -> float:
    """The part of a recipe that lasts this long, by the times of two short ones."""
    length = Training(prepared([*common, *words])).ends[-1]
    (few, short), (more, long) = (timed([*common, *words, f"budget={steps / length}"]) for steps in PROBES)
    step = (long - short) / (more - few)
    return (seconds - short + few * step) / step / length


def timed(words: Sequence[str]) -> tuple[int, float]:
    """The number of steps of a training, and the seconds it took."""
    history = trained(words)
    return int(history["step"].iloc[-1]), float(history["seconds"].iloc[-1])


def trained(words: Sequence[str], score: str = "train_loss") -> pd.DataFrame:
    """A score along a finished training, with the seconds that had gone by at each of its rows."""
    run = prepared(words)
    start = time.perf_counter()
    fit.train(run)
    seconds = time.perf_counter() - start
    history = pd.read_csv(run.folder / "metrics.csv")
    return history[["step", score]].assign(seconds=history["step"] / history["step"].iloc[-1] * seconds)


def table(found: pd.DataFrame, score: str) -> str:
    """Markdown: how long each recipe took, and its score at the end over the seeds."""
    lines = [f"| recipe | steps | seconds | {score} at the end: mean (min to max) |", "|---|---|---|---|"]
    last = found.groupby(["recipe", "seed"], sort=False).last()
    for name, rows in last.groupby("recipe", sort=False):
        ends = rows[score].tolist()
        spread = f"{statistics.mean(ends):.4f} ({min(ends):.4f} to {max(ends):.4f})"
        lines.append(f"| {name} | {rows['step'].mean():.0f} | {rows['seconds'].mean():.0f} | {spread} |")
    return "\n".join(lines)


def draw(found: pd.DataFrame, score: str, path: Path) -> None:
    """The score against time, a line for each seed."""
    picture = Figure(figsize=(6, 4), layout="constrained")
    axes = picture.subplots()
    colours: Mapping[str, Any] = {name: f"C{k}" for k, name in enumerate(found["recipe"].unique())}
    for (name, seed), rows in found.groupby(["recipe", "seed"], sort=False):
        label = name if seed == 0 else None
        axes.plot(rows["seconds"], rows[score], color=colours[name], marker=".", label=label, alpha=0.7)
    axes.set(xlabel="seconds", ylabel=f"{score}, validation")
    axes.grid(alpha=0.3)
    axes.legend()
    picture.savefig(path, dpi=110)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", default=["model=gz_convnet"], help="for all (default: %(default)s)")
    parser.add_argument("--recipes", nargs="+", default=RECIPES, metavar="NAME=WORDS", help="default: %(default)s")
    parser.add_argument("--minutes", type=float, default=5, help="of each training (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--score", default="rmse", help="column of metrics.csv, as accuracy (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("recipes"), help="for curve and CSV (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
