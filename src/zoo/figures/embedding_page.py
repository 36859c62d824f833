"""A map of galaxies as one HTML file that needs nothing else: it turns, and shows the galaxy under the pointer."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoo import sprite
from zoo.dataset import Dataset

TEMPLATE = Path(__file__).with_suffix(".html")
DIGITS = 4
"""Of a place between -1 and 1: a ten-thousandth of the page's width."""


def page(
    numbers: pd.DataFrame, colour: str, kinds: Mapping[str, str], title: str, dataset: Dataset | None, thumbnail: int
) -> str:
    """The page of a table of places; with a data set it holds a small picture of each galaxy.

    numbers: a row per galaxy with `object_id`, the column `colour`, `x`, `y` and, in three dimensions, `z`. kinds: the
    colour of each text in that column.
    """
    text = json.dumps(content(numbers, colour, kinds) | pictures(numbers, dataset, thumbnail), separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # else an id could end the script
    return TEMPLATE.read_text(encoding="utf-8").replace("{title}", html.escape(title)).replace("{data}", text)


def content(numbers: pd.DataFrame, colour: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Places about the origin, the farthest at distance 1; ids; and the number of each galaxy's kind."""
    places = numbers[[axis for axis in ("x", "y", "z") if axis in numbers]].to_numpy(float)
    places = places - (places.min(axis=0) + places.max(axis=0)) / 2
    places /= max(np.linalg.norm(places, axis=1).max(), 1e-12)
    return {
        "places": places.round(DIGITS).tolist(),
        "ids": numbers["object_id"].tolist(),
        "kinds": [list(kinds).index(name) for name in numbers[colour]],
        "names": list(kinds),
        "colours": list(kinds.values()),
    }


def pictures(numbers: pd.DataFrame, dataset: Dataset | None, side: int) -> dict[str, Any]:
    """The galaxies' small pictures in one, as the page's own data; none without a data set."""
    if dataset is None:
        return {"sprite": None, "side": side}
    data = sprite.encoded(sprite.sheet(dataset, numbers["object_id"], side), "JPEG")
    return {"sprite": f"data:image/jpeg;base64,{base64.b64encode(data).decode()}", "side": side}
