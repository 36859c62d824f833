"""How fast do cutouts of floats come into training from the cache, beside JPEG files, on one core?

Galaxies of dataset=cutouts in three bands, after `prepare` has cut them out of their frames, and the same galaxies of
dataset=table from JPEG files of the same sides: batches, then one resampling by augmenter=affine. Views are those of
simulated galaxies, as exact as JPEG lets them be. The goal for 32-bit floats is 0.8.
"""

import argparse
import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and torch are imported
os.environ["THP_MEM_ALLOC_ENABLE"] = "1"  # as `zoo train` sets it

import numpy as np  # noqa: E402
import rounds  # noqa: E402
import torch  # noqa: E402
from astropy.io import fits  # noqa: E402
from PIL import Image  # noqa: E402

from zoo import build, compose, datamodule  # noqa: E402
from zoo.dataset import Dataset  # noqa: E402

JPEG, BANDS, SCALE = "dataset=table, from JPEG files", "irg", 0.25
AGREE = 0.02
"""How far the views from JPEG are off on average, where white is 1."""


def main() -> None:
    """Check that the ways agree, time them, print the table."""
    options = arguments()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, ZOO_CACHE=f"{folder}/cache"):
        images = galaxies(options.galaxies)
        ways = all_ways(write(images, Path(folder)), Path(folder), options, images.shape[-1])
        expected = ways[JPEG]()
        for name, way in ways.items():
            assert np.abs(way() - expected).mean() < AGREE, name
        taken = rounds.interleaved(ways, options.rounds, clock=time.process_time)
    print(rounds.table(taken, JPEG, options.galaxies, "galaxies"))
    side = images.shape[-1]
    print(f"\n{options.rounds} rounds of {options.galaxies} galaxies, {side} pixels a side, seconds of one core")
    print(rounds.circumstances())


def galaxies(number: int) -> np.ndarray:
    """Simulated galaxies, [galaxy, band, row, column] of 8 bits."""
    simulated = build.part("dataset", "simulated", compose.part_values("dataset", "simulated") | {"size": number})
    simulated.prepare()
    return np.stack([simulated[k].image.numpy() for k in range(number)])


def write(images: np.ndarray, folder: Path) -> list[str]:
    """Write a JPEG for each galaxy and a frame of each band for all, side by side; their ids."""
    ids, side = [f"{k:05d}" for k in range(len(images))], images.shape[-1]
    (folder / "images").mkdir()
    for object_id, image in zip(ids, images, strict=True):
        file = BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(file, "JPEG", quality=92)
        (folder / "images" / f"{object_id}.jpg").write_bytes(file.getvalue())
    header = fits.Header({"CTYPE1": "RA---CAR", "CTYPE2": "DEC--CAR", "CRVAL1": 0.0, "CRVAL2": 0.0, "CRPIX1": 0.5})
    header.update(CRPIX2=0.5, CD1_1=SCALE / 3600, CD2_2=SCALE / 3600, CD1_2=0.0, CD2_1=0.0)
    for band, plane in zip(BANDS, images.swapaxes(0, 1).astype(np.float32) / 255, strict=True):
        (folder / f"frame-{band}.fits").unlink(missing_ok=True)
        fits.PrimaryHDU(np.concatenate(list(plane), axis=1), header).writeto(folder / f"frame-{band}.fits")
    rows = [f"{i},{(k + 0.5) * side * SCALE / 3600:.9f},{side / 2 * SCALE / 3600:.9f},a" for k, i in enumerate(ids)]
    (folder / "galaxies.csv").write_text("\n".join(["object_id,ra,dec,label", *rows, ""]))
    return ids


def all_ways(
    ids: list[str], folder: Path, options: argparse.Namespace, side: int
) -> dict[str, Callable[[], np.ndarray]]:
    """The ways by name; each makes all views, [view, galaxy, band, row, column]."""
    augmenter = build.part("augmenter", "affine", compose.part_values("augmenter", "affine") | {"colour": 0.0})
    draws = torch.from_numpy(np.random.default_rng(options.seed).random((len(ids), augmenter.num_draws)))

    def line(dataset: Dataset) -> np.ndarray:
        batches = datamodule.batches(dataset, range(len(ids)), options.batch)
        parts = zip(batches, draws.split(options.batch), strict=True)
        return np.concatenate([augmenter.views(b.images, augmenter.sample(some)).numpy() for b, some in parts], 1)

    made = {JPEG: dataset("table", folder, images="images", suffix=".jpg", table=str(folder / "galaxies.csv"))}
    cut = {"positions": str(folder / "galaxies.csv"), "frames": str(folder), "pattern": "frame-{band}.fits"}
    cut |= {"bands": list(BANDS), "size": side * SCALE, "pixels": side, "limits": [0, 1]}
    for depth in ("float32", "float16", "uint16", "uint8"):
        made[f"dataset=cutouts, {depth}"] = dataset("cutouts", folder, **cut, depth=depth)
    return {name: lambda dataset=dataset: line(dataset) for name, dataset in made.items()}


def dataset(name: str, folder: Path, **values: object) -> Dataset:
    """A prepared data set: its first pass is over."""
    made = build.part("dataset", name, compose.part_values("dataset", name) | values)
    made.prepare()
    return made


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--galaxies", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=32, help="galaxies in a batch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the perturbations (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
