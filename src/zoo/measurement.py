"""What an augmenter wants to know of each galaxy beforehand, such as where it lies in its image."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped


class Measurement(ABC):
    """Numbers that are measured once on each image, kept in a table, and handed to the augmenter with the galaxy.

    name: says how it is measured; another way needs another name. columns: the names of the numbers.
    """

    name: str
    columns: tuple[str, ...]

    @abstractmethod
    def __call__(self, image: Shaped[np.ndarray, "band height width"]) -> Sequence[float]:
        """The numbers of one galaxy, a pure function of its pixels; NaN for what cannot be measured."""
