"""Views as they were made in 2014: a scikit-image warp of a decoded JPEG for each of them (Dieleman et al. 2015)."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image
from skimage.transform import AffineTransform, warp

SIDE = 69


def warped(path: Path, matrices: Iterable[Float[np.ndarray, "3 3"]]) -> Float[np.ndarray, "view row column band"]:
    """The views of an image file, one for each matrix, from 0 to 1 in float64."""
    image = np.asarray(Image.open(path)) / 255
    views = [
        warp(image, AffineTransform(matrix), output_shape=(SIDE, SIDE), order=1, mode="reflect", clip=False)
        for matrix in matrices
    ]
    return np.stack(views)
