"""How much faster does zoo's input line make the two views of a galaxy than the published way, on one core?

The published way (Dieleman et al. 2015): decode the JPEG with Pillow, then one scikit-image warp per view, in float64.
zoo's line: files read by zoo.cutout, or frames decoded before (dataset.cache=true), stacked to uint8 batches, and one
resampling by augmenter=affine. All ways must give the same pixels to 1e-5 before anything is timed.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and torch are imported

import numpy as np  # noqa: E402
import rounds  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from skimage.transform import AffineTransform, warp  # noqa: E402

from zoo import build, compose, cutout  # noqa: E402
from zoo.augmenter import Augmenter  # noqa: E402
from zoo.frames import Frames  # noqa: E402

PUBLISHED = "published: Pillow, scikit-image"
SHARED = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[2] / "shared")


def main() -> None:
    """Check that the ways agree, time them, print the table."""
    options = arguments()
    torch.set_num_threads(1)
    paths = sorted(options.images.glob("*.jpg"))[: options.galaxies]
    with TemporaryDirectory() as folder:
        ways = all_ways(paths, options.batch, options.seed, decoded(paths, Path(folder)))
        expected = ways[PUBLISHED]()
        for name, way in ways.items():
            np.testing.assert_allclose(way(), expected, atol=1e-5, err_msg=name)
        taken = rounds.interleaved(ways, options.rounds)
    print(rounds.table(taken, PUBLISHED, len(paths), "galaxies"))
    print(f"\n{options.rounds} rounds of {len(paths)} galaxies, batches of {options.batch}, one thread")
    print(rounds.circumstances())


def all_ways(paths: Sequence[Path], batch: int, seed: int, frames: Frames) -> dict[str, Callable[[], np.ndarray]]:
    """The ways by name; each makes all views, [view, galaxy, band, row, column]."""
    augmenter = build.part("augmenter", "affine", compose.part_values("augmenter", "affine"))
    draws = torch.from_numpy(np.random.default_rng(seed).random((len(paths), augmenter.num_draws)))
    rows = range(len(paths))
    stack = torch.stack([torch.from_numpy(frames[row]) for row in rows])

    def zoo(read: Callable[[int], np.ndarray]) -> np.ndarray:
        batches = [rows[k : k + batch] for k in range(0, len(rows), batch)]
        images = ((torch.stack([torch.from_numpy(read(row)) for row in some]), draws[some]) for some in batches)
        return np.concatenate([views(augmenter, *one) for one in images], axis=1)

    def zoo_with_pillow() -> np.ndarray:
        with without("simplejpeg"):
            return zoo(lambda row: cutout.read(paths[row]))

    def resampling_alone() -> np.ndarray:
        parts = zip(stack.split(batch), draws.split(batch), strict=True)
        return np.concatenate([views(augmenter, *one) for one in parts], axis=1)

    return {
        PUBLISHED: published(augmenter, paths, draws, stack.shape[-2:]),
        "zoo, from JPEG": lambda: zoo(lambda row: cutout.read(paths[row])),
        "zoo, from JPEG, without simplejpeg": zoo_with_pillow,
        "zoo, from decoded frames (dataset.cache=true)": lambda: zoo(lambda row: frames[row]),
        "augmenter=affine alone, from ready uint8 batches": resampling_alone,
    }


def published(
    augmenter: Augmenter, paths: Sequence[Path], draws: torch.Tensor, shape: Sequence[int]
) -> Callable[[], np.ndarray]:
    """The published way; its matrices and colours are given to it."""
    parameters = augmenter.sample(draws)
    matrices = augmenter.matrices(parameters, *shape).numpy().swapaxes(0, 1)
    colours = augmenter.offsets(parameters)[:, :, 0, 0].numpy()

    def galaxy(path: Path, matrices: np.ndarray, colour: np.ndarray) -> np.ndarray:
        image = np.asarray(Image.open(path)) / 255
        warped = [
            warp(image, AffineTransform(matrix), output_shape=(69, 69), order=1, mode="reflect", clip=False)
            for matrix in matrices
        ]
        return np.clip(np.stack(warped) + colour, 0, 1).astype(np.float32).transpose(0, 3, 1, 2)

    return lambda: np.stack([galaxy(*one) for one in zip(paths, matrices, colours, strict=True)], axis=1)


def views(augmenter: Augmenter, images: torch.Tensor, draws: torch.Tensor) -> np.ndarray:
    """Views of a uint8 batch under its draws."""
    return augmenter.views(images, augmenter.sample(draws)).numpy()


def decoded(paths: Sequence[Path], folder: Path) -> Frames:
    """The frames as dataset.cache=true keeps them."""
    images = [cutout.read(path) for path in paths]
    frames = Frames(folder / "frames.npy")
    frames.make(images, (len(images), *images[0].shape))
    return frames


@contextmanager
def without(module: str) -> Iterator[None]:
    """As if the module were not installed."""
    with mock.patch.dict(sys.modules, {module: None}):
        yield


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folder = SHARED / "data/kaggle_galaxy_zoo/images_training_rev1"
    parser.add_argument("--images", type=Path, default=folder, help="folder of JPEGs (default: %(default)s)")
    parser.add_argument("--galaxies", type=int, default=128, help="how many of them (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=32, help="galaxies in a batch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the perturbations (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
