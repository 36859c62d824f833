"""How much faster is a training on several ranks?

Each rank takes as many galaxies per step, so the batch grows with their number, as in Khan et al. (2019). What is
timed is a pass over the data with all that it costs beside its steps: from one row of a training's metrics.csv to the
next, the first pass left out. Rounds alternate between the numbers of ranks; the table has the median of all passes.
`zoo figure scaling measured=scaling.csv` draws it beside the published Table III.

What the machine allows is measured too, as `alone`: as many trainings of one rank at once, that know nothing of each
other and share its cores, caches and memory.
"""

import argparse
import itertools
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

WORDS = ("model=resnet18", "dataset.size=300", "augmenter.view_size=128", "trainer.accelerator=cpu")
LOOK = 0.02
"""Seconds between two looks at the tables of the trainings."""


def main() -> None:
    """Time every number of ranks, write the table, and print it."""
    options = arguments()
    seconds: dict[int, list[float]] = {ranks: [] for ranks in options.ranks}
    alone: dict[int, list[float]] = {ranks: [] for ranks in options.ranks}
    galaxies: dict[int, int] = {}
    for number in range(options.rounds):
        for ranks in rounds_order(options.ranks, number):
            took, galaxies[ranks] = passes(ranks, 1, options)
            seconds[ranks] += took
            apart, each = passes(1, ranks, options) if ranks > 1 else (took, galaxies[ranks])
            alone[ranks] += [ranks * each / one for one in apart]
    table = pd.DataFrame([row(ranks, found, galaxies[ranks]) for ranks, found in seconds.items()])
    table["alone"] = [statistics.median(found) for found in alone.values()]
    first = table.iloc[0]
    speed_up = table["images_per_second"] / first["images_per_second"]
    table["efficiency"] = speed_up * first["ranks"] / table["ranks"]
    table.to_csv(options.out, index=False)
    print(table.to_string(index=False, float_format="{:.3g}".format))
    print(f"\n{options.rounds} rounds of {options.epochs} passes, {options.batch} galaxies per rank and step:")
    print(" ".join(options.words))
    print(rounds.circumstances())


def rounds_order(ranks: Sequence[int], number: int) -> Sequence[int]:
    """Every second round in reverse: a machine that slows down harms all alike."""
    return ranks if number % 2 == 0 else ranks[::-1]


def passes(ranks: int, copies: int, options: argparse.Namespace) -> tuple[list[float], int]:
    """Seconds of each pass but the first in so many trainings at once, and how many galaxies each pass takes."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*options.words, f"trainer.devices={ranks}", f"batch_size={ranks * options.batch}"]
        words.append(f"stages.0.epochs={1 + options.epochs}")
        command = [sys.executable, "-m", "zoo.cli", "train", *words]
        trainings = [started([*command, f"runs={folder}/{copy}"]) for copy in range(copies)]
        ends: list[list[float]] = [[] for _ in trainings]
        while any(training.poll() is None for training in trainings):
            for copy, ended in enumerate(ends):
                ended += [time.monotonic()] * (rows(Path(folder) / str(copy)) - len(ended))
            time.sleep(LOOK)
        if any(training.returncode for training in trainings):
            raise RuntimeError(f"a training ended with an error: {' '.join(command)}")
        status = next(Path(folder).glob("*/*/status.json"))
        galaxies = plain.read(status)["step"] // (1 + options.epochs) * ranks * options.batch
        return [after - before for ended in ends for before, after in itertools.pairwise(ended)], galaxies


def rows(runs: Path) -> int:
    """How many passes over the data the training in a folder of runs has behind it."""
    return sum(len(table.read_text().splitlines()) - 1 for table in runs.glob("*/metrics.csv"))


def started(command: Sequence[str]) -> subprocess.Popen:
    """A training in a process of its own, one thread a rank, silent."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet)


def row(ranks: int, seconds: Sequence[float], galaxies: int) -> dict[str, float]:
    """A line of the table: the median over passes, and the fastest and slowest one."""
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
    parser.add_argument("--epochs", type=int, default=4, help="timed in each training (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("scaling.csv"), help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
