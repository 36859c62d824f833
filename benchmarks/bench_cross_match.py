"""How fast is a cross-match of two catalogues, beside astropy's, on one core?

Both catalogues have the same galaxies at random places of the sky, the second with errors of a few tenths of an arcsec.
astropy's `match_to_catalog_sky` knows no radius and no rivals, so its nearest neighbours within the radius are compared
with zoo's pairs first. The goal is 2 seconds for 100,000 galaxies, beyond reading.
"""

import argparse
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402
import rounds  # noqa: E402
from astropy.coordinates import SkyCoord  # noqa: E402
from zoo_dataset_surveys.coordinates import Positions  # noqa: E402
from zoo_dataset_surveys.cross_match import cross_match  # noqa: E402

ASTROPY, ZOO = "astropy: match_to_catalog_sky", "zoo: cross_match, one to one"
RADIUS = 1.0
"""Arcsec."""


def main() -> None:
    """Check that both find the same pairs, time them, print the table."""
    options = arguments()
    left = places(options.galaxies, options.seed)
    right = moved(left, options.seed)
    ways = {ASTROPY: lambda: by_astropy(left, right), ZOO: lambda: by_zoo(left, right)}
    np.testing.assert_array_equal(ways[ZOO](), ways[ASTROPY]())
    taken = rounds.interleaved(ways, options.rounds, clock=time.process_time)
    print(rounds.table(taken, ASTROPY, options.galaxies, "galaxies"))
    spread = f"{np.median(taken[ZOO]):.2f} s ({min(taken[ZOO]):.2f} to {max(taken[ZOO]):.2f})"
    print(f"\nzoo: {spread} for {options.galaxies:,} galaxies, {options.rounds} rounds, seconds of one core")
    print(rounds.circumstances())


def places(number: int, seed: int) -> Positions:
    """Positions spread evenly over the sky."""
    draws = np.random.default_rng(seed).random((2, number))
    return Positions(360 * draws[0], np.degrees(np.arcsin(2 * draws[1] - 1)))


def moved(some: Positions, seed: int) -> Positions:
    """The same galaxies in another order, each measured 0.2 arcsec away or so."""
    random = np.random.default_rng(seed + 1)
    order, errors = random.permutation(len(some)), random.normal(0, 0.15 / 3600, (2, len(some)))
    dec = np.clip(some.dec + errors[1], -90, 90)
    return Positions(((some.ra + errors[0] / np.cos(np.radians(dec))) % 360)[order], dec[order])


def by_astropy(left: Positions, right: Positions) -> np.ndarray:
    """Pairs of rows, [pair, 2], by the left row."""
    near, apart, _ = SkyCoord(left.ra, left.dec, unit="deg").match_to_catalog_sky(
        SkyCoord(right.ra, right.dec, unit="deg")
    )
    inside = np.flatnonzero(apart.arcsec <= RADIUS)
    return np.stack([inside, near[inside]], axis=1)


def by_zoo(left: Positions, right: Positions) -> np.ndarray:
    """Pairs of rows, [pair, 2], by the left row."""
    found = cross_match(left, right, RADIUS).one_to_one()
    pairs = np.stack([found.left, found.right], axis=1)
    return pairs[np.argsort(pairs[:, 0])]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--galaxies", type=int, default=100_000, help="in each catalogue (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of places and errors (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
