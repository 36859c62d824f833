"""The 16-part network written out in NumPy: slow, and as near to the words of the specification as possible."""

import numpy as np


def parts(views: np.ndarray, size: int) -> np.ndarray:
    """Part by part [part galaxy band size size], by the index formulas of spec C2 for views of any size."""
    last = views.shape[-1] - 1
    i, j = np.mgrid[:size, :size]
    indices = [(i, j), (j, last - i), (last - i, last - j), (last - j, i)]
    copies = [flipped for view in views for flipped in (view, view[..., ::-1])]
    return np.stack([copy[:, :, rows, columns] for copy in copies for rows, columns in indices])


def correlate(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Cross-correlation without padding: [band row column] and [channel band k k] give [channel row column]."""
    size = kernels.shape[-1]
    rows, columns = (n - size + 1 for n in image.shape[1:])
    out = np.zeros((len(kernels), rows, columns))
    for row in range(rows):
        for column in range(columns):
            out[:, row, column] = (kernels * image[:, row : row + size, column : column + size]).sum(axis=(1, 2, 3))
    return out


def pooled(maps: np.ndarray) -> np.ndarray:
    """The maximum of 2×2 blocks; blocks at the far edges may be smaller."""
    rows, columns = range(0, maps.shape[1], 2), range(0, maps.shape[2], 2)
    return np.array([[[m[r : r + 2, c : c + 2].max() for c in columns] for r in rows] for m in maps])


def maxout(units: np.ndarray) -> np.ndarray:
    """The maximum of the units 2k and 2k+1."""
    return np.array([max(units[k], units[k + 1]) for k in range(0, len(units), 2)])


def small_network(views: np.ndarray, state: dict[str, np.ndarray], part_size: int) -> np.ndarray:
    """Features of the fixture `small`: two convolutions, both pooled, a shared maxout, a maxout and a relu layer."""
    galaxies = []
    for galaxy in range(views.shape[1]):
        merged = []
        for part in parts(views, part_size)[:, galaxy]:
            maps = part
            for layer in ("convolutions.conv1", "convolutions.conv2"):
                maps = correlate(maps, state[f"{layer}.convolve.weight"])
                maps = pooled(np.maximum(maps + state[f"{layer}.bias.bias"].transpose(2, 0, 1), 0))
            merged.extend(maxout(linear(maps.reshape(-1), state, "shared.shared")))
        hidden = maxout(linear(np.array(merged), state, "dense.dense1"))
        galaxies.append(np.maximum(linear(hidden, state, "dense.dense2"), 0))
    return np.array(galaxies)


def linear(inputs: np.ndarray, state: dict[str, np.ndarray], layer: str) -> np.ndarray:
    """Weights times inputs plus biases."""
    return state[f"{layer}.linear.weight"] @ inputs + state[f"{layer}.linear.bias"]
