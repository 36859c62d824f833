"""Features in two or three dimensions: principal components, t-SNE, UMAP."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from zoo.errors import ZooError

METHODS = ("pca", "tsne", "umap")
PACKAGES = {"sklearn.manifold": ("scikit-learn", "map"), "umap": ("umap-learn", "umap")}


def refuse(method: str, dimensions: int, galaxies: int) -> None:
    """Raise ZooError for an unknown method, for other dimensions than 2 and 3, and for too few galaxies."""
    if method not in METHODS:
        raise ZooError(f"method={method} is unknown: choose {', '.join(METHODS)}.")
    if dimensions not in (2, 3):
        raise ZooError(f"dimensions={dimensions}: a map has 2 or 3.")
    if galaxies <= dimensions:
        raise ZooError(f"A map of {dimensions} dimensions needs more than {galaxies} galaxies: embed more of them.")


def pca(features: Float32[np.ndarray, "galaxy feature"], dimensions: int) -> Float[np.ndarray, "galaxy dimension"]:
    """The first principal components; of each, the galaxy farthest from the mean lies on the positive side."""
    centred = features.astype(float) - features.mean(axis=0, dtype=float)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    left, sizes = left[:, :dimensions], sizes[:dimensions]
    if left.shape[1] < dimensions:
        raise ZooError(f"{features.shape[1]} features have no {dimensions} principal components: take dimensions=2.")
    return left * sizes * np.sign(left[np.abs(left).argmax(axis=0), range(dimensions)])


def tsne(
    features: Float32[np.ndarray, "galaxy feature"],
    dimensions: int,
    perplexity: float,
    learning_rate: float,
    iterations: int,
    seed: int,
) -> Float[np.ndarray, "galaxy dimension"]:
    """t-SNE from a random start with the defaults of 2018 (van der Maaten & Hinton 2008; spec G26).

    Raises ZooError where there are not more galaxies than the perplexity.
    """
    if not 0 < perplexity < len(features):
        raise ZooError(f"perplexity={perplexity:g}: {len(features)} galaxies need one above 0 and below their number.")
    made = imported("sklearn.manifold").TSNE(
        n_components=dimensions,
        perplexity=perplexity,
        learning_rate=learning_rate,
        max_iter=iterations,
        init="random",
        random_state=seed,
    )
    return made.fit_transform(features).astype(float)


def umap(
    features: Float32[np.ndarray, "galaxy feature"], dimensions: int, neighbours: int, min_dist: float, seed: int
) -> Float[np.ndarray, "galaxy dimension"]:
    """UMAP (McInnes et al. 2018); its package is asked for when it is used."""
    made = imported("umap").UMAP(
        n_components=dimensions, n_neighbors=neighbours, min_dist=min_dist, random_state=seed, n_jobs=1
    )
    return made.fit_transform(features).astype(float)


def imported(module: str) -> Any:
    """An optional module. Raises ZooError with the command that installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        package, extra = PACKAGES[module]
        raise ZooError(
            f"This map needs {package}, which is not installed: pip install 'galaxy-model-zoo[{extra}]', or take "
            "method=pca.",
            "E-EXTRA-MISSING",
        ) from error
