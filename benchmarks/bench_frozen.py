"""How much faster is the training of a head alone when the features of the backbone at rest are computed once?

The same training on simulated galaxies twice, from the same weights: with `cache_features` off, every pass over the
data runs the backbone; with it on, the first one does. Nothing is perturbed. Both must have the same losses to 1e-6.
Whole trainings are timed, with their start, the reading of images and the evaluation at the end.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and torch are imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import rounds  # noqa: E402
import torch  # noqa: E402
from prepared_run import prepared  # noqa: E402

from zoo import fit  # noqa: E402
from zoo.log import speak  # noqa: E402
from zoo.run import Run  # noqa: E402

COMPUTED, CACHED = "features computed in every pass", "cache_features: in the first pass only"
PARTS = ["head=classes", "dataset.schema=classes", "augmenter=single"]
STILL = [f"augmenter.{name}=0" for name in ("rotation", "zoom", "shift", "flip", "colour")]


def main() -> None:
    """Check that the ways agree, time them, print the table."""
    options = arguments()
    torch.set_num_threads(1)
    speak()
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, ZOO_CACHE=folder):
        ways = {name: training(options, Path(folder), cached) for name, cached in ((COMPUTED, False), (CACHED, True))}
        computed, cached = (pd.read_csv(way().folder / "metrics.csv") for way in ways.values())
        for column in ("train_loss", "validation_loss"):
            np.testing.assert_allclose(cached[column], computed[column], atol=1e-6, err_msg=column)
        taken = rounds.interleaved(ways, options.rounds, clock=time.process_time)
    print(rounds.table(taken, COMPUTED, options.galaxies * options.epochs, "galaxies"))
    print(
        f"\n{options.rounds} rounds of {options.epochs} passes over {options.galaxies} galaxies, architecture="
        f"{options.architecture}, views of {options.size} pixels, seconds of one core"
    )
    print(rounds.circumstances())


def training(options: argparse.Namespace, folder: Path, cached: bool) -> Callable[[], Run]:
    """A training from its first step to its end, afresh at each call."""
    words = [f"architecture={options.architecture}", f"dataset.size={options.galaxies}", f"runs={folder}/{cached}"]
    words += [f"augmenter.view_size={options.size}", f"augmenter.factor={224 / options.size}", "rerun=true"]
    words += [f"stages.0.epochs={options.epochs}", "stages.0.train=head", f"stages.0.cache_features={cached}"]
    return lambda: fit.train(prepared([*PARTS, *STILL, *words, "batch_size=32", "trainer.accelerator=cpu"]))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--architecture", default="xception", help="a part (default: %(default)s)")
    parser.add_argument("--size", type=int, default=96, help="pixels of a view (default: %(default)s)")
    parser.add_argument("--galaxies", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=8, help="passes over the data (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
