"""Laws of catalogues: every row once, whole shards, the same bytes whatever happened on the way."""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import catalogue_killer
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import votable
from astropy.io.votable.ucd import parse_ucd
from hypothesis import given
from hypothesis import strategies as st

from zoo import catalogue, failpoint
from zoo.catalogue import Catalogue
from zoo.errors import DataError, Stopped, ZooError
from zoo.parquet import serialise
from zoo.schema import Classes, Quantities, Question, VoteCounts, VoteFractions
from zoo.shards import CatalogueWriter

KILLER = Path(catalogue_killer.__file__)


def writer(folder: Path, rows: int = 25, per_shard: int = 10, **inputs: object) -> CatalogueWriter:
    return CatalogueWriter(folder, [f"galaxy {k}" for k in range(rows)], per_shard, {"weights": "none", **inputs})


def write(folder: Path, rows: int = 25, per_shard: int = 10, **inputs: object) -> CatalogueWriter:
    one = writer(folder, rows, per_shard, **inputs)
    if not one.begin():
        one.describe(catalogue_killer.COLUMNS)
        for number in one.missing():
            one.write(number, catalogue_killer.values(one.rows(number)))
        one.finish()
    return one


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when a file is touched: its inode and its time of change."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def killed(*words: str) -> dict[str, object]:
    done = subprocess.run([sys.executable, str(KILLER), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_row_stands_once_in_order_with_its_values(tmp_path: Path):
    write(tmp_path / "G")
    table, expected = Catalogue(tmp_path / "G").to_pandas(), catalogue_killer.values(range(25))
    for name in expected:
        assert table[name].tolist() == list(expected[name]), name


def test_shards_have_the_rows_that_the_manifest_says(tmp_path: Path):
    write(tmp_path / "G")
    found = Catalogue(tmp_path / "G")
    assert found.complete and len(found) == found.manifest["rows"] == 25
    assert [(s["file"], s["rows"], s["first"], s["last"]) for s in found.manifest["shards"]] == [
        ("part-00000.parquet", 10, "galaxy 0", "galaxy 9"),
        ("part-00001.parquet", 10, "galaxy 10", "galaxy 19"),
        ("part-00002.parquet", 5, "galaxy 20", "galaxy 24"),
    ]


def test_twenty_random_kills_leave_the_bytes_of_an_undisturbed_catalogue():
    """R01. The seed in the outcome replays it: python tests/catalogue_killer.py --seed …"""
    outcome = killed("--kills", "20")
    assert outcome["kills"] >= 20 and outcome["identical"] == outcome["catalogues"], outcome


@pytest.mark.torture
def test_a_thousand_random_kills_leave_the_bytes_of_undisturbed_catalogues():
    """R01."""
    outcome = killed("--kills", "1000", "--seed", "1")
    assert outcome["kills"] >= 1000 and outcome["identical"] == outcome["catalogues"], outcome


def test_a_kill_at_any_point_of_a_shard_or_the_manifest_changes_no_byte():
    """R02."""
    outcome = killed("--points")
    assert len(outcome) == 7 and all(outcome.values()), outcome


@pytest.mark.parametrize("call, nth", [("fsync", 3), ("rename", 2), ("fsync", 4)])
def test_a_kill_at_a_system_call_changes_no_byte(tmp_path: Path, call: str, nth: int):
    """R02: the first shard's file is on its way to the disk, gets its name, and the name gets to the disk."""
    folder, undisturbed = tmp_path / "G", write(tmp_path / "undisturbed").folder
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    script = "import sys; from pathlib import Path; import test_catalogue as t; t.write(Path(sys.argv[1]))"
    traced = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"]
    done = subprocess.run(
        [*traced, "-e", f"inject={call}:signal=KILL:when={nth}", sys.executable, "-B", "-c", script, str(folder)],
        env={**os.environ, "PYTHONPATH": str(KILLER.parent)},
        capture_output=True,
        text=True,
    )
    if "PTRACE" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.splitlines()[0]}")
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(list(folder.glob("part-*"))) == (nth == 4)
    assert catalogue_killer.left(write(folder).folder) == catalogue_killer.left(undisturbed)


def test_finished_shards_stay_untouched_when_a_catalogue_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "G"
    stopped_at_third_shard(folder, monkeypatch, "EIO")
    before = marks(folder)
    write(folder)
    after = marks(folder)
    assert all(after[name] == before[name] for name in ("part-00000.parquet", "part-00001.parquet"))


def stopped_at_third_shard(folder: Path, monkeypatch: pytest.MonkeyPatch, action: str) -> str:
    """What is said when the disk fails; the failpoint is taken away afterwards."""
    failpoint.visits.clear()
    monkeypatch.setenv("ZOO_FAILPOINT", f"shard.half:{action}:3")
    with pytest.raises(Stopped) as stopped:
        write(folder)
    monkeypatch.delenv("ZOO_FAILPOINT")
    assert stopped.value.exit_code == 75
    return str(stopped.value)


@pytest.mark.parametrize("action, said", [("ENOSPC", "No space left"), ("EIO", "Input/output"), ("EDQUOT", "quota")])
def test_a_failing_disk_stops_with_what_is_finished_and_the_rest_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, said: str
):
    folder = tmp_path / "G"
    message = stopped_at_third_shard(folder, monkeypatch, action)
    assert said in message and "2 of 3 shards are finished and kept" in message and "repeat the command" in message
    assert not list(folder.glob(".*")), "a half-written shard was left behind"
    assert write(folder) and catalogue_killer.left(folder) == catalogue_killer.left(write(tmp_path / "whole").folder)


def test_a_complete_catalogue_is_not_touched_again(tmp_path: Path):
    """R03."""
    before = marks(write(tmp_path / "G").folder)
    assert writer(tmp_path / "G").begin()
    write(tmp_path / "G")
    assert marks(tmp_path / "G") == before


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[60] ^= 8
    path.write_bytes(bytes(data))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [delete, truncate, flip, empty])
def test_only_a_damaged_shard_is_computed_again(tmp_path: Path, harm):
    """R11."""
    folder = write(tmp_path / "G").folder
    whole, before = catalogue_killer.left(folder), marks(folder)
    harm(folder / "part-00001.parquet")
    again = writer(folder)
    assert not again.begin() and again.missing() == [1]
    write(folder)
    after = marks(folder)
    assert catalogue_killer.left(folder) == whole
    assert all(after[name] == before[name] for name in ("part-00000.parquet", "part-00002.parquet"))


@pytest.mark.parametrize("harm", [delete, truncate, empty])
def test_a_damaged_manifest_is_made_anew_from_the_shards(tmp_path: Path, harm):
    folder = write(tmp_path / "G").folder
    whole, before = catalogue_killer.left(folder), marks(folder)
    harm(folder / "manifest.json")
    write(folder)
    after = marks(folder)
    assert catalogue_killer.left(folder) == whole
    assert all(after[name] == before[name] for name in before if name.startswith("part-"))


def test_another_catalogue_is_refused_by_what_differs_and_left_alone(tmp_path: Path):
    """R19, R10."""
    folder = write(tmp_path / "G", tta="none").folder
    before = marks(folder)
    with pytest.raises(ZooError, match="holds another catalogue .tta: none, not published60.*choose a new folder"):
        writer(folder, tta="published60").begin()
    with pytest.raises(ZooError, match="rows_per_shard: 10, not 5"):
        writer(folder, per_shard=5, tta="none").begin()
    assert marks(folder) == before


@pytest.mark.parametrize("name", ["notes.txt", "part-00000.parquet", "manifest.json"])
def test_foreign_files_are_refused_and_left_alone(tmp_path: Path, name: str):
    """R19."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(ZooError, match=f"holds other files, such as '{name}', and nothing of them was touched"):
        writer(tmp_path).begin()
    assert (tmp_path / name).read_text() == "mine"


def test_a_surplus_shard_is_refused(tmp_path: Path):
    folder = write(tmp_path / "G").folder
    (folder / "part-00007.parquet").write_bytes((folder / "part-00000.parquet").read_bytes())
    with pytest.raises(ZooError, match="part-00007.parquet"):
        writer(folder).begin()


def test_a_shard_of_another_catalogue_is_refused_even_under_a_right_name(tmp_path: Path):
    folder, other = write(tmp_path / "G").folder, write(tmp_path / "H", seed=1).folder
    (folder / "part-00001.parquet").write_bytes((other / "part-00001.parquet").read_bytes())
    with pytest.raises(ZooError, match="another catalogue .seed: 1, not None"):
        writer(folder).begin()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path):
    (tmp_path / "G").write_text("")
    with pytest.raises(ZooError, match="cannot be written .*choose another out="):
        write(tmp_path / "G")


def test_ids_that_stand_twice_are_refused_with_their_rows(tmp_path: Path):
    """R14."""
    with pytest.raises(DataError, match=r"1 of 4 object_ids stand twice, the first is 'b' \(rows 1 and 3\)"):
        CatalogueWriter(tmp_path, ["a", "b", "c", "b"], 2, {})


def test_what_a_killed_writer_left_half_written_is_swept(tmp_path: Path):
    folder = write(tmp_path / "G").folder
    stray = folder / ".part-00001.parquet.999999999.part"
    stray.write_bytes(b"half")
    assert writer(folder).begin() and not stray.exists()


def test_the_bytes_know_no_folder_and_no_machine(tmp_path: Path):
    one, other = write(tmp_path / "one").folder, write(tmp_path / "two" / "deep").folder
    assert catalogue_killer.left(one) == catalogue_killer.left(other)
    for path in one.iterdir():
        for word in (str(tmp_path), socket.gethostname()):
            assert word.encode() not in path.read_bytes(), f"{path.name} holds {word}"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, min_size=1, max_size=5))
def test_any_id_survives(ids: list[str]):
    """R15."""
    columns = [catalogue.OBJECT_ID, catalogue.STATUS]
    data = serialise(columns, {"object_id": ids, "status": ["ok"] * len(ids)}, {})
    assert pq.read_table(io.BytesIO(data))["object_id"].to_pylist() == ids


def test_long_numbers_and_leading_zeros_are_texts(tmp_path: Path):
    """R15."""
    ids = ["587722981736120347", "007", "1e5", "NA", " x"]
    one = CatalogueWriter(tmp_path, ids, 10, {})
    one.begin()
    one.describe(catalogue_killer.COLUMNS)
    one.write(0, catalogue_killer.values(range(5)) | {"object_id": ids})
    assert Catalogue(tmp_path).to_pandas()["object_id"].tolist() == ids


def test_a_growing_catalogue_shows_its_finished_shards(tmp_path: Path):
    """R18."""
    one = writer(tmp_path)
    one.begin()
    one.describe(catalogue_killer.COLUMNS)
    one.write(0, catalogue_killer.values(one.rows(0)))
    found = Catalogue(tmp_path)
    assert not found.complete and len(found) == 10


def test_a_folder_without_manifest_is_no_catalogue(tmp_path: Path):
    with pytest.raises(DataError, match="is no catalogue, its manifest.json cannot be read"):
        Catalogue(tmp_path)


TREE = (
    Question("smooth", ("yes", "no"), None, "Is it smooth?", ("smooth", "featured")),
    Question("bar", ("bar", "none"), "no", "Is there a bar?"),
)


@pytest.mark.parametrize(
    "schema, column, said",
    [
        (VoteFractions(TREE), "no", "Fraction of all volunteers who answer 'featured' to 'Is it smooth?'"),
        (VoteCounts(TREE), "bar", "Fraction of the volunteers asked who answer 'bar' to 'Is there a bar?'"),
        (Classes(("round", "long")), "round", "Probability of the class round"),
        (Quantities(("redshift",)), "redshift", "Predicted redshift"),
    ],
)
def test_columns_say_what_they_mean_in_the_words_of_the_schema(schema, column: str, said: str):
    found = {c.name: c for c in catalogue.columns(schema, [*schema.columns, "surprise"], known=("ra", "dec"))}
    assert found[column].description == said
    assert found["surprise"].description == "Output surprise of the model's head"
    derived = [name for name in found if found[name] in catalogue.DERIVED]
    assert list(found) == ["object_id", "ra", "dec", *schema.columns, "surprise", *derived, "status", "error_code"]
    assert derived == (["morph_class", "probability", "margin"] if isinstance(schema, Classes) else [])
    for one in found.values():
        if one.ucd:
            parse_ucd(one.ucd, check_controlled_vocabulary=True)


def test_shards_carry_units_ucds_and_descriptions_for_programs_and_for_topcat(tmp_path: Path):
    shard = pq.read_schema(write(tmp_path / "G").folder / "part-00000.parquet")
    assert shard.field("ra").metadata == {
        b"unit": b"deg",
        b"ucd": b"pos.eq.ra;meta.main",
        b"description": b"Right ascension, ICRS",
    }
    header = votable.parse_single_table(io.BytesIO(shard.metadata[b"IVOA.VOTable-Parquet.content"]))
    assert [(f.name, str(f.unit or ""), f.ucd) for f in header.fields[1:3]] == [
        ("ra", "deg", "pos.eq.ra;meta.main"),
        ("dec", "deg", "pos.eq.dec;meta.main"),
    ]
    assert {p.name: p.value for p in header.params} == {"weights": "none", "rows_per_shard": "10"}


def test_shards_are_plain_parquet_that_pandas_reads(tmp_path: Path):
    folder = write(tmp_path / "G").folder
    assert len(pd.read_parquet(sorted(folder.glob("part-*.parquet")))) == 25
    parts = pq.ParquetFile(folder / "part-00000.parquet").metadata.row_group(0)
    assert not any(parts.column(k).has_dictionary_page for k in range(parts.num_columns))
    assert parts.column(0).num_values == 10
