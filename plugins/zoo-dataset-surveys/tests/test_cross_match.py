"""Laws of the cross-match: it finds what a search over all pairs finds, anywhere on the sky, and no galaxy twice."""

import time

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cross_match import cross_match, doubles, one_id_each

from zoo import leak
from zoo.errors import DataError, ZooError

from . import reference

ARCSEC = 1 / 3600
PLACES = {"equator": (180.0, 0.0), "wrap": (0.0, 40.0), "north pole": (0.0, 89.9999), "south pole": (90.0, -89.9999)}


def crowd(number: int, centre: tuple[float, float], size: float, seed: int) -> Positions:
    """Galaxies within some arcsec of a place, with right ascensions from 0 to 360."""
    generator = np.random.default_rng(seed)
    dec = np.clip(centre[1] + generator.uniform(-size, size, number) * ARCSEC, -90, 90)
    stretch = 1 / max(np.cos(np.deg2rad(centre[1])), 1e-5)
    return Positions((centre[0] + generator.uniform(-size, size, number) * ARCSEC * stretch) % 360, dec)


def all_sky(number: int, seed: int) -> Positions:
    """Galaxies anywhere."""
    generator = np.random.default_rng(seed)
    return Positions(generator.uniform(0, 360, number), np.rad2deg(np.arcsin(generator.uniform(-1, 1, number))))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("radius", [0.3, 1.0, 5.0])
def test_it_finds_what_a_search_over_all_pairs_finds(place, radius):
    left, right = crowd(150, PLACES[place], 15, 1), crowd(120, PLACES[place], 15, 2)
    found, slow = cross_match(left, right, radius), reference.cross_match(left, right, radius)
    assert found.left.tolist() == list(slow) and len(found)
    assert found.right.tolist() == [neighbour for neighbour, _, _ in slow.values()]
    assert found.closest.tolist() == [closest for _, _, closest in slow.values()]
    np.testing.assert_allclose(found.separation, [apart for _, apart, _ in slow.values()], atol=1e-8)
    np.testing.assert_allclose(np.hypot(found.east, found.north), found.separation, rtol=1e-4)


def test_astropy_measures_the_same():
    left, right = crowd(200, (0.0, -30.0), 20, 3), crowd(200, (0.0, -30.0), 20, 4)
    sky = [SkyCoord(p.ra, p.dec, unit="deg", frame="icrs") for p in (left, right)]
    rows, apart, _ = sky[0].match_to_catalog_sky(sky[1])
    near = apart.arcsec <= 1
    found = cross_match(left, right)
    assert found.left.tolist() == np.flatnonzero(near).tolist()
    assert found.right.tolist() == rows[near].tolist()
    np.testing.assert_allclose(found.separation, apart.arcsec[near], atol=1e-9)


def test_offsets_lead_from_left_to_right_and_shrink_with_declination():
    found = cross_match(Positions([359.9999], [60.0]), Positions([0.0], [60.0 + 0.3 * ARCSEC]))
    np.testing.assert_allclose([found.east[0], found.north[0]], [0.36 / 2, 0.3], atol=1e-5)


def test_turning_the_sky_changes_no_pair():
    left, right = crowd(100, (10.0, 5.0), 12, 5), crowd(100, (10.0, 5.0), 12, 6)
    before = cross_match(left, right)
    after = cross_match(*(Positions((p.ra + 349.999) % 360, p.dec) for p in (left, right)))
    assert (before.left == after.left).all() and (before.right == after.right).all()
    np.testing.assert_allclose(before.separation, after.separation, atol=1e-8)


def test_the_order_of_rows_changes_no_pair():
    left, right = crowd(100, (10.0, 5.0), 12, 5), crowd(100, (10.0, 5.0), 12, 6)
    order = np.random.default_rng(0).permutation(100)
    before, after = cross_match(left, right).one_to_one(), cross_match(left.at(order), right).one_to_one()
    pairs = set(zip(before.left.tolist(), before.right.tolist(), strict=True))
    assert pairs == set(zip(order[after.left].tolist(), after.right.tolist(), strict=True))


def test_the_closest_keeps_its_neighbour_and_rivals_are_flagged():
    left = Positions([10.0, 10.0, 10.0], np.array([0.5, 0.2, 0.2]) * ARCSEC)
    found = cross_match(left, Positions([10.0], [0.0]))
    assert found.closest.tolist() == [False, True, False] and len(found) == 3
    only = found.one_to_one()
    assert only.left.tolist() == [1] and only.separation[0] == pytest.approx(0.2, abs=1e-9)


@pytest.mark.parametrize("apart, pairs", [(1.0, 1), (1.0 + 1e-6, 0), (0.0, 1)])
def test_a_pair_at_the_radius_belongs_to_it(apart, pairs):
    assert len(cross_match(Positions([50.0], [0.0]), Positions([50.0], [apart * ARCSEC]))) == pairs


@pytest.mark.parametrize("empty", ["left", "right", "both"])
def test_an_empty_catalogue_has_no_pairs(empty):
    none, some = Positions([], []), Positions([1.0], [1.0])
    found = cross_match(none if empty != "right" else some, none if empty != "left" else some)
    assert len(found) == len(found.one_to_one()) == 0 and found.left.dtype == np.int64


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, 4000.0])
def test_a_radius_that_is_none_is_refused(radius):
    with pytest.raises(ZooError, match=f"A radius of {radius:g} arcsec"):
        cross_match(Positions([], []), Positions([], []), radius)


@pytest.mark.parametrize(
    "spoilt, words",
    [
        (lambda p: Positions(p.ra / 15, p.dec), "right ascensions are hours in the left catalogue"),
        (lambda p: Positions(p.dec, p.ra), "ra and dec are swapped in the left catalogue"),
        (lambda p: Positions(np.deg2rad(p.ra), np.deg2rad(p.dec)), "positions are radians in the left catalogue"),
    ],
)
def test_hours_swapped_columns_and_radians_are_told_by_what_they_would_match(spoilt, words):
    right = Positions(np.linspace(20, 80, 30), np.linspace(1, 30, 30))
    with pytest.raises(DataError, match=f"0 of 30 and 30 galaxies match within 1 arcsec, but 30 do if {words}"):
        cross_match(spoilt(right), right)


def test_the_full_overlap_of_sdss_and_des(texts):
    """G7: 16,758 pairs, the published ones, with their separations."""
    sdss, des = texts("sdss_photoobj_des_overlap_16922.csv.gz"), texts("khan_fo_test_16758.csv.gz")
    found = cross_match(
        Positions(sdss["ra"].astype(float).to_numpy(), sdss["dec"].astype(float).to_numpy()),
        Positions(des["RA_des"].astype(float).to_numpy(), des["DEC_des"].astype(float).to_numpy()),
    )
    assert len(found) == len(found.one_to_one()) == 16_758
    pairs = dict(zip(sdss["objid"].to_numpy()[found.left], des.index[found.right], strict=True))
    rows = [pairs[objid] for objid in des["SDSS_OBJID"]]
    assert rows == list(range(len(des)))
    assert np.median(found.separation) == pytest.approx(0.166, abs=5e-4)
    assert found.separation.mean() == pytest.approx(0.185, abs=5e-4)
    assert found.separation.max() == pytest.approx(0.995, abs=5e-4)
    assert found.east.mean() == pytest.approx(-0.073, abs=5e-4)
    told = des["d2d_des"].astype(float).to_numpy()[found.right]
    np.testing.assert_allclose(found.separation, told, atol=2e-3)


def test_a_hundred_thousand_galaxies_are_matched_in_two_seconds():
    left = all_sky(100_000, 1)
    right = Positions(left.ra, np.clip(left.dec + 0.2 * ARCSEC, -90, 90))
    began = time.process_time()
    found = cross_match(left, right)
    assert time.process_time() - began < 2 and len(found) == 100_000


@pytest.mark.parametrize("place", [(180.0, 10.0), (0.0, 0.0), (359.99999, -60.0), (0.0, 90.0), (77.0, -90.0)])
def test_every_planted_pair_is_found_and_split_together(place):
    """D16: 0.3 arcsec apart, across right ascension 0 and over the poles; in any order of rows."""
    sky = SkyCoord(*place, unit="deg")
    near = [sky.directional_offset_by(angle * units.deg, 0.15 * units.arcsec) for angle in (0, 180)]
    three = [near[0], sky.directional_offset_by(90 * units.deg, 30 * units.arcsec), near[1]]
    positions = Positions(np.array([one.ra.deg for one in three]), np.array([one.dec.deg for one in three]))
    assert doubles(positions, 1.0).tolist() == [False, False, True]
    assert one_id_each(["c", "b", "a"], positions, 1.0) == ["a", "b", "a"]
    first, last = (
        leak.Galaxies([name], positions.ra[[row]], positions.dec[[row]]) for name, row in (("c", 0), ("a", 2))
    )
    with pytest.raises(DataError, match=r"by positions within 1 arcsec: a \(c\)"):
        leak.refuse(first, last)


def test_entries_belong_together_by_way_of_others():
    positions = Positions(np.full(4, 20.0), np.array([0, 0.8, 1.6, 9]) * ARCSEC)
    assert one_id_each(["d", "c", "b", "a"], positions, 1.0) == ["b", "b", "b", "a"]
