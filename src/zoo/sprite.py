"""Many small pictures of galaxies in one: square, row by row, as pages and the TensorBoard projector take them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

from zoo.dataset import Dataset
from zoo.errors import ZooError, ZooImageError
from zoo.pictures import as_rgb

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 8192
"""Pixels of a side that the projector takes at most."""


def sheet(dataset: Dataset, object_ids: Iterable[str], side: int) -> Image:
    """A picture of these galaxies, each `side` pixels wide; black where a galaxy has no image.

    Raises ZooError where they do not fit.
    """
    from PIL import Image

    ids = list(object_ids)
    across = ceil(sqrt(len(ids)))
    if side < 1 or across * side > LARGEST:
        raise ZooError(
            f"{len(ids)} galaxies of {side} pixels do not fit into a sprite of {LARGEST}: take fewer galaxies, or a "
            f"thumbnail of 1 to {LARGEST // across} pixels."
        )
    rows = {object_id: row for row, object_id in enumerate(dataset.table["object_id"])}
    whole = Image.new("RGB", (across * side, across * side))
    for place, object_id in enumerate(ids):
        if object_id in rows and (small := thumbnail(dataset, rows[object_id], side)) is not None:
            whole.paste(small, (place % across * side, place // across * side))
    return whole


def thumbnail(dataset: Dataset, row: int, side: int) -> Image | None:
    """A galaxy's image, `side` pixels wide; None where it cannot be read."""
    from PIL import Image

    try:
        picture = as_rgb(dataset[row].image.numpy())
    except ZooImageError:
        return None
    whole = picture if picture.dtype == np.uint8 else (255 * np.clip(picture, 0, 1)).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(whole)).resize((side, side), Image.Resampling.LANCZOS)


def encoded(picture: Image, kind: str) -> bytes:
    """The bytes of a picture as `PNG` or `JPEG`."""
    file = io.BytesIO()
    picture.save(file, kind, optimize=True, **({"quality": 82} if kind == "JPEG" else {}))
    return file.getvalue()
