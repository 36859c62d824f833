"""Laws of charts: every galaxy has a cell, cells have equal areas, and no place on the sky is special."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from zoo_dataset_surveys import chart
from zoo_dataset_surveys.coordinates import Positions

from . import catalogues

MIDDLES = [(150.0, 2.0), (0.0, 0.0), (359.9, -45.0), (10.0, 90.0), (200.0, -90.0), (77.0, 89.5)]
FULL_SKY = 41252.96
"""Square degrees."""


@pytest.mark.parametrize("ra, dec", MIDDLES)
def test_a_field_has_every_galaxy_in_its_place_east_to_the_left(ra, dec):
    """The offsets that astropy finds about the middle, also across right ascension 0 and over the poles."""
    positions = Positions(*catalogues.around(ra, dec, 60, radius=0.05))
    made = chart.of(positions, 200)
    middle = SkyCoord(*made.wcs.wcs.crval, unit="deg")
    away = SkyCoord(positions.ra, positions.dec, unit="deg").transform_to(middle.skyoffset_frame())
    column, row = made.places(positions) - made.wcs.wcs.crpix[:, None] + 1
    np.testing.assert_allclose(column, -away.lon.deg / made.side, atol=1e-2)
    np.testing.assert_allclose(row, away.lat.deg / made.side, atol=1e-2)
    assert not made.whole and made.counts(positions).sum() == 60
    assert made.has_pole == (abs(dec) == 90)
    assert 0.09 < made.shape[1] * made.side < 0.12, "the field is as wide as its galaxies"


@pytest.mark.parametrize("ra, dec", MIDDLES)
@pytest.mark.parametrize("radius", [2.0, 30.0])
def test_a_field_evenly_filled_is_evenly_dense(ra, dec, radius):
    """Cells have the area that their side says: as many galaxies as on the sphere."""
    positions = Positions(*catalogues.around(ra, dec, 4000, radius))
    places = SkyCoord(positions.ra, positions.dec, unit="deg")
    inside = places.separation(SkyCoord(ra, dec, unit="deg")).deg < radius / 2
    made = chart.of(positions, 60)
    counted = made.counts(positions.at(inside))
    area = 2 * np.pi * (1 - np.cos(np.deg2rad(radius / 2))) * np.rad2deg(1) ** 2
    assert (counted > 0).sum() * made.side**2 == pytest.approx(area, rel=0.25)
    assert counted.sum() == inside.sum()


def test_the_whole_sky_has_its_area_and_the_same_density_everywhere():
    positions = Positions(*catalogues.all_over(100_000))
    made = chart.of(positions, 120)
    counts, (_, _, _, dec) = made.counts(positions), made.centres()
    on_sky = np.isfinite(dec)
    assert made.whole and counts.sum() == 100_000
    assert on_sky.sum() * made.side**2 == pytest.approx(FULL_SKY, rel=0.01)
    expected = 100_000 * made.side**2 / FULL_SKY
    inner = on_sky & np.roll(on_sky, 1, 1) & np.roll(on_sky, -1, 1) & np.roll(on_sky, 1, 0) & np.roll(on_sky, -1, 0)
    for band in (dec > 60, np.abs(dec) < 20, dec < -60):
        assert counts[inner & band].mean() == pytest.approx(expected, rel=0.05)


def test_centres_are_where_their_cells_are():
    for positions in (Positions(*catalogues.all_over(100)), Positions(*catalogues.around(0, 89, 100))):
        made = chart.of(positions, 40)
        column, row, ra, dec = (one[np.isfinite(made.centres(3)[2])] for one in made.centres(3))
        places = made.places(Positions(ra % 360, dec))
        np.testing.assert_allclose(places, [column, row], atol=1e-6)


@pytest.mark.parametrize(
    "ra, middle",
    [
        ([350, 10, 100], 45),  # the widest gap is from 100 to 350
        ([300, 330, 0, 30, 60], 0),
        ([10, 190], 285),
        ([200], 195),
        (np.arange(0, 360, 10), 180),
        ([0, 360], 0),
    ],
)
def test_the_sky_is_cut_where_no_galaxy_is(ra, middle):
    assert chart.opposite_of_the_widest_gap(np.array(ra, float)) == middle


def test_one_galaxy_is_a_field_of_its_own():
    for place in [(0.0, 0.0), (360.0, 90.0), (123.0, -90.0)]:
        positions = Positions(*np.array([place]).T)
        made = chart.of(positions, 9)
        assert not made.whole and made.counts(positions)[4, 4] == 1 and made.shape == (9, 9)


def test_a_long_field_keeps_its_shape_but_for_a_margin():
    positions = Positions(np.linspace(320, 400, 50) % 360, np.zeros(50))
    made = chart.of(positions, 100)
    assert made.shape == (40, 100) and not made.whole and made.counts(positions).sum() == 50
