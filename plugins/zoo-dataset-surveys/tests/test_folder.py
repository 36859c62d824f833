"""Which frame of a folder shows a galaxy: the one that a look at every frame would choose."""

from pathlib import Path

import numpy as np
import pytest
from astropy.wcs import WCS
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.folder import Folder
from zoo_dataset_surveys.footprint import Footprint

from zoo.sky import unit_vectors

SIDE, SCALE = 100, 0.01
"""Pixels, and degrees of one."""


def frame(number: int, ra: float, dec: float) -> Footprint:
    """A square degree of sky about a place."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [ra, dec], [(SIDE + 1) / 2] * 2
    wcs.wcs.cdelt = [-SCALE, SCALE]
    return Footprint(Path(f"{number}"), "gr"[number % 2], wcs, (SIDE, SIDE))


@pytest.fixture
def folder() -> Folder:
    """A hundred frames that overlap, in one of two bands each, across right ascension 0."""
    draws = np.random.default_rng(0).random((100, 2)) * [6, 4]
    made = Folder(Path("frames"), bands=["g", "r"])
    made.footprints = [frame(number, ra % 360, dec) for number, (ra, dec) in enumerate(draws - [3, 2])]
    return made


@pytest.mark.parametrize("patch", [0.2, 2, 8])
def test_a_galaxy_is_shown_by_the_nearest_of_all_frames_that_show_it(folder: Folder, patch: float):
    """Whether the galaxies asked for together lie in one corner of the folder's sky, or beyond it."""
    draws = np.random.default_rng(1).uniform(-patch, patch, (200, 2))
    targets = [Target(str(k), float(ra) % 360, float(dec)) for k, (ra, dec) in enumerate(draws)]
    found = {one.object_id: files for files, some in folder.frames(targets) for one in some}
    ra, dec = np.array([target[1:3] for target in targets]).T
    covered = [(one, one.covers(ra, dec)) for one in folder.footprints]
    for row, here in enumerate(unit_vectors(ra, dec).T):
        for band in "gr":
            shown = [one for one, rows in covered if rows[row] and one.band == band]
            nearest = min(shown, key=lambda one: np.linalg.norm(one.centre - here), default=None)
            assert found[str(row)][band] == (nearest and nearest.path)


def test_no_galaxies_lie_in_no_frame(folder: Folder):
    assert [*folder.frames([])] == []
