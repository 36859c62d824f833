"""A table of labels is read as it was written, or refused with the line and the remedy (cases D12, D14, D17 to D22)."""

import csv
import gzip
import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.errors import DataError
from zoo.table_file import read_table

CLEAN = 'GalaxyID,label,size\n100295,spiral,1.5\n100322,edge on,2\n587722981736120347,"a, b",\n'
COLUMNS = {
    "GalaxyID": ["100295", "100322", "587722981736120347"],
    "label": ["spiral", "edge on", "a, b"],
    "size": ["1.5", "2", ""],
}


def table(folder: Path, content: str | bytes, name: str = "labels.csv"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path)


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._labels.csv", b"\0\5")
        archive.writestr("labels.csv", content)
    return file.getvalue()


ENCODED = {
    "clean": CLEAN.encode(),
    "UTF-8 with mark": CLEAN.encode("utf-8-sig"),
    "UTF-16 little": b"\xff\xfe" + CLEAN.encode("utf-16-le"),
    "UTF-16 big": b"\xfe\xff" + CLEAN.encode("utf-16-be"),
    "CRLF": CLEAN.replace("\n", "\r\n").encode(),
    "CR": CLEAN.replace("\n", "\r").encode(),
    "no last line end": CLEAN.rstrip("\n").encode(),
    "empty lines": CLEAN.replace("\n", "\n\n").encode(),
    "semicolons": CLEAN.replace("a, b", "#").replace(",", ";").replace("#", "a, b").encode(),
    "tabs": CLEAN.replace("a, b", "#").replace(",", "\t").replace("#", "a, b").encode(),
    "bars": CLEAN.replace("a, b", "#").replace(",", "|").replace("#", "a, b").encode(),
    "all quoted": b'"GalaxyID","label","size"\n"100295","spiral","1.5"\n"100322","edge on","2"\n'
    b'"587722981736120347","a, b",""\n',
    "blanks around names": CLEAN.replace("GalaxyID,label", " GalaxyID , label").encode(),
}


@pytest.mark.parametrize("name", ENCODED)
def test_the_same_table_comes_out_of_every_encoding(name, tmp_path):
    read = table(tmp_path, ENCODED[name])
    assert {column: list(cells) for column, cells in read.columns.items()} == COLUMNS


@pytest.mark.parametrize("name, pack", [("x.csv.gz", gzip.compress), ("x.zip", zipped)])
def test_a_packed_table_is_read_in_place(name, pack, tmp_path):
    assert table(tmp_path, pack(CLEAN.encode()), name).ids("GalaxyID") == COLUMNS["GalaxyID"]


@pytest.mark.parametrize("kind", ["parquet", "fits", "vot"])
def test_parquet_fits_and_votable_give_the_text_that_csv_gives(kind, tmp_path):
    path = tmp_path / f"x.{kind}"
    ids, sizes = [int(i) for i in COLUMNS["GalaxyID"]], [1.5, 2.25, None]
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"GalaxyID": ids, "label": COLUMNS["label"], "size": sizes}), path)
    else:
        astropy = pytest.importorskip("astropy.table", reason="the extra `fits` is not installed")
        columns = [ids, COLUMNS["label"], [1.5, 2.25, np.nan]]
        astropy.Table(columns, names=["GalaxyID", "label", "size"]).write(
            path, format={"vot": "votable"}.get(kind, kind)
        )
    read = read_table(path)
    assert read.ids("GalaxyID") == COLUMNS["GalaxyID"] and read.classes("label") == COLUMNS["label"]
    np.testing.assert_array_equal(read.numbers(["size"])[:, 0], [1.5, 2.25, np.nan])


@pytest.mark.parametrize(
    "content, words",
    [
        ("", r"labels.csv is empty \(0 bytes\): retrieve it again"),
        ("\n\n", "is empty"),
        ("GalaxyID,label\n", "has a header and 0 rows"),
        ("<!DOCTYPE html>\n<html>", r"is an HTML page \(download error\?\)"),
        ("100295,spiral\n100322,edge_on\n", r"has no header: its first row looks like data \('100295' is a number\)"),
        ("J005612.79,0.67\nJ013148.91,0.62\n", "has no header: .*'0.67' is a number"),
        ("GalaxyID,label\n1,spiral\n2\n", "line 3: 1 cells where the header has 2; mend or remove the line"),
        ("GalaxyID,label\n1,spiral,x\n", "line 2: 3 cells where the header has 2"),
        ('GalaxyID,label\n1,"spi\n2,x\n', "line 3: unexpected end of data; mend the quotes"),
        ("GalaxyID,label,label\n1,a,b\n", "has the column label more than once"),
        (b"GalaxyID,label\n1,caf\xe9\n", r"line 2: byte 0xE9 is not UTF-8; save the table as UTF-8 .*iconv"),
        (CLEAN.encode("utf-16-le"), "holds NUL bytes: it is no text, or UTF-16 without its mark"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(content, words, tmp_path):
    with pytest.raises(DataError, match=words) as caught:
        table(tmp_path, content)
    assert "labels.csv" in str(caught.value) and caught.value.exit_code == 2


def test_a_missing_table_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_table(tmp_path / "labels.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


@pytest.mark.parametrize("name", ["x.zip", "x.csv.gz", "x.parquet", "x.fits", "x.vot"])
def test_a_damaged_container_is_refused_with_its_name(name, tmp_path):
    with pytest.raises(DataError, match=f"{name} cannot be read"):
        table(tmp_path, b"\x1f\x8b\x08 nothing of the kind", name)


@pytest.mark.parametrize(
    "cells, words",
    [
        (["100295.0", "100322.0"], "'100295.0' in id is a floating-point number"),
        (["1e18", "2"], "'1e18' in id is a floating-point number"),
        (
            ["5.877E+17", "5.878E+17"],
            r"line 2 \(and 1 more rows\): the id '5.877E\+17' in id is a floating-point number",
        ),
        (["1", ""], "line 3: the id '' in id is blank: give every row its id"),
        (["a", "  "], "is blank"),
        (["1 ", "2"], "'1 ' in id has blanks around it"),
        (["a\x07", "b"], "has control characters"),
    ],
)
def test_ids_that_may_have_changed_are_refused(cells, words, tmp_path):
    with pytest.raises(DataError, match=words):
        table(tmp_path, "id,label\n" + "".join(f"{cell},x\n" for cell in cells)).ids("id")


def test_floats_of_typed_tables_cannot_pass_as_ids(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": [100295.0, None]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match="row 1: the id '100295.0' in id is a floating-point number"):
        read_table(tmp_path / "x.parquet").ids("id")


@pytest.mark.parametrize(
    "cells",
    [
        ["NA", "null", "None", "nan", "N/A"],
        ["0012", "012", "12", "-12"],
        ["587722981736120347", "587722981736120320"],
        ["J005612.79-005001.6", "J013148.91+000132.8"],
        ["12e5", "1f00", "abcd"],
        ["NGC 3073", "IC 3478"],
        ["ü", "ß", "M 31"],
    ],
)
def test_ids_are_preserved_byte_by_byte(cells, tmp_path):
    assert table(tmp_path, "label,id\n" + "".join(f"x,{cell}\n" for cell in cells)).ids("id") == cells


PIECES = '019.eE+-NAnul ",\n\r;\t|üJ_\u00a0\u2028'


def survive(ids: list[str], folder: Path) -> None:
    """Each id comes back as it was, or the table is refused."""
    text = io.StringIO()
    csv.writer(text).writerows([["name", "id"], *(["x", i] for i in ids)])
    try:
        found = table(folder, text.getvalue().encode()).ids("id")
    except DataError:
        return
    assert found == ids


@given(ids=st.lists(st.text(PIECES, min_size=1, max_size=9), min_size=1, max_size=6))
def test_no_id_is_ever_changed(ids, tmp_path_factory):
    survive(ids, tmp_path_factory.getbasetemp())


@pytest.mark.torture
def test_none_of_100000_adversarial_ids_is_changed(tmp_path):
    generator = random.Random(0)
    for _ in range(5000):
        survive(["".join(generator.choices(PIECES, k=generator.randint(1, 9))) for _ in range(20)], tmp_path)


def test_doubled_ids_are_listed_in_pairs(tmp_path):
    read = table(tmp_path, "id,label\n7,a\n8,b\n7,c\n8,b\n9,d\n")
    with pytest.raises(
        DataError, match="2 doubled ids .7 in lines 2 and 4, labels different; 8 in lines 3 and 5, labels"
    ):
        read.ids("id")


@pytest.mark.parametrize(
    "asked, words",
    [
        ("GalaxyId", "has no column GalaxyId; the nearest are GalaxyID"),
        ("lable", "the nearest are label"),
        ("ring", "it has GalaxyID, label, size"),
    ],
)
def test_an_unknown_column_is_answered_with_the_nearest(asked, words, tmp_path):
    with pytest.raises(DataError, match=words):
        table(tmp_path, CLEAN).text(asked)


def test_missing_numbers_are_nan_and_all_others_exact(tmp_path):
    cells = ["", "nan", "NaN", "NA", "null", "None", "--", "1.5", " 2 ", "-3e-2"]
    read = table(tmp_path, "id,x\n" + "".join(f"g{k},{cell}\n" for k, cell in enumerate(cells)))
    np.testing.assert_array_equal(read.numbers(["x"])[:, 0], [np.nan] * 7 + [1.5, 2, -0.03])


@pytest.mark.parametrize(
    "cell, words",
    [
        ("spiral", r"labels.csv, line 3: x is 'spiral', no number; mend the cell, or name another column"),
        ("0;5", "no number"),
        ('"0,5"', "x is '0,5', no number; write 0.5"),
        ("1_000", "no number"),
        ("02:48:07.82", "no number; write it in degrees"),
        ("inf", "x is inf; leave an unknown value blank"),
        ("-Infinity", "leave an unknown value blank"),
    ],
)
def test_what_is_no_number_is_refused_with_its_line(cell, words, tmp_path):
    with pytest.raises(DataError, match=words):
        table(tmp_path, f"id,x,y\na,1,\nb,{cell},\n").numbers(["y", "x"])


def test_real_tables_keep_their_18_digits(shared):
    votes = read_table(shared / "data/gz2_sample/gz2_votes.csv")
    assert votes.ids("objid") == votes.ids("dr7objid") and len(set(votes.ids("objid"))) == 323
    assert {len(i) for i in votes.ids("objid")} == {18}
    khan = read_table(shared / "data/khan/khan_hp_test_1366.csv.gz")
    assert len(khan) == 1366 and len(khan.columns) == 106
