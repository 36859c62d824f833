"""How much faster does zoo average predictions over sixty transformations than the published way?

The published way (Dieleman et al. 2015, section 7): for each of the sixty, read every JPEG again, warp it with
scikit-image into two views, and pass the views through the network. zoo decodes once and hands the images to
`GalaxyModel.predict(images, "published60")`. The network, of untrained weights, is the same. Both must give the same
fractions to 1e-6 before anything is timed; in bfloat16, where the processor has it, to 5e-3.

One thread is asked for the seconds of one core; `--threads 2` for those on the wall, where the network uses both cores
and Pillow and scikit-image one.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import rounds
import torch
import yaml
from PIL import Image
from published_views import warped
from shared_data import KAGGLE_IMAGES
from torch import Tensor

from zoo import build, compose, cutout, precision, registry
from zoo.model import GalaxyModel
from zoo.schema import VoteFractions, read_tree

PARTS = (("augmenter", "affine"), ("architecture", "gz_convnet"), ("head", "decision_tree"))
PUBLISHED, ZOO = "published: every view from the JPEG", "zoo: decoded once, each distinct part looked at once"
REDUCED = f"{ZOO}, bfloat16"


def main() -> None:
    """Check that the ways agree, time them, print the table."""
    options = arguments()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.threads == 1 else time.perf_counter
    torch.manual_seed(options.seed)
    paths = sorted(options.images.resolve().glob("*.jpg"))[: options.galaxies]
    model = network()
    ways = all_ways(model, paths)
    with torch.inference_mode():
        expected = ways[PUBLISHED]()
        np.testing.assert_allclose(ways[ZOO](), expected, atol=1e-6)
        if REDUCED in ways:
            np.testing.assert_allclose(ways[REDUCED](), expected, atol=5e-3)
        taken = rounds.interleaved(ways, options.rounds, clock)
    print(rounds.table(taken, PUBLISHED, len(paths), "galaxies"))
    unit = "seconds of one core" if options.threads == 1 else f"seconds on the wall, {options.threads} threads"
    print(f"\n{options.rounds} rounds of {len(paths)} galaxies at once, {unit}")
    print(rounds.circumstances())


def network() -> GalaxyModel:
    """The 16-part network with the decision tree, in eval mode."""
    values = {(group, name): compose.part_values(group, name) for group, name in PARTS}
    augmenter, backbone = (build.part(*part, values[part]) for part in PARTS[:2])
    told = {"schema": tree(), "num_features": backbone.num_features}
    return GalaxyModel(augmenter, backbone, build.part(*PARTS[2], values[PARTS[2]], **told)).eval()


def tree() -> VoteFractions:
    """The questions of Galaxy Zoo."""
    return read_tree(yaml.safe_load((registry.CONF / "tree" / "galaxy_zoo.yaml").read_text())["questions"])


def all_ways(model: GalaxyModel, paths: Sequence[Path]) -> dict[str, Callable[[], np.ndarray]]:
    """The ways by name; each gives the averaged fractions, [column, galaxy]."""
    grid = model.augmenter.grid("published60")
    size = np.asarray(Image.open(paths[0])).shape[:2]
    matrices = [model.augmenter.matrices(parameters, *size)[:, 0].numpy() for parameters in grid]
    ready = [model.augmenter.views(decoded(paths), parameters) for parameters in grid]

    def average(views: Iterable[Tensor]) -> np.ndarray:
        return np.mean([fractions(model.head.predict(model.head(model.backbone(v)))) for v in views], axis=0)

    def reduced() -> np.ndarray:
        with torch.autocast("cpu", torch.bfloat16):
            return fractions(model.predict(decoded(paths), "published60"))

    return {
        PUBLISHED: lambda: average(published(paths, of_views) for of_views in matrices),
        ZOO: lambda: fractions(model.predict(decoded(paths), "published60")),
        **({REDUCED: reduced} if precision.choose("cpu")[0] == precision.BF16 else {}),
        "the network alone, from ready views": lambda: average(ready),
    }


def published(paths: Sequence[Path], matrices: np.ndarray) -> Tensor:
    """The views of each galaxy under one transformation, from its JPEG."""
    made = [warped(path, matrices).astype(np.float32).transpose(0, 3, 1, 2) for path in paths]
    return torch.from_numpy(np.stack(made, axis=1))


def decoded(paths: Sequence[Path]) -> Tensor:
    """The images of the galaxies."""
    return torch.from_numpy(np.stack([cutout.read(path) for path in paths]))


def fractions(columns: dict[str, Tensor]) -> np.ndarray:
    """Columns as one array."""
    return torch.stack([values.float() for values in columns.values()]).numpy()


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, default=KAGGLE_IMAGES, help="folder of JPEGs (default: %(default)s)")
    parser.add_argument("--galaxies", type=int, default=8, help="how many of them (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of the network (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
