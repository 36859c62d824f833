"""Positions and Petrosian radii of real galaxies beside the medians of the tables of 2014 (spec B14).

python benchmarks/recentring.py FOLDER_OF_IMAGES --every 14
"""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from zoo_augmenter_kornia.matrices import LARGEST_SCALE, TARGET_RADIUS
from zoo_augmenter_kornia.sextractor import THRESHOLDS, Sextractor


def summary(paths: list[Path], generation: str) -> str:
    """Medians over these images, the share that the scale's limits clamp, and how many have no galaxy."""
    measurement = Sextractor(generation)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        rows = np.array(
            [*threads.map(lambda path: measurement(np.asarray(Image.open(path)).transpose(2, 0, 1)), paths)]
        )
    found = rows[np.isfinite(rows[:, 0])]
    x, y, radius = np.median(found[:, 0]), np.median(found[:, 1]), found[:, 2] * found[:, 5]
    scale = TARGET_RADIUS / radius
    down, up = (100 * np.mean(beyond) for beyond in (scale < 1 / LARGEST_SCALE, scale > LARGEST_SCALE))
    return (
        f"{generation}: n {len(rows)}, not detected {len(rows) - len(found)}, median centre ({x:.2f}, {y:.2f}), "
        f"median Petrosian radius {np.median(radius):.1f} px, clamped down {down:.1f} %, up {up:.1f} %"
    )


def main() -> None:
    """Print a line for each generation of measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=14, help="take every n-th file by name")
    given = parser.parse_args()
    paths = sorted(given.folder.glob("*.jpg"))[:: given.every]
    for generation in THRESHOLDS:
        print(summary(paths, generation), flush=True)


if __name__ == "__main__":
    main()
