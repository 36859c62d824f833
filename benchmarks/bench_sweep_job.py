"""What does a job of a sweep cost beyond the training itself?

The same short training of simulated galaxies is timed in three ways: by calls in this process, where everything is
imported and the data set is prepared (the training itself); as each further job of a sweep from the warmed fork
server; and the same with a fresh interpreter for each job. A sweep of two jobs less a sweep of one is one further job.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import rounds

PARTS = ["dataset=simulated", "dataset.size=200", "model=gz_convnet", "stages.0.epochs=null", "trainer.accelerator=cpu"]
PARTS += ["architecture.conv_channels=[4,4,8,8]", "architecture.dense=[{units: 32, act: maxout2}]"]
ITSELF = "the training itself"
WAYS = {"a job from the fork server": True, "a job in a fresh interpreter": False}


def main() -> None:
    """Time trainings and sweeps in turn, and print the table."""
    options = arguments()
    os.environ["OMP_NUM_THREADS"] = "1"
    seeds = count()
    with tempfile.TemporaryDirectory() as folder:
        words = [*PARTS, f"stages.0.steps={options.steps}", f"runs={Path(folder) / 'runs'}"]
        taken: rounds.Seconds = {name: [] for name in (ITSELF, *WAYS)}
        itself(words, next(seeds))
        for _ in range(options.rounds):
            taken[ITSELF].append(itself(words, next(seeds)))
            for name, forkserver in WAYS.items():
                one = swept(words, [next(seeds)], forkserver)
                taken[name].append(swept(words, [next(seeds), next(seeds)], forkserver) - one)
    print("| way | seconds, median (min to max) | beyond the training |", "|---|---|---|", sep="\n")
    for name, seconds in taken.items():
        beyond = statistics.median(a - b for a, b in zip(seconds, taken[ITSELF], strict=True))
        print(
            f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f}) | {beyond:.2f} |"
        )
    print(f"\n{options.rounds} rounds of {options.steps} steps; {rounds.circumstances()}")


def itself(words: list[str], seed: int) -> float:
    """Seconds of one training in this process, its folder ready."""
    from prepared_run import prepared

    from zoo import fit

    run = prepared([*words, f"seed={seed}"])
    began = time.perf_counter()
    fit.train(run)
    return time.perf_counter() - began


def swept(words: list[str], seeds: list[int], forkserver: bool) -> float:
    """Seconds of a sweep over some seeds, one job at a time."""
    told = [f"seed={','.join(map(str, seeds))}", f"hydra.launcher.forkserver={str(forkserver).lower()}"]
    command = [sys.executable, "-m", "zoo.cli", "train", "-m", *words, *told]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    main()
