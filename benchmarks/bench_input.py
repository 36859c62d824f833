"""How much faster does zoo's input line make the two views of a galaxy than the published way, on one core?

The published way (Dieleman et al. 2015): decode the JPEG with Pillow, then one scikit-image warp per view, in float64.
zoo's line: batches of dataset=table, from the JPEGs or from frames decoded before (dataset.cache=true), and one
resampling by augmenter=affine. All ways must give the same pixels to 1e-5 before anything is timed.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and torch are imported

import numpy as np  # noqa: E402
import rounds  # noqa: E402
import torch  # noqa: E402
from published_views import warped  # noqa: E402
from shared_data import KAGGLE_IMAGES  # noqa: E402
from zoo_augmenter_kornia.resample import positions  # noqa: E402

from zoo import build, compose, datamodule  # noqa: E402
from zoo.augmenter import Augmenter  # noqa: E402
from zoo.dataset import Dataset  # noqa: E402

PUBLISHED = "published: Pillow, scikit-image"


def main() -> None:
    """Check that the ways agree, time them, print the table."""
    options = arguments()
    torch.set_num_threads(1)
    paths = sorted(options.images.resolve().glob("*.jpg"))[: options.galaxies]
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, ZOO_CACHE=folder):
        ways = all_ways(paths, options.batch, options.seed, Path(folder))
        expected = ways[PUBLISHED]()
        for name, way in ways.items():
            np.testing.assert_allclose(way(), expected, atol=1e-5, err_msg=name)
        taken = rounds.interleaved(ways, options.rounds, clock=time.process_time)
    print(rounds.table(taken, PUBLISHED, len(paths), "galaxies"))
    print(f"\n{options.rounds} rounds of {len(paths)} galaxies, batches of {options.batch}, seconds of one core")
    print(rounds.circumstances())


def all_ways(paths: Sequence[Path], batch: int, seed: int, folder: Path) -> dict[str, Callable[[], np.ndarray]]:
    """The ways by name; each makes all views, [view, galaxy, band, row, column]."""
    augmenter = build.part("augmenter", "affine", compose.part_values("augmenter", "affine"))
    draws = torch.from_numpy(np.random.default_rng(seed).random((len(paths), augmenter.num_draws)))
    files, frames = (dataset(paths, folder, cache) for cache in (False, True))
    ready = [b.images for b in datamodule.batches(files, range(len(paths)), batch)]

    def views(batches: Iterable[torch.Tensor]) -> np.ndarray:
        parts = zip(batches, draws.split(batch), strict=True)
        return np.concatenate([augmenter.views(images, augmenter.sample(some)).numpy() for images, some in parts], 1)

    def line(dataset: Dataset) -> np.ndarray:
        return views(b.images for b in datamodule.batches(dataset, range(len(paths)), batch))

    def line_with_pillow() -> np.ndarray:
        with mock.patch.dict(sys.modules, simplejpeg=None):  # as if it were not installed
            return line(files)

    return {
        PUBLISHED: published(augmenter, paths, draws, ready[0].shape[-2:]),
        "zoo, from JPEG": lambda: line(files),
        "zoo, from JPEG, without simplejpeg": line_with_pillow,
        "zoo, from decoded frames": lambda: line(frames),
        "augmenter=affine alone, from ready batches": lambda: views(ready),
        "the same by torch's grid_sample": lambda: by_grid_sample(augmenter, ready, draws),
    }


def by_grid_sample(augmenter: Augmenter, batches: Sequence[torch.Tensor], draws: torch.Tensor) -> np.ndarray:
    """The usual way in torch: the whole frames as float, then one grid_sample."""
    made = []
    for images, some in zip(batches, draws.split(len(batches[0])), strict=True):
        parameters, size = augmenter.sample(some), torch.tensor(images.shape[:-3:-1])
        matrices = augmenter.matrices(parameters, *images.shape[-2:])
        grid = positions(matrices.transpose(0, 1), augmenter.view_size) / ((size - 1) / 2)[:, None] - 1
        sampled = torch.nn.functional.grid_sample(
            images / 255, grid.float().mT[:, None], padding_mode="reflection", align_corners=True
        )
        sampled = sampled.unflatten(3, (len(matrices), augmenter.view_size, -1)).squeeze(2).permute(2, 0, 1, 3, 4)
        made.append((sampled + augmenter.offsets(parameters).float()).clamp(0, 1).numpy())
    return np.concatenate(made, axis=1)


def dataset(paths: Sequence[Path], folder: Path, cache: bool) -> Dataset:
    """The images as a dataset=table with a made-up class."""
    table = folder / "labels.csv"
    table.write_text("object_id,label\n" + "".join(f"{path.stem},{'ab'[k % 2]}\n" for k, path in enumerate(paths)))
    values = {"table": str(table), "images": str(paths[0].parent), "label": "label", "cache": cache}
    made = build.part("dataset", "table", compose.part_values("dataset", "table") | values)
    made.prepare()
    return made


def published(
    augmenter: Augmenter, paths: Sequence[Path], draws: torch.Tensor, shape: Sequence[int]
) -> Callable[[], np.ndarray]:
    """The published way; its matrices and colours are given to it."""
    parameters = augmenter.sample(draws)
    matrices = augmenter.matrices(parameters, *shape).numpy().swapaxes(0, 1)
    colours = augmenter.offsets(parameters)[:, :, 0, 0].numpy()

    def galaxy(path: Path, matrices: np.ndarray, colour: np.ndarray) -> np.ndarray:
        return np.clip(warped(path, matrices) + colour, 0, 1).astype(np.float32).transpose(0, 3, 1, 2)

    return lambda: np.stack([galaxy(*one) for one in zip(paths, matrices, colours, strict=True)], axis=1)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, default=KAGGLE_IMAGES, help="folder of JPEGs (default: %(default)s)")
    parser.add_argument("--galaxies", type=int, default=128, help="how many of them (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=32, help="galaxies in a batch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the perturbations (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
