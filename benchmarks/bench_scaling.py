"""How much faster is a training on several ranks?

Each rank takes as many galaxies per step, so the batch grows with their number, as in Khan et al. (2019). A number of
ranks is timed by two trainings, of one pass over the data and of several: their difference leaves out what a training
costs at its ends, and holds what each pass costs beside its steps. Rounds alternate between the numbers of ranks; the
table has the median. `zoo figure scaling measured=scaling.csv` draws it beside the published Table III.

What the machine allows is measured too, as `alone`: as many trainings of one rank at once, that know nothing of each
other and share its cores, caches and memory.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import rounds

from zoo import plain

WORDS = ("model=resnet18", "dataset.size=240", "augmenter.view_size=64", "trainer.accelerator=cpu")


def main() -> None:
    """Time every number of ranks, write the table, and print it."""
    options = arguments()
    seconds: dict[int, list[float]] = {ranks: [] for ranks in options.ranks}
    alone: dict[int, list[float]] = {ranks: [] for ranks in options.ranks}
    galaxies: dict[int, int] = {}
    for number in range(options.rounds):
        for ranks in rounds_order(options.ranks, number):
            took, galaxies[ranks] = per_epoch(ranks, 1, options)
            seconds[ranks].append(took)
            apart, each = per_epoch(1, ranks, options) if ranks > 1 else (took, galaxies[ranks])
            alone[ranks].append(ranks * each / apart)
    table = pd.DataFrame([row(ranks, found, galaxies[ranks]) for ranks, found in seconds.items()])
    table["alone"] = [statistics.median(found) for found in alone.values()]
    first = table.iloc[0]
    speed_up = table["images_per_second"] / first["images_per_second"]
    table["efficiency"] = speed_up * first["ranks"] / table["ranks"]
    table.to_csv(options.out, index=False)
    print(table.to_string(index=False, float_format="{:.3g}".format))
    print(f"\n{options.rounds} rounds, {options.batch} galaxies per rank and step: {' '.join(options.words)}")
    print(rounds.circumstances())


def rounds_order(ranks: Sequence[int], number: int) -> Sequence[int]:
    """Every second round in reverse: a machine that slows down harms all alike."""
    return ranks if number % 2 == 0 else ranks[::-1]


def per_epoch(ranks: int, copies: int, options: argparse.Namespace) -> tuple[float, int]:
    """Seconds of one pass over the data in so many trainings at once, and how many galaxies each of them takes."""
    (one, galaxies), (several, _) = (timed(ranks, copies, epochs, options) for epochs in (1, 1 + options.epochs))
    return (several - one) / options.epochs, galaxies


def timed(ranks: int, copies: int, epochs: int, options: argparse.Namespace) -> tuple[float, int]:
    """Seconds until the last of so many trainings ends, and how many galaxies each pass of one of them took."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*options.words, f"trainer.devices={ranks}", f"batch_size={ranks * options.batch}"]
        command = [sys.executable, "-m", "zoo.cli", "train", *words, f"stages.0.epochs={epochs}"]
        began = time.monotonic()
        trainings = [started([*command, f"runs={folder}/{copy}"]) for copy in range(copies)]
        codes = [training.wait() for training in trainings]
        took = time.monotonic() - began
        if any(codes):
            raise RuntimeError(f"a training ended with {max(codes)}: {' '.join(command)}")
        status = next(Path(folder).glob("*/*/status.json"))
        return took, plain.read(status)["step"] // epochs * ranks * options.batch


def started(command: Sequence[str]) -> subprocess.Popen:
    """A training in a process of its own, one thread a rank, silent."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet)


def row(ranks: int, seconds: Sequence[float], galaxies: int) -> dict[str, float]:
    """A line of the table: the median over rounds, and the fastest and slowest round."""
    median = statistics.median(seconds)
    return {
        "ranks": ranks,
        "galaxies": galaxies,
        "seconds_per_epoch": median,
        "fastest": min(seconds),
        "slowest": max(seconds),
        "images_per_second": galaxies / median,
    }


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", default=list(WORDS), help="of zoo train (default: %(default)s)")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2], help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=16, help="galaxies per rank and step (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=3, help="by which two trainings differ (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("scaling.csv"), help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
