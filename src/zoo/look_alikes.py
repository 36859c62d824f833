"""Images that look alike although their bytes differ: encoded anew, resized, turned by right angles or mirrored.

Every image is reduced to a small grey thumbnail without its mean and of length one, so that neither brightness nor
contrast counts. Of its cosine transform the absolute values are the same for all mirror images, and those of two
mirrored frequencies, sorted, for all turns. These numbers never lie further apart than the thumbnails do in the best of
the eight orientations: who is near by them is a candidate, and none is missed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from zoo import progress
from zoo.dataset import Dataset
from zoo.errors import ZooImageError

SIDE = 16
"""Pixels of a side of a thumbnail."""

ALIKE = 0.06
"""Distance between thumbnails below which two images look alike; `docs/images.md` says why."""

NEAREST = 8
"""How many candidates of one image are looked at: of a hundred copies each is found, but not each pair of them."""

STRETCH = 1024
"""Images that are compared with others at a time."""

ROUNDING = 1e-5
"""By how much a squared distance between two of our vectors may be off in float32."""

FREQUENCIES = 6
"""How many of the lowest frequencies, along each axis, lead to candidates."""


class Pair(NamedTuple):
    """Two rows whose images look alike, and how far apart they are: 0 for copies, about 1.4 for strangers."""

    one: int
    other: int
    distance: float


def of(dataset: Dataset) -> list[Pair]:
    """The galaxies of a data set that look alike; images that cannot be read are like none."""

    def small(row: int) -> Float[np.ndarray, "side side"]:
        try:
            return thumbnail(dataset[row].image.numpy())
        except ZooImageError:
            return np.zeros((SIDE, SIDE), np.float32)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        rows = progress.track(threads.map(small, range(len(dataset))), "comparing images", len(dataset))
        return pairs(np.stack(list(rows))) if len(dataset) else []


def thumbnail(image: Shaped[np.ndarray, "band height width"]) -> Float[np.ndarray, "side side"]:
    """The means of an image over a grid, without their own mean and of length one; zero for an even image."""
    grey = image.mean(axis=0, dtype=np.float32)
    small = _shrunk(_shrunk(grey).T).T
    small = small - small.mean()
    length = float(np.linalg.norm(small))
    return (small / length if length > 1e-6 * (1 + np.abs(grey).max()) else np.zeros_like(small)).astype(np.float32)


def pairs(thumbnails: Float[np.ndarray, "galaxy side side"]) -> list[Pair]:
    """The pairs that look alike, the nearest first. Memory grows with the number of galaxies, not of pairs."""
    rows = np.flatnonzero(np.abs(thumbnails).max(axis=(1, 2)) > 0)
    found = []
    for near in candidates(invariants(thumbnails[rows])):
        some = np.sort(rows[near], axis=1)
        distances = apart(thumbnails[some[:, 0]], thumbnails[some[:, 1]])
        found += [Pair(*map(int, pair), float(d)) for pair, d in zip(some, distances, strict=True) if d < ALIKE]
    return sorted(found, key=lambda pair: (pair.distance, pair))


def candidates(numbers: Float[np.ndarray, "galaxy number"]) -> Iterator[Int[np.ndarray, "pair 2"]]:
    """Pairs of rows that are less than `ALIKE` apart, each once, by stretches.

    The rows are sorted along the direction in which they spread most, so that only those within `ALIKE` along it are
    compared: all of these, by one product of matrices. In 36 dimensions a tree would visit most of its leaves.
    """
    if len(numbers) < 2:
        return
    centred = numbers - numbers.mean(axis=0)
    along = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    order = np.argsort(along, kind="stable")
    centred, along = centred[order].astype(np.float32), along[order]
    squares = np.square(centred).sum(axis=1)
    for start in range(0, len(order), STRETCH):
        stop = min(start + STRETCH, len(order))
        end = int(np.searchsorted(along, along[stop - 1] + ALIKE, side="right"))
        between = squares[start:stop, None] + squares[start:end] - 2 * centred[start:stop] @ centred[start:end].T
        near = np.triu(between < ALIKE**2 + ROUNDING, 1)
        if near.any():
            near &= np.cumsum(near, axis=1, dtype=np.int32) <= NEAREST
            yield order[np.argwhere(near) + start]


def invariants(thumbnails: Float[np.ndarray, "galaxy side side"]) -> Float[np.ndarray, "galaxy number"]:
    """Numbers that no turn by right angles and no mirror changes, and that change no more than the pixels do."""
    from scipy.fft import dctn

    size = np.abs(dctn(thumbnails, axes=(1, 2), norm="ortho")[:, :FREQUENCIES, :FREQUENCIES])
    above, below = np.triu_indices(FREQUENCIES, 1)
    one, other = size[:, above, below], size[:, below, above]
    diagonal = size[:, range(FREQUENCIES), range(FREQUENCIES)]
    return np.concatenate([diagonal, np.minimum(one, other), np.maximum(one, other)], axis=1)


def apart(
    one: Float[np.ndarray, "pair side side"], other: Float[np.ndarray, "pair side side"]
) -> Float[np.ndarray, " pair"]:
    """The least distances between thumbnails and the eight orientations of others."""
    return np.min([np.linalg.norm(one - turned, axis=(1, 2)) for turned in orientations(other)], axis=0)


def orientations(images: Shaped[np.ndarray, "galaxy height width"]) -> Iterator[Shaped[np.ndarray, "galaxy ..."]]:
    """Images turned by right angles, and their mirror images likewise."""
    for turned in (images, images.swapaxes(1, 2)):
        yield from (np.rot90(turned, turns, (1, 2)) for turns in range(4))


def _shrunk(image: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "side width"]:
    """The means over `SIDE` equal strips of rows; a row between two strips counts in both, by its parts."""
    height = len(image)
    sums = np.concatenate([np.zeros((1, image.shape[1])), np.cumsum(image, axis=0, dtype=np.float64)])
    edges = np.linspace(0, height, SIDE + 1)
    whole = np.minimum(edges.astype(int), height - 1)
    at = sums[whole] + (edges - whole)[:, None] * (sums[whole + 1] - sums[whole])
    return np.diff(at, axis=0) * (SIDE / height)
