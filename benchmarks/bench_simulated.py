"""How long do simulated galaxies take, and are they more than coloured blobs?

Renders a survey into an empty cache and says how many seconds that took; then how far a cross-validated linear
regression on mean colours, flux and size alone gets, as its RMSE relative to the mean predictor's (1: it learns
nothing). `--sheet` also writes a picture of the first galaxies.
"""

import argparse
import os
import runpy
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and torch are imported: one thread per worker

import numpy as np  # noqa: E402
import rounds  # noqa: E402
from PIL import Image  # noqa: E402

from zoo import build, compose  # noqa: E402
from zoo.dataset import Dataset  # noqa: E402

PLUGIN = Path(__file__).parents[1] / "plugins" / "zoo-dataset-simulated"
ROWS, COLUMNS, CROPPED, SHOWN = 4, 6, 240, 212  # a sheet: galaxies, and pixels of each before and after scaling


def main() -> None:
    """Render, regress, draw, and print what came out."""
    options = arguments()
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, ZOO_CACHE=folder):
        values = {"size": options.galaxies, "seed": options.seed, "workers": options.workers}
        dataset = build.part("dataset", "simulated", compose.part_values("dataset", "simulated") | values)
        start = time.perf_counter()
        dataset.prepare()
        seconds = time.perf_counter() - start
        mean_predictor, ratio = blobs(dataset)
        if options.sheet:
            sheet([picture(dataset, row) for row in range(min(len(dataset), ROWS * COLUMNS))], options.sheet)
    print("| galaxies | workers | seconds | RMSE of the mean predictor | regression on colours, flux and size / it |")
    print("|---|---|---|---|---|")
    print(f"| {len(dataset)} | {options.workers} | {seconds:.1f} | {mean_predictor:.4f} | {ratio:.3f} |")
    print(f"\n{rounds.circumstances()}")


def picture(dataset: Dataset, row: int) -> np.ndarray:
    """A galaxy as an array of pixels by colours."""
    return dataset[row].image.permute(1, 2, 0).numpy()


def blobs(dataset: Dataset) -> tuple[float, float]:
    """RMSE of the mean predictor, and of the regression relative to it; both are the plugin's test's."""
    reference = runpy.run_path(str(PLUGIN / "tests" / "reference.py"))
    measured = np.stack([reference["measures"](picture(dataset, row)) for row in range(len(dataset))])
    fractions = dataset.targets.astype(float)
    return float(np.sqrt(fractions.var(0).mean())), reference["regression_ratio"](measured, fractions)


def sheet(pictures: Sequence[np.ndarray], path: Path) -> None:
    """Write the middles of the pictures side by side."""
    whole = Image.new("RGB", (COLUMNS * SHOWN, -(-len(pictures) // COLUMNS) * SHOWN))
    near, far = (len(pictures[0]) - CROPPED) // 2, (len(pictures[0]) + CROPPED) // 2
    for k, pixels in enumerate(pictures):
        middle = Image.fromarray(pixels).crop((near, near, far, far)).resize((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        whole.paste(middle, (k % COLUMNS * SHOWN, k // COLUMNS * SHOWN))
    whole.save(path, quality=90)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the survey")
    parser.add_argument("--sheet", type=Path, help=f"picture of the first {ROWS * COLUMNS} galaxies to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
