"""Laws of a catalogue's formats: the same rows, ids and digits as in the shards, with their units and descriptions."""

import sys
from pathlib import Path

import catalogue_killer
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits, votable

from zoo import build, formats
from zoo.catalogue import Catalogue
from zoo.errors import ZooError
from zoo.shards import CatalogueWriter

IDS = ["587722981736120347", "007", "NA", "1e5", "a,b", 'say "ah"', "<&>", "x" * 40, "null", "g"]
NUMBERS = ("ra", "dec", "round", "long")


@pytest.fixture
def written(tmp_path: Path) -> Catalogue:
    """Ten rows in four shards: a row without image, and numbers that need all their digits."""
    return write(tmp_path / "G", IDS)


def write(folder: Path, ids: list[str]) -> Catalogue:
    writer = CatalogueWriter(folder, ids, 3, {"weights": "none", "model": {"head": {"name": "classes"}}})
    writer.begin()
    writer.describe(catalogue_killer.COLUMNS)
    for number in writer.missing():
        rows = writer.rows(number)
        values = catalogue_killer.values(rows) | {"object_id": ids[rows.start : rows.stop]}
        values["ra"], values["round"] = values["ra"] / 3, np.float32(1) / np.arange(3, 3 + len(rows), dtype=np.float32)
        if number == 0:
            values["status"][1], values["error_code"][1] = "failed", "E-IMAGE"
            values["round"][1] = values["long"][1] = np.nan
        writer.write(number, values)
    writer.finish()
    return Catalogue(folder)


def assert_same(found: pd.DataFrame, written: Catalogue) -> None:
    """The same rows, bit for bit."""
    expected = written.to_pandas()
    for name in ("object_id", "status", "error_code"):
        assert found[name].tolist() == expected[name].tolist(), name
    for name in NUMBERS:
        assert found[name].to_numpy(expected[name].dtype).tobytes() == expected[name].to_numpy().tobytes(), name


def test_csv_holds_the_same_rows_to_the_last_digit(written: Catalogue):
    path = formats.csv(written, spreadsheet_safe=False)
    texts = {"object_id": str, "status": str, "error_code": str}
    assert_same(
        pd.read_csv(
            path,
            dtype=texts | dict.fromkeys(("round", "long"), np.float32),
            keep_default_na=False,
            na_values=dict.fromkeys(NUMBERS, ""),
        ),
        written,
    )


def test_csv_has_one_header_and_one_line_per_row(written: Catalogue):
    lines = formats.csv(written, spreadsheet_safe=False).read_text().splitlines()
    assert lines[0] == '"object_id","ra","dec","round","long","status","error_code"' and len(lines) == 1 + len(IDS)


def test_spreadsheets_run_no_id_of_a_safe_csv_and_other_ids_stay(tmp_path: Path):
    """C30. Without the option, ids stay byte for byte what they are; in Parquet they always do."""
    ids = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a=b"]
    found = write(tmp_path / "G", ids)
    read = {"dtype": str, "keep_default_na": False}
    safe = pd.read_csv(formats.csv(found, spreadsheet_safe=True), **read)["object_id"].tolist()
    assert safe == [f"'{i}" for i in ids[:6]] + ids[6:]
    assert pd.read_csv(formats.csv(found, spreadsheet_safe=False), **read)["object_id"].tolist() == ids
    assert found.to_pandas()["object_id"].tolist() == ids


def test_fits_holds_the_same_rows_with_units_ucds_and_descriptions(written: Catalogue):
    path = formats.fits(written)
    with fits.open(path) as file:
        file.verify("exception")
        header, rows = file[1].header, file[1].data
        assert_same(pd.DataFrame({name: rows[name].tolist() for name in rows.names}), written)
        assert header["TUNIT2"] == "deg" and header["TUCD2"] == "pos.eq.ra;meta.main"
        assert header["TCOMM4"] == "Probability of the class round"
        assert "model.head.name: classes" in list(header["COMMENT"])
    assert path.stat().st_size % 2880 == 0


def test_votable_holds_the_same_rows_with_units_ucds_and_descriptions(written: Catalogue):
    path = formats.votable(written)
    assert votable.validate(str(path), output=None), "astropy warns of this VOTable"
    table = votable.parse_single_table(path)
    rows = table.array
    found = pd.DataFrame(
        {name: rows[name].filled(np.nan) if name in NUMBERS else rows[name].data for name in rows.dtype.names}
    )
    assert_same(found, written)
    fields = {field.name: field for field in table.fields}
    assert str(fields["dec"].unit) == "deg" and fields["dec"].ucd == "pos.eq.dec;meta.main"
    assert fields["long"].description == "Probability of the class long"
    assert table.params[0].name == "weights"


@pytest.mark.parametrize("bad", ["ünï", "ends in a blank ", "bell\a"])
def test_fits_refuses_texts_that_it_cannot_hold(tmp_path: Path, bad: str):
    with pytest.raises(ZooError, match="cannot stand in a FITS table, .*: take format=votable"):
        formats.fits(write(tmp_path / "G", [bad, "fine"]))
    assert not list((tmp_path / "G").glob("*.fits"))


def test_votable_holds_any_text_that_xml_can_and_refuses_others(tmp_path: Path):
    ids = ["ünï", "two\nlines", "tab\tinside", "雪", "]]>"]
    table = votable.parse_single_table(formats.votable(write(tmp_path / "G", ids)))
    assert table.array["object_id"].tolist() == ids
    with pytest.raises(ZooError, match=r"'\\x1b\[31m' cannot stand in a VOTable"):
        formats.votable(write(tmp_path / "H", ["\x1b[31m", "fine"]))


def test_fits_without_astropy_says_what_to_install(written: Catalogue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "astropy.io", None)
    with pytest.raises(ZooError, match=r"format=fits needs astropy, .*: pip install 'galaxy-model-zoo\[fits\]'"):
        formats.fits(written)


@pytest.mark.parametrize("name", ["csv", "fits", "votable"])
def test_a_format_written_again_is_not_touched(written: Catalogue, name: str):
    """R03."""
    values = {"spreadsheet_safe": False} if name == "csv" else {}
    path = build.part("format", name, values, catalogue=written)
    before = path.stat()
    again = build.part("format", name, values, catalogue=written).stat()
    assert (again.st_ino, again.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_parquet_writes_nothing_beside_the_shards(written: Catalogue):
    before = catalogue_killer.left(written.folder)
    assert build.part("format", "parquet", {}, catalogue=written) == written.folder
    assert catalogue_killer.left(written.folder) == before
