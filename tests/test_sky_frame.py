"""Laws of frames of the sky: what a file states is converted to ICRS, and told, or refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import FK4, FK5, SkyCoord
from astropy.io import fits

from zoo import sky_frame, votable
from zoo.catalogue import DEC, RA
from zoo.errors import DataError
from zoo.label_table import LabelTable
from zoo.table import Table
from zoo.table_file import read_table

HERE = SkyCoord([359.9, 0.2, 266.4], [-1.0, 60.0, -28.9], unit="deg")
GALACTIC = HERE.galactic.l.deg, HERE.galactic.b.deg
B1950 = HERE.transform_to(FK4(equinox="B1950"))
J2000 = HERE.transform_to(FK5(equinox="J2000"))
J1975 = HERE.transform_to(FK5(equinox="J1975"))


def vot(path: Path, ra: np.ndarray, dec: np.ndarray, coosys: str) -> LabelTable:
    """A VOTable whose positions refer to a coordinate system."""
    rows = "".join(f"<TR><TD>{k}</TD><TD>{a!r}</TD><TD>{d!r}</TD></TR>" for k, (a, d) in enumerate(pairs(ra, dec)))
    fields = '<FIELD name="object_id" datatype="char" arraysize="*"/>' + "".join(
        f'<FIELD name="{name}" datatype="double" unit="deg" ref="sys"/>' for name in ("ra", "dec")
    )
    path.write_text(
        f'<VOTABLE version="1.4" xmlns="{votable.NAMESPACE}"><RESOURCE><COOSYS ID="sys" {coosys}/><TABLE>{fields}'
        f"<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    return read_table(path)


def fits_table(path: Path, ra: np.ndarray, dec: np.ndarray, header: dict[str, object]) -> LabelTable:
    """A FITS table with these keywords."""
    columns = [fits.Column(name, "D", "deg", array=cells) for name, cells in (("ra", ra), ("dec", dec))]
    fits.BinTableHDU.from_columns(columns, header=fits.Header(header)).writeto(path)
    return read_table(path)


def pairs(ra: np.ndarray, dec: np.ndarray) -> list[tuple[float, float]]:
    return list(zip(np.asarray(ra).tolist(), np.asarray(dec).tolist(), strict=True))


def icrs(table: LabelTable) -> SkyCoord:
    """Where the galaxies are."""
    ra, dec = table.numbers(["ra"])[:, 0], table.numbers(["dec"])[:, 0]
    return SkyCoord(*sky_frame.to_icrs(ra, dec, table.frames, ("ra", "dec"), str(table.path)), unit="deg")


@pytest.mark.parametrize(
    ("coosys", "ra", "dec"),
    [
        ('system="eq_FK4" equinox="B1950"', B1950.ra.deg, B1950.dec.deg),
        ('system="FK4"', B1950.ra.deg, B1950.dec.deg),
        ('system="eq_FK5" equinox="J1975"', J1975.ra.deg, J1975.dec.deg),
        ('system="galactic"', *GALACTIC),
    ],
)
def test_the_frame_that_a_votable_states_is_converted_and_told(tmp_path, caplog, coosys, ra, dec):
    with caplog.at_level("INFO"):
        found = icrs(vot(tmp_path / "x.vot", ra, dec, coosys))
    assert found.separation(HERE).arcsec.max() < 1e-6 and caplog.text.count("become ICRS") == 1


@pytest.mark.parametrize(
    ("header", "there"),
    [
        ({"RADESYS": "FK5", "EQUINOX": 1975.0}, J1975),
        ({"RADESYS": "FK5"}, J2000),
        ({"RADECSYS": "FK4"}, B1950),
        ({"RADESYS": "FK4", "EQUINOX": 1950.0}, B1950),
    ],
)
def test_the_frame_that_a_fits_table_states_is_converted(tmp_path, header, there):
    found = icrs(fits_table(tmp_path / "x.fits", there.ra.deg, there.dec.deg, header))
    assert found.separation(HERE).arcsec.max() < 1e-6


@pytest.mark.parametrize("coosys", ['system="ICRS" epoch="J2016.0"', 'system="ICRS"'])
def test_positions_in_icrs_stay_to_the_last_bit_and_nothing_is_told(tmp_path, caplog, coosys):
    table = vot(tmp_path / "x.vot", HERE.ra.deg, HERE.dec.deg, coosys)
    with caplog.at_level("INFO"):
        found = sky_frame.to_icrs(HERE.ra.deg, HERE.dec.deg, table.frames, ("ra", "dec"), "x")
    np.testing.assert_array_equal(found, (HERE.ra.deg, HERE.dec.deg))
    assert not caplog.text


@pytest.mark.parametrize("coosys", ['system="ecl_FK5"', 'system="xy"', 'system="barycentric"'])
def test_a_frame_that_is_not_known_is_refused_with_its_name(tmp_path, coosys):
    table = vot(tmp_path / "x.vot", HERE.ra.deg, HERE.dec.deg, coosys)
    with pytest.raises(DataError, match=f"are said to be in {coosys[8:-1]}, which zoo does not convert: write them in"):
        icrs(table)


def test_columns_of_two_frames_are_refused():
    with pytest.raises(DataError, match="ra and dec in x are said to be in FK4 and FK5: name two columns of one frame"):
        sky_frame.to_icrs(HERE.ra.deg, HERE.dec.deg, {"ra": "FK5", "dec": "FK4"}, ("ra", "dec"), "x")


def test_a_parquet_file_with_a_votable_in_its_metadata_states_its_frame(tmp_path):
    content = votable.document([RA, DEC], {}).replace('system="ICRS"', 'system="galactic"')
    table = pa.table({"ra": GALACTIC[0], "dec": GALACTIC[1]}).replace_schema_metadata({sky_frame.VOPARQUET: content})
    pq.write_table(table, tmp_path / "x.parquet")
    assert icrs(read_table(tmp_path / "x.parquet")).separation(HERE).arcsec.max() < 1e-6


def test_a_data_set_has_its_positions_in_icrs(tmp_path):
    """Longitude and latitude are named in place of right ascension and declination."""
    vot(tmp_path / "x.vot", *GALACTIC, 'system="galactic"')
    made = Table(tmp_path / "x.vot", ra="ra", dec="dec")
    rows = read_table(tmp_path / "x.vot")
    found = made._positions(rows, range(len(rows)))
    assert SkyCoord(found["ra"], found["dec"], unit="deg").separation(HERE).arcsec.max() < 1e-6
