"""The services of SDSS through astroquery as it is, on the stand-in sky (surveys.md 7.5, items 2 to 7)."""

import warnings

import numpy as np
import pytest
from zoo_dataset_surveys import colour, frame, objid
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cutter import Cutter, Target
from zoo_dataset_surveys.memory import Memory
from zoo_dataset_surveys.services import field, frames
from zoo_dataset_surveys.services.field import Field
from zoo_dataset_surveys.services.places import Places
from zoo_dataset_surveys.services.skyserver import SkyServer
from zoo_dataset_surveys.size import SIZES
from zoo_dataset_surveys.standin import faults

from zoo.errors import ZooError
from zoo.retrieval.retry import ServiceError

from .patience import Clock, client

SEARCH = "dr17/en/tools/search"
RADIUS = ("petroRad_r",)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(standin, clock):
    return SkyServer(standin.url, 17, client(clock))


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


def here(galaxies, north=0.0):
    """Where they are, moved by arcsec to the north."""
    return Positions(np.array([g.ra for g in galaxies]), np.array([g.dec + north / 3600 for g in galaxies]))


def in_dr17(galaxy):
    """The field of a galaxy, of which DR8 and later have one reduction."""
    run, camcol, number = galaxy.field
    return Field(run, 301, camcol, number)


def test_the_nearest_object_of_each_position_in_the_order_asked_and_blank_rows_where_there_is_none(server, galaxies):
    found = server.near(here(galaxies[::-1], north=0.4), RADIUS)
    assert found["petroRad_r"].to_numpy() == pytest.approx([g.radius for g in galaxies[::-1]], abs=1e-6)
    assert found["separation"].to_numpy() == pytest.approx(0.4, abs=1e-4)
    assert server.near(here(galaxies[:2], north=2.4), RADIUS)["petroRad_r"].isna().tolist() == [True, True]
    assert not len(server.near(here([]), RADIUS))


def test_the_sixty_first_query_of_a_minute_waits_for_the_next_one(server, standin, clock, galaxies):
    standin.fault(SEARCH, "throttle", times=3)
    assert server.near(here(galaxies[:1]), RADIUS)["petroRad_r"].notna().all() and clock.slept == [60.0]


@pytest.mark.parametrize(
    "kind", ["429", "503", "html_line", "html_page", "empty", "reset", "truncated", "timeout", "redirect"]
)
def test_what_passes_is_asked_again_and_never_kept_by_the_client(standin, clock, galaxies, kind, monkeypatch):
    monkeypatch.setattr(faults, "SILENCE", 0.5)
    server = SkyServer(standin.url, 17, client(clock, timeout=0.3 if kind == "timeout" else 20.0))
    standin.fault(SEARCH, kind, times=3)
    assert server.near(here(galaxies[:1]), RADIUS)["petroRad_r"].tolist() == pytest.approx([galaxies[0].radius])
    assert clock.slept == [7.0] if kind == "429" else bool(clock.slept) == (kind != "redirect")


def test_what_was_packed_on_the_way_is_unpacked(server, standin, galaxies):
    standin.fault(SEARCH, "gzip", times=3)
    assert server.near(here(galaxies[:1]), RADIUS)["separation"].tolist() == pytest.approx([0.0], abs=1e-6)


@pytest.mark.parametrize("kind", ["html_line", "html_page"])
def test_pages_with_status_200_are_a_service_error_and_no_table(server, standin, galaxies, kind):
    standin.fault(SEARCH, kind, times=99)
    with pytest.raises(ServiceError, match="positions.* failed 4 times, at last because it sent (a page|what is no)"):
        server.near(here(galaxies[:1]), RADIUS)


def test_a_table_without_a_column_is_refused_and_a_row_that_comes_twice_counts_once(server, standin, galaxies):
    standin.fault(SEARCH, "duplicate", times=3)
    found = server.near(here(galaxies[:3]), RADIUS)["petroRad_r"]
    assert found.tolist() == pytest.approx([g.radius for g in galaxies[:3]], abs=1e-6)
    standin.fault(SEARCH, "wrong_column", times=3)
    with pytest.raises(ServiceError, match=r"sent a table without dec \(its columns are .*declination"):
        server.near(here(galaxies[:1]), RADIUS)


def test_positions_find_their_fields_on_both_sides_of_right_ascension_0(server, galaxies):
    targets = [Target(g.objid, (g.ra + 0.3 / 3600) % 360, g.dec) for g in galaxies[:5]]
    nowhere = Target("x", 100.0, 50.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = server.fields([*targets[:2], nowhere, *targets[2:]])
    assert found == [*map(in_dr17, galaxies[:2]), None, *map(in_dr17, galaxies[2:5])]


def test_frames_become_cutouts_in_colour_with_the_galaxy_in_the_middle(standin, galaxies, clock):
    source = frames.Frames(f"{standin.url}/sas", 17, ("g", "r", "i"))
    targets = [Target(g.objid, g.ra, g.dec, {"petroRad_r": g.radius}) for g in galaxies[:4]]
    (piece,) = source.pieces(targets)
    assert piece.group == "run 752 camcol 1" and piece.targets == targets
    asking = client(clock)
    bodies = {band: asking.get(address, bytes) for band, address in piece.addresses(["g", "r", "i"]).items()}
    cutter = Cutter({band: frame.read(data, band) for band, data in bodies.items()}, SIZES["petrosian"], 64, "north_up")
    for made in cutter.cutouts(targets):
        picture = colour.PRESETS["sdss_viewer"](made.pixels, ["g", "r", "i"])
        rows, columns = np.nonzero(made.pixels[1] > made.pixels[1].max() / 2)
        assert picture.shape == (3, 64, 64) and abs(rows.mean() - 31.5) < 3 and abs(columns.mean() - 31.5) < 3


def test_the_folder_of_frames_depends_on_the_release_and_the_rerun_is_always_301(galaxies):
    redux = {8: "boss", 12: "boss", 13: "eboss", 17: "eboss", 18: "prior-surveys/sdss4-dr17-eboss"}
    assert [frames.frames_folder(n) for n in redux] == [f"dr{n}/{one}/photoObj/frames" for n, one in redux.items()]
    (piece,) = frames.Frames("http://x", 17, ("r",)).pieces([Target(galaxies[0].objid, 0, 0)])
    assert str(piece.paths["r"]) == "301/752/1/frame-r-000752-1-0011.fits.bz2"
    with pytest.raises(ZooError, match="DR7 has no calibrated frames: choose release 8 or later"):
        frames.frames_folder(7)


def test_an_id_says_the_field_only_if_it_can_be_one_of_dr7(server, galaxies):
    """Ids of other surveys, such as those of Gaia, may have its bits: then the position does."""
    strange = objid.encode(objid.Objid(*map(np.array, (1, 1203, 752, 3, 0, 12, 7))))[0]
    later = "1237648720693755918"
    assert field.of_id(galaxies[0].objid)[:2] == (752, 40) and field.of_id(strange) is field.of_id(later) is None
    source = frames.Frames("http://x", 17, ("r",), server)
    assert source.fields([Target(one, galaxies[5].ra, galaxies[5].dec) for one in (strange, later)]) == [
        in_dr17(galaxies[5])] * 2  # fmt: skip
    assert source.fields([Target(galaxies[0].objid, galaxies[5].ra, galaxies[5].dec)]) == [in_dr17(galaxies[0])]


def test_what_was_looked_up_by_position_is_not_looked_up_again(server, standin, galaxies, tmp_path):
    source = frames.Frames(f"{standin.url}/sas", 17, ("r",), server, Places(Memory(tmp_path)))
    targets = [Target("mine", galaxies[0].ra, galaxies[0].dec), Target("nowhere", 100.0, 50.0)]
    first = source.fields(targets)
    asked = len(standin.log)
    assert first == [in_dr17(galaxies[0]), None] and asked
    assert source.fields(targets) == first and len(standin.log) == asked
