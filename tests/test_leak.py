"""No galaxy both trains and tests: not by its id, not by its position, not by its image."""

import numpy as np
import pytest

from zoo import leak
from zoo.errors import DataError

ARCSEC = 1 / 3600


def at(ra: list[float], dec: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Positions as arrays."""
    return np.array(ra), np.array(dec)


TRAINED = leak.Galaxies(["a", "b"], *at([0.0, 50.0], [10.0, -20.0]), ["00", "11"])


@pytest.mark.parametrize(
    "tested, words",
    [
        (leak.Galaxies(["b"], *at([90.0], [0.0])), "by id: b;"),
        (leak.Galaxies(["c"], *at([359.9999], [10.0])), r"by positions within 1 arcsec: c \(a\);"),
        (leak.Galaxies(["d", "e"], *at([1.0, 2.0], [0.0, 0.0]), ["22", "11"]), r"by identical images: e \(b\);"),
    ],
)
def test_a_galaxy_that_trains_and_tests_is_refused(tested, words):
    number = len(tested.object_id)
    with pytest.raises(DataError, match=f"1 of {number} galaxies to test on are among those to train on, {words}"):
        leak.refuse(TRAINED, tested)


def test_neighbours_and_galaxies_without_images_are_let_through():
    leak.refuse(TRAINED, leak.Galaxies(["c"], *at([50.0], [-20.0 + 1.001 * ARCSEC])))


def test_images_that_cannot_be_read_are_no_copies_of_each_other():
    leak.refuse(*(leak.Galaxies([name], *at([ra], [0.0]), [""]) for name, ra in (("a", 1.0), ("b", 2.0))))
