"""How far apart are copies of real galaxies, and different galaxies that look most alike?

Copies: encoded anew, turned and mirrored, of half the size. Strangers: the nearest other image, where that holds no
identical pixels. Then the seconds that a search among many thumbnails takes, made by blending pairs of real ones.
"""

import argparse
import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rounds
from PIL import Image
from scipy.spatial import cKDTree

from zoo import cutout, look_alikes

SHOWN = (0, 0.01, 0.1, 1, 10, 50)
"""Percentiles of the distances between strangers."""


def main() -> None:
    """Print distances of copies and of strangers, the pairs that look alike, and the time of large searches."""
    options = arguments()
    paths = sorted(path for folder in options.folders for path in Path(folder).rglob("*.jpg"))
    with ThreadPoolExecutor() as threads:
        small = np.stack(list(threads.map(lambda path: look_alikes.thumbnail(read(path)), paths)))
    show_copies(paths[:: max(1, len(paths) // options.copies)])
    found = look_alikes.pairs(small)
    show_strangers(small, found)
    same = [pair for pair in found if np.array_equal(read(paths[pair.one]), read(paths[pair.other]))]
    print(f"{len(paths)} images: {len(found)} pairs look alike, {len(same)} of them have identical pixels; the others:")
    for pair in found:
        if pair not in same:
            print(f"  {pair.distance:.4f}  {paths[pair.one].stem}  {paths[pair.other].stem}")
    for size in options.sizes:
        show_time(small, size)
    print(rounds.circumstances())


def arguments() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", help="of JPEG images, at any depth")
    parser.add_argument("--copies", type=int, default=300, help="images of which copies are made")
    parser.add_argument("--sizes", type=int, nargs="*", default=[25_000, 100_000], help="of the large searches")
    return parser.parse_args()


def read(path: Path) -> np.ndarray:
    """The pixels of a file."""
    return cutout.read(path.read_bytes(), str(path), None)


def show_copies(paths: list[Path]) -> None:
    """Print the largest distances of copies from their originals."""
    ways = {f"JPEG of quality {quality}": {"quality": quality} for quality in (95, 75, 50, 30)}
    ways |= {"mirrored, turned, quality 75": {"turned": True}, "half the size, quality 75": {"shrunk": 2}}
    print(f"copies of {len(paths)} images: median, 99 %, largest distance")
    for name, how in ways.items():
        distances = [distance(read(path), **how) for path in paths]
        print(f"  {name:30s}" + "".join(f" {value:.4f}" for value in np.percentile(distances, [50, 99, 100])))


def distance(image: np.ndarray, quality: int = 75, turned: bool = False, shrunk: int = 1) -> float:
    """How far a copy lies from its original."""
    copy = np.rot90(image[:, ::-1], 1, (1, 2)) if turned else image
    picture, buffer = Image.fromarray(np.ascontiguousarray(np.moveaxis(copy, 0, -1))), io.BytesIO()
    picture = picture.resize((picture.width // shrunk, picture.height // shrunk), Image.Resampling.LANCZOS)
    picture.save(buffer, "JPEG", quality=quality)
    again = np.moveaxis(np.asarray(Image.open(buffer)), -1, 0)
    return look_alikes.apart(look_alikes.thumbnail(image)[None], look_alikes.thumbnail(again)[None])[0]


def show_strangers(small: np.ndarray, found: list[look_alikes.Pair]) -> None:
    """Print how near the nearest other galaxies come, copies aside."""
    copies = {row for pair in found if pair.distance < 1e-3 for row in pair[:2]}
    single = small[[row for row in range(len(small)) if row not in copies]]
    numbers = look_alikes.invariants(single)
    _, near = cKDTree(numbers).query(numbers, k=9)
    distances = np.min([look_alikes.apart(single, single[near[:, k]]) for k in range(1, 9)], axis=0)
    told = ", ".join(f"{share:g} %: {np.percentile(distances, share):.3f}" for share in SHOWN)
    print(f"nearest of 8 candidates to each of {len(single)} images without a copy: {told}")


def show_time(small: np.ndarray, size: int) -> None:
    """Print how long the search among so many takes."""
    chance = np.random.default_rng(0)
    one, other = small[chance.integers(0, len(small), (2, size))]
    many = one + chance.uniform(0.2, 1, (size, 1, 1)).astype(np.float32) * np.rot90(other, 1, (1, 2))
    many -= many.mean(axis=(1, 2), keepdims=True)
    many /= np.linalg.norm(many, axis=(1, 2), keepdims=True)
    began = time.process_time()
    found = look_alikes.pairs(many)
    print(f"{size:,} thumbnails: {time.process_time() - began:.1f} s of one core, {len(found)} pairs look alike")


if __name__ == "__main__":
    main()
