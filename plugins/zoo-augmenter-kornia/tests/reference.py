"""The slow, obvious way to every number of this plugin: NumPy, one matrix and one pixel neighbourhood at a time."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import affine_transform

CENTRE = 211.5


def move(x, y):
    """A translation."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def linear(a, b, c, d):
    """A linear map."""
    return np.array([[a, b, 0], [c, d, 0], [0, 0, 1.0]])


def turn(degrees):
    """A rotation in image axes, x right and y down."""
    angle = np.deg2rad(degrees)
    return linear(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))


def about(x, y, matrix):
    """The matrix, applied about the point (x, y)."""
    return move(x, y) @ matrix @ move(-x, -y)


def downsample(factor, size, height, width):
    """Spec B2: the view's centre to the image's centre, `factor` pixels for one."""
    return np.array(
        [
            [factor, 0, factor * (width / (2 * factor) - size / 2 + 0.5) - 0.5],
            [0, factor, factor * (height / (2 * factor) - size / 2 + 0.5) - 0.5],
            [0, 0, 1],
        ]
    )


def perturbation(rotation, zoom, shift, flip):
    """Spec B4 and B7: flip, then turn, then shrink, with the shift in the last column."""
    return move(*shift) @ turn(rotation) @ linear(1 / zoom, 0, 0, 1 / zoom) @ linear(-1 if flip else 1, 0, 0, 1)


def full(rotation, zoom, shift, flip, angle, factor, size, height, width):
    """Spec B5: from a view's pixel to the image's."""
    x, y = (width - 1) / 2, (height - 1) / 2
    perturb = about(x, y, perturbation(rotation, zoom, shift, flip))
    return perturb @ about(x, y, turn(angle)) @ downsample(factor, size, height, width)


def mirrored(index, length):
    """The pixel that whole-sample reflection shows at this index."""
    index %= 2 * (length - 1)
    return min(index, 2 * (length - 1) - index)


def warp(image, matrix, size):
    """Spec B8 and B9: every output pixel from its four neighbours, float64, shape [band, size, size]."""
    bands, height, width = image.shape
    out = np.empty((bands, size, size))
    for row in range(size):
        for column in range(size):
            x, y, _ = matrix @ (column, row, 1)
            left, top = int(np.floor(x)), int(np.floor(y))
            value = 0
            for i, weight_y in ((top, 1 - (y - top)), (top + 1, y - top)):
                for j, weight_x in ((left, 1 - (x - left)), (left + 1, x - left)):
                    value = value + weight_y * weight_x * image[:, mirrored(i, height), mirrored(j, width)]
            out[:, row, column] = value
    return out


def keras_matrix(n, theta, tx, ty, zx, zy, centre):
    """Spec G16: from a row and column of the view to those of the image, as Keras composes it; tx, zx are of rows."""
    to_origin, back = move(-centre, -centre), move(centre, centre)
    return back @ turn(theta) @ move(tx, ty) @ linear(zx, 0, 0, zy) @ to_origin


def keras_view(image, matrix, flip_rows, flip_columns, size):
    """Spec G15 and G16, on uint8 [band, height, width]: Pillow's nearest resize, SciPy per band, flips, then 1/255."""
    resized = np.asarray(Image.fromarray(image.transpose(1, 2, 0)).resize((size, size), Image.Resampling.NEAREST))
    bands = [
        affine_transform(band, matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest", output=np.float64)
        for band in resized.transpose(2, 0, 1).astype(np.float64)
    ]
    view = np.stack(bands)[:, :: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
    return view / 255


def analytic_image():
    """The analytic image of golden/affine.json, [band, 424, 424]."""
    y, x = np.mgrid[:424, :424]
    waves = [
        np.sin(2 * np.pi * x / (37 + 11 * k)) * np.cos(2 * np.pi * y / (53 - 7 * k)) * 0.2
        + 0.1 * ((x + 2 * y + 3 * k) % 7) / 7
        for k in range(3)
    ]
    return 0.45 + np.stack(waves)


def golden(shared: Path, name: str):
    """A golden file of the specification."""
    return json.loads((shared / "spec" / "golden" / f"{name}.json").read_text())
