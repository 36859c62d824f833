"""The 16-part network written out in NumPy: slow, and as near to the words of the specification as possible."""

import numpy as np


def parts(views: np.ndarray, size: int) -> np.ndarray:
    """Part by part [part galaxy band size size], by the index formulas of spec C2 for views of any size."""
    last = views.shape[-1] - 1
    i, j = np.mgrid[:size, :size]
    indices = [(i, j), (j, last - i), (last - i, last - j), (last - j, i)]
    copies = [flipped for view in views for flipped in (view, view[..., ::-1])]
    return np.stack([copy[:, :, rows, columns] for copy in copies for rows, columns in indices])


def correlate(image: np.ndarray, kernels: np.ndarray, stride: int = 1) -> np.ndarray:
    """Cross-correlation without padding: [band row column] and [channel band k k] give [channel row column]."""
    size = kernels.shape[-1]
    rows, columns = (range(0, n - size + 1, stride) for n in image.shape[1:])
    blocks = [[image[:, row : row + size, column : column + size] for column in columns] for row in rows]
    return np.array([[[(kernel * block).sum() for block in line] for line in blocks] for kernel in kernels])


def pooled(maps: np.ndarray, size: int = 2, stride: int = 2, one=np.max) -> np.ndarray:
    """One number of each block, such as its maximum.

    Blocks at the far edges may be smaller, and none begins where one before it has reached the edge.
    """
    starts = [0]
    while starts[-1] + size < maps.shape[1]:
        starts.append(starts[-1] + stride)
    return np.array([[[one(m[r : r + size, c : c + size]) for c in starts] for r in starts] for m in maps])


def maxout(units: np.ndarray) -> np.ndarray:
    """The maximum of the units, or maps, 2k and 2k+1."""
    return np.array([np.maximum(units[k], units[k + 1]) for k in range(0, len(units), 2)])


def small_network(
    views: np.ndarray,
    state: dict[str, np.ndarray],
    part_size: int,
    act: str = "relu",
    first_stride: int = 1,
    pool: tuple[int, int] = (2, 2),
) -> np.ndarray:
    """Features of the fixture `small`: two convolutions, both pooled, a shared maxout, a maxout and a relu layer."""
    galaxies = []
    for galaxy in range(views.shape[1]):
        merged = []
        for part in parts(views, part_size)[:, galaxy]:
            maps = part
            for layer in ("convolutions.conv1", "convolutions.conv2"):
                stride = first_stride if layer.endswith("1") else 1
                maps = correlate(maps, state[f"{layer}.convolve.weight"], stride)
                maps = maps + state[f"{layer}.bias.bias"].transpose(2, 0, 1)
                maps = pooled(maxout(maps) if act == "maxout2" else np.maximum(maps, 0), *pool)
            merged.extend(maxout(linear(maps.reshape(-1), state, "shared.shared")))
        hidden = maxout(linear(np.array(merged), state, "dense.dense1"))
        galaxies.append(np.maximum(linear(hidden, state, "dense.dense2"), 0))
    return np.array(galaxies)


def linear(inputs: np.ndarray, state: dict[str, np.ndarray], layer: str) -> np.ndarray:
    """Weights times inputs plus biases."""
    return state[f"{layer}.linear.weight"] @ inputs + state[f"{layer}.linear.bias"]
