"""A catalogue of surveys' galaxies is read by the field's own tools without a warning, units and UCDs included."""

import warnings

import numpy as np
import pytest
from astropy.io import fits, votable
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from astropy.units import Unit
from pyvo.dal import DALResults

from zoo import catalogue, formats
from zoo.catalogue import Column
from zoo.schema import Classes, Quantities, Question, VoteCounts, VoteFractions

from . import catalogues

ABOUT = {"ra": ("deg", "pos.eq.ra;meta.main"), "dec": ("deg", "pos.eq.dec;meta.main"), "survey": ("", "meta.dataset"),
         "flag": ("", "meta.code.qual"), "object_id": ("", "meta.id;meta.main"), "morph_class": ("", "src.morph.type"),
         "probability": ("", "stat.probability;src.morph.type"), "spread": ("", "stat.stdev"),
         "release": ("", "meta.dataset"), "tile": ("", "meta.id;obs.field")}  # fmt: skip
"""What surveys.md (5.4) asks for: unit and UCD of columns."""


@pytest.fixture
def written(tmp_path):
    """Seven galaxies around right ascension 0, the last without an image."""
    made = catalogues.write(tmp_path / "G", *catalogues.around(0, -1, 7), ["ok"] * 6 + ["failed"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield made


def assert_told(found: dict[str, tuple[str, str, str]], written) -> None:
    """Every column has its unit, its UCD and its description."""
    assert found == {column.name: (column.unit, column.ucd, column.description) for column in written.columns}
    assert {name: told[:2] for name, told in found.items() if name in ABOUT} == ABOUT


def test_every_ucd_is_of_the_controlled_vocabulary_and_every_column_is_described():
    """IVOA, UCD1+ 1.5; the plugins' heads describe columns of their own in the same class."""
    questions = (Question("shape", ("smooth", "disk"), None, "Smooth?", ("smooth", "disk")),)
    schemas = [Classes(catalogues.CLASSES), VoteFractions(questions), VoteCounts(questions), Quantities(("size",))]
    found = [column for column in vars(catalogue).values() if isinstance(column, Column)]
    found += [column for schema in schemas for column in catalogue.columns(schema, schema.columns, ["ra", "dec"])]
    for column in found:
        assert check_ucd(column.ucd, check_controlled_vocabulary=True) and column.ucd, column
        assert column.description and Unit(column.unit) is not None


def test_astropy_and_pyvo_read_the_votable(written):
    path = formats.votable(written)
    assert votable.validate(str(path), output=None)
    results = DALResults(votable.parse(path, verify="exception"))
    told = {name: results.getdesc(name) for name in results.fieldnames}
    assert_told({n: (str(d.unit or ""), d.ucd or "", d.description) for n, d in told.items()}, written)
    assert (results.fieldname_with_ucd("pos.eq.ra"), results.fieldname_with_ucd("pos.eq.dec")) == ("ra", "dec")
    assert [str(record["object_id"]) for record in results] == written.to_pandas()["object_id"].tolist()
    np.testing.assert_array_equal(np.asarray(results["ra"]), written.to_pandas()["ra"])
    told = {info.name: info.value for info in votable.parse(path).resources[0].infos}
    assert told == {"server_software": "galaxy-model-zoo 0.1.0", "request_date": written.created, "rights": "CC BY",
                    "citation": "Abbott et al. 2021, ApJS 255, 20"}, "IVOA Note Data Origin 1.2"  # fmt: skip
    table = results.resultstable
    assert table.get_field_by_id_or_name("ra").ref == "icrs"
    assert {param.name: param.value for param in table.params} == catalogue.facts(written.manifest["inputs"])


def test_astropy_reads_the_fits_table(written):
    path = formats.fits(written)
    with fits.open(path) as file:
        file.verify("exception")
        header, names = file[1].header, file[1].columns.names
        assert "note: Zo\\xe9" in list(header["COMMENT"]), "headers are ASCII"
        assert (header["LICENSE"], header["REFERENC"]) == ("CC BY", "Abbott et al. 2021, ApJS 255, 20")
        assert (header["CREATOR"], header["DATE"]) == ("galaxy-model-zoo 0.1.0", written.created)
        keys = [
            (header.get(f"TUNIT{k}", ""), header[f"TUCD{k}"], header[f"TCOMM{k}"]) for k in range(1, 1 + len(names))
        ]
    assert_told(dict(zip(names, keys, strict=True)), written)
    read = Table.read(path)
    assert read["ra"].unit == "deg" and read["flag"].tolist() == written.to_pandas()["flag"].tolist()


def test_astropy_reads_the_shards_as_voparquet(written):
    """IVOA Note VOParquet 1.0 (2025)."""
    read = Table.read(written.paths[0], format="parquet.votable")
    told = {n: (str(read[n].unit or ""), read[n].meta.get("ucd", ""), read[n].description) for n in read.colnames}
    assert_told(told, written)
