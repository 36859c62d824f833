"""The galaxies nearest to one by their features: exact among few, by an index of faiss among many."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from zoo import atomic, cache
from zoo.embedding import Embedding
from zoo.errors import ZooError

DISTANCES = ("cosine", "euclidean")

MANY = 100_000
"""Galaxies from which on an index answers, where faiss is installed."""

LINKS, LOOKED_AT = 32, 256
"""Of a galaxy in the index; candidates of a query (Malkov & Yashunin 2020: M and ef)."""


def nearest(
    embedding: Embedding, row: int, number: int, distance: str, many: int = MANY
) -> tuple[Int[np.ndarray, " neighbour"], Float[np.ndarray, " neighbour"]]:
    """Rows of the nearest galaxies and their distances, the nearest first; the galaxy itself is none of them.

    distance: `cosine`, 1 minus the cosine of the angle between two features, or `euclidean`. From `many` galaxies on an
    index is asked, which is kept in the cache and may miss one in a hundred. Raises ZooError for another distance.
    """
    if distance not in DISTANCES:
        raise ZooError(f"distance={distance} is unknown: choose {' or '.join(DISTANCES)}.")
    if number < 1:
        raise ZooError(f"n={number} leaves nothing to find: take 1 or more.")
    points = directions(embedding.features) if distance == "cosine" else embedding.features
    index = indexed(embedding, points, distance) if len(points) >= many else None
    found = exact(points, row) if index is None else asked(index, points[row], number + 1)
    rows, squares = (part[found[0] != row][:number] for part in found)
    return rows, squares / 2 if distance == "cosine" else np.sqrt(squares)


def directions(features: Float32[np.ndarray, "galaxy feature"]) -> Float32[np.ndarray, "galaxy feature"]:
    """Features of length 1, whose squared distance is twice the cosine distance; zeros stay zeros."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


def exact(
    points: Float32[np.ndarray, "galaxy feature"], row: int
) -> tuple[Int[np.ndarray, " galaxy"], Float[np.ndarray, " galaxy"]]:
    """All rows by their squared distance; of equal ones the first in the table."""
    squares = np.empty(len(points))
    for start in range(0, len(points), 65536):  # the differences of so many rows are held at once
        squares[start : start + 65536] = np.square(points[start : start + 65536] - points[row]).sum(axis=1, dtype=float)
    rows = np.argsort(squares, kind="stable")
    return rows, squares[rows]


def asked(
    index: Any, point: Float32[np.ndarray, " feature"], number: int
) -> tuple[Int[np.ndarray, " neighbour"], Float[np.ndarray, " neighbour"]]:
    """What an index finds."""
    index.hnsw.efSearch = max(LOOKED_AT, 2 * number)
    squares, rows = index.search(point[None], number)
    return rows[0][rows[0] >= 0], squares[0][rows[0] >= 0].astype(float)


def indexed(embedding: Embedding, points: Float32[np.ndarray, "galaxy feature"], distance: str) -> Any:
    """The index of these points, built unless the cache has it; None, with a word on stderr, where faiss is absent."""
    try:
        import faiss
    except ImportError:
        print(
            "faiss is not installed, so every galaxy is compared: pip install 'galaxy-model-zoo[search]'",
            file=sys.stderr,
        )
        return None
    path = cache.folder("neighbours") / f"{embedding.fingerprint()[:24]}-{distance}.faiss"
    if path.is_file():
        return faiss.read_index(str(path))
    index = faiss.IndexHNSWFlat(points.shape[1], LINKS)
    index.add(points)
    with atomic.replacing(path) as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))
    return index
