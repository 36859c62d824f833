"""Positions are degrees, whatever they were written as, and what cannot be one is refused."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units
from astropy.coordinates import Angle, SkyCoord
from astropy.io import fits
from astropy.table import Table
from zoo_dataset_surveys import coordinates
from zoo_dataset_surveys.coordinates import Positions

from zoo.errors import DataError
from zoo.table_file import read_table

SKY = SkyCoord([0.001, 218.3128, 359.9999], [-0.7236, 89.5, -90.0], unit="deg")


@pytest.mark.parametrize(
    "text, degrees",
    [("-00:43:24.9", -0.7235833333), ("+00:43:24.9", 0.7235833333), ("-00:00:00.1", -0.1 / 3600), ("-0.5", -0.5),
     ("+18:40:08.0", 18.6688888889), ("-90:00:00", -90), ("-00 43 24.9", -0.7235833333),
     ("-0d43m24.9s", -0.7235833333)],
)  # fmt: skip
def test_a_declination_keeps_its_sign_also_before_zero(text, degrees):
    assert coordinates.declinations([text])[0] == pytest.approx(degrees, abs=1e-9)


@pytest.mark.parametrize(
    "text, degrees",
    [("00:00:07.76", 0.0323333333), ("23:59:59.9", 359.9995833333), ("14h33m15.1s", 218.3129166667), ("218.5", 218.5)],
)
def test_sexagesimal_right_ascensions_are_hours_and_numbers_degrees(text, degrees):
    assert coordinates.right_ascensions([text])[0] == pytest.approx(degrees, abs=1e-9)


def test_galaxy_zoos_text_and_sdss_degrees_are_one_place(texts):
    """G1: the text has a tenth of an arcsec in declination, and 0.15 in right ascension."""
    table = texts("khan_validation_1000.csv.gz").iloc[::5]
    read = coordinates.read(table["RA"].tolist(), table["DEC"].tolist())
    np.testing.assert_allclose(read.ra, table["RA_deg"].astype(float), atol=1e-9)
    np.testing.assert_allclose(read.dec, table["DEC_deg"].astype(float), atol=1e-9)


def test_text_with_colons_is_what_astropy_makes_of_it():
    draws = np.random.default_rng(0)
    cells = [
        f"{draws.choice(['+', '-', ''])}{draws.integers(24):02d}:{draws.integers(60):02d}:{seconds:05.2f}"
        for seconds in draws.uniform(0, 59.9, 200)
    ]
    for read, unit in ((coordinates.right_ascensions, "hourangle"), (coordinates.declinations, "deg")):
        np.testing.assert_allclose(read(cells), Angle(cells, unit).deg, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "ra, dec, words",
    [
        ([10, np.nan], [0, 0], "1 of 2 .* row 2, ra nan and dec 0, is missing"),
        ([10, 20], [0, np.nan], "is missing"),
        ([10, 361], [0, 0], "ra 361 .* beyond 0° to 360°"),
        ([-1, 20], [0, 0], "ra -1 .* add 360° to negative ones"),
        ([10, 20], [0, 91], "ra and dec may be swapped"),
        ([10, 20], [0, -91], "beyond ±90°: name the column"),
        ([10, np.inf], [0, 0], "beyond 0° to 360°"),
    ],
)
def test_places_that_are_not_on_the_sky_are_refused_with_their_row(ra, dec, words):
    with pytest.raises(DataError, match=words):
        Positions(np.array(ra, float), np.array(dec, float))


def test_columns_of_two_lengths_are_refused():
    with pytest.raises(DataError, match="2 right ascensions and 1 declinations"):
        Positions(np.zeros(2), np.zeros(1))


@pytest.mark.parametrize(
    "ra, dec, words",
    [
        ("218:18:46", "0", "'218:18:46' is no coordinate .*hours.*right ascension in hours"),
        ("24:00:00", "0", "'24:00:00' is no coordinate"),
        ("10", "north", "'north' is no coordinate"),
        ("10:61:00", "0", "'10:61:00' is no coordinate"),
        ("10:20:60.0", "0", "'10:20:60.0' is no coordinate"),
        ("", "0", "is missing"),
    ],
)
def test_cells_that_are_no_coordinates_are_named(ra, dec, words):
    with pytest.raises(DataError, match=words):
        coordinates.read([ra], [dec])


def written(path, ra, dec):
    """A table of positions whose columns have units, as others write them: also units that astropy would not write."""
    columns = {"object_id": np.array(["a", "b", "c"]), "ra": ra, "dec": dec}
    stated = {name: str(getattr(cells, "unit", None) or "") for name, cells in columns.items()}
    cells = {name: np.asarray(getattr(column, "value", column)) for name, column in columns.items()}
    if path.suffix == ".vot":
        Table(cells, units={name: unit for name, unit in stated.items() if unit}).write(path, format="votable")
    elif path.suffix == ".fits":
        kinds = [{"U": "12A", "f": "D"}[array.dtype.kind] for array in cells.values()]
        made = [fits.Column(n, kind, unit=stated[n], array=cells[n]) for n, kind in zip(cells, kinds, strict=True)]
        fits.BinTableHDU.from_columns(made).writeto(path)
    else:
        told = [pa.field(n, pa.array(cells[n]).type, metadata={"unit": stated[n]}) for n in cells]
        pq.write_table(pa.table([pa.array(array) for array in cells.values()], schema=pa.schema(told)), path)
    return read_table(path)


@pytest.mark.parametrize("kind", ["fits", "vot", "parquet"])
@pytest.mark.parametrize("ra, dec", [("deg", "deg"), ("hourangle", "deg"), ("rad", "rad"), ("arcsec", "arcmin")])
def test_a_unit_that_a_table_states_is_converted_and_told(tmp_path, caplog, kind, ra, dec):
    """What has no unit is in degrees, and right ascensions in hours and radians are degrees before anything is cut."""
    table = written(tmp_path / f"x.{kind}", SKY.ra.to(ra), SKY.dec.to(dec))
    with caplog.at_level("INFO"):
        read = coordinates.of(table, "ra", "dec")
    assert caplog.text.count("becomes degrees") == (ra != "deg") + (dec != "deg")
    np.testing.assert_allclose(read.ra, SKY.ra.deg, rtol=0, atol=1e-9)
    np.testing.assert_allclose(read.dec, SKY.dec.deg, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["fits", "vot", "parquet"])
@pytest.mark.parametrize("unit", [units.hour, units.mag, units.pix])
def test_a_unit_that_is_no_angle_is_refused(tmp_path, kind, unit):
    """Hours of time are often the first of three columns: hours, minutes, seconds."""
    table = written(tmp_path / f"x.{kind}", np.array([1.0, 2.0, 3.0]) * unit, SKY.dec)
    with pytest.raises(DataError, match=f"ra in .*x.{kind} is in '{unit}', which is no angle: write it in degrees"):
        coordinates.of(table, "ra", "dec")


def test_sexagesimal_text_is_refused_where_its_column_says_another_unit(tmp_path):
    text = units.Unit('"h:m:s"', parse_strict="silent"), units.Unit('"d:m:s"', parse_strict="silent")
    ra, dec = (SKY.ra.to_string("hourangle", sep=":", precision=6), SKY.dec.to_string(sep=":", precision=5))
    for stated in [("", ""), text]:
        columns = [Table.Column(cells, unit=unit) for cells, unit in zip((ra, dec), stated, strict=True)]
        read = coordinates.of(written(tmp_path / f"{len(str(stated))}.vot", *columns), "ra", "dec")
        np.testing.assert_allclose(read.ra, SKY.ra.deg, rtol=0, atol=1e-6)
    table = written(tmp_path / "x.vot", Table.Column(ra, unit="deg"), dec)
    with pytest.raises(DataError, match="ra in .* is said to be in 'deg' and has text such as '.*', which is"):
        coordinates.of(table, "ra", "dec")
