"""The published splits, rebuilt from tables: the same galaxies, in the same order (G8, G9)."""

import json

import numpy as np
import pandas as pd
import pytest
from zoo_dataset_surveys.khan2019 import splits, tables
from zoo_dataset_surveys.khan2019.dataset import refuse_leaks
from zoo_dataset_surveys.khan2019.splits import COLUMNS, FO, HP, TRAIN, VALIDATION

from zoo.errors import DataError

from . import few


@pytest.fixture
def small(tmp_path):
    """The splits of a few galaxies."""
    few.write_tables(tmp_path)
    return splits.rebuild(tables.read(tmp_path), few.VALIDATION_GALAXIES)


def test_the_golden_splits_are_rebuilt_cell_by_cell(rebuilt, shared):
    golden = pd.read_csv(shared / "spec/golden/khan_splits.csv.gz", dtype=str, keep_default_na=False)
    found = rebuilt.published
    found = found[found["split"] != FO].reset_index(drop=True)
    assert list(found) == list(golden) == list(COLUMNS)
    for name in COLUMNS:
        cells = golden[name] if found[name].dtype == object else golden[name].astype(found[name].dtype)
        assert found[name].astype(cells.dtype).tolist() == cells.tolist(), name


def test_the_published_counts(rebuilt, shared):
    summary = json.loads((shared / "spec/golden/khan_splits_summary.json").read_text())
    counts = splits.counts(rebuilt.published)
    for (split, label), number in counts.items():
        assert split == FO or summary[f"{split}/{label}"] == number
    totals = rebuilt.published["split"].value_counts().to_dict()
    assert totals == {TRAIN: 36_620, VALIDATION: 963, HP: 1_066, FO: 12_590}
    assert (counts[FO, "spiral"], counts[FO, "elliptical"], counts[FO, "tie"]) == (6_679, 5_895, 16)


def test_the_selected_counts(rebuilt):
    """Table of G8, before images were lost."""
    counts = splits.counts(rebuilt.selected)
    expected = {TRAIN: (19_258, 18_996), VALIDATION: (479, 521), HP: (668, 698), FO: (8_928, 7_809)}
    assert {k: (counts[k, "spiral"], counts[k, "elliptical"]) for k in expected} == expected
    assert counts[FO, "tie"] == 21


def test_the_same_thousand_galaxies_validate(rebuilt, texts):
    published = texts("khan_validation_1000.csv.gz")
    order = splits.chosen_to_validate(39_254)
    rest = rebuilt.selected[~rebuilt.selected["split"].isin([HP, FO])].reset_index(drop=True)
    chosen = rest.iloc[order]
    assert chosen["sdss_objid"].tolist() == published["OBJID"].tolist()
    assert set(chosen["split"]) == {VALIDATION} and chosen["label"].tolist() == published["label"].tolist()


def test_which_full_overlap_galaxies_had_an_image(rebuilt, texts):
    table = texts("khan_fo_test_16758.csv.gz").set_index("SDSS_OBJID")
    full = rebuilt.selected[rebuilt.selected["split"] == FO]
    told = table.loc[full["sdss_objid"]]
    assert (told["likely_has_sdss_image"].eq("True").to_numpy() == full["has_image"].to_numpy()).all()
    assert told["DES_COADD_OBJECT_ID"].tolist() == full["des_coadd_object_id"].tolist()


def test_the_test_sets_overlap_and_the_training_sets_do_not(rebuilt):
    assert splits.common(rebuilt) == (843, 1_141)
    sets = {name: set(rows["sdss_objid"]) for name, rows in rebuilt.selected.groupby("split")}
    assert not sets[TRAIN] & (sets[VALIDATION] | sets[HP] | sets[FO]) and not sets[VALIDATION] & (sets[HP] | sets[FO])


def test_the_published_sets_do_not_leak(rebuilt):
    refuse_leaks(rebuilt.selected)
    rows = rebuilt.selected.copy()
    train, test = (rows.index[rows["split"] == name][5] for name in ("train", "FO_test"))
    rows.loc[train, ["ra", "dec"]] = rows.loc[test, ["ra", "dec"]].to_numpy()
    told = rows.loc[test, "sdss_objid"]
    with pytest.raises(DataError, match=f"1 of 18124 .* by positions within 1 arcsec: {told}"):
        refuse_leaks(rows)


def test_of_a_few_each_is_where_it_belongs(small):
    rows = small.selected.set_index(["split", "sdss_objid"])
    assert set(rows.loc[HP].index) == set(few.HP) and set(rows.loc[FO].index) == set(few.FO)
    assert len(rows.loc[VALIDATION]) == 3 and len(rows.loc[TRAIN]) == len(few.CERTAIN) - 4 - 3
    assert rows.loc[FO, "label"][few.TIE] == "tie"
    assert not rows.loc[FO, "has_image"][few.FAINT[-1]] and rows.loc[FO, "has_image"].sum() == len(few.FO) - 1
    assert set(rows.index[~rows["has_image"]].get_level_values(1)) == few.LOST | {few.FAINT[-1]}
    des = rows.loc[HP]
    assert des["des_coadd_object_id"].to_dict() == {i: few.IN_DES[i] for i in few.HP}
    assert set(rows.loc[TRAIN, "des_coadd_object_id"]) == {""}


def test_a_galaxy_that_trains_leaves_the_full_overlap(small):
    """G8: 588015509806252115 in the published sets."""
    assert few.CERTAIN[2] in few.OVERLAP
    where = small.selected[small.selected["sdss_objid"] == few.CERTAIN[2]]
    assert len(where) == 1 and where["split"].item() in (TRAIN, VALIDATION)


def test_the_file_is_written_once_with_ids_as_text(small, tmp_path):
    path = tmp_path / "splits.parquet"
    (tmp_path / ".splits.parquet.99999999.part").write_bytes(b"half")
    splits.write(small.published, path)
    first = path.stat().st_mtime_ns, path.read_bytes()
    splits.write(small.published, path)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == first and not list(tmp_path.glob(".*"))
    read = pd.read_parquet(path)
    assert list(read) == list(COLUMNS) and read["sdss_objid"].tolist() == small.published["sdss_objid"].tolist()
    assert read["run"].dtype == np.int64 and isinstance(read["des_coadd_object_id"].iat[0], str)


@pytest.mark.parametrize("number", [0, 13, 40])
def test_validating_on_none_or_on_all_is_refused(tmp_path, number):
    few.write_tables(tmp_path)
    with pytest.raises(DataError, match=f"dataset.validation_galaxies={number} of 13 galaxies"):
        splits.rebuild(tables.read(tmp_path), number)


def test_a_galaxy_to_test_on_without_votes_is_refused(tmp_path):
    few.write_tables(tmp_path)
    few.write_table(tmp_path, tables.VOTES[0], "OBJID,P_EL_DEBIASED,P_CS_DEBIASED", [f"{few.CERTAIN[1]},0,1"])
    with pytest.raises(DataError, match=f"5 galaxies of the full overlap have no votes .*: {few.FAINT[0]}"):
        splits.rebuild(tables.read(tmp_path), 3)


def test_a_class_that_contradicts_the_votes_is_refused(tmp_path):
    few.write_tables(tmp_path, few.LABEL | {few.HP[0]: "elliptical"})
    told = f"1 galaxies of high certainty contradict their votes, the first {few.HP[0]}: it is called elliptical"
    with pytest.raises(DataError, match=f"{told}, and its debiased fractions are elliptical 0.01 and spiral 0.99"):
        splits.rebuild(tables.read(tmp_path), 3)


def test_tables_that_are_absent_are_all_named(tmp_path):
    few.write_tables(tmp_path)
    (tmp_path / tables.OVERLAP).unlink()
    (tmp_path / tables.VOTES[0]).unlink()
    with pytest.raises(DataError, match=f"lacks {tables.OVERLAP}, {tables.VOTES[0]}: name the folder"):
        tables.read(tmp_path)
    with pytest.raises(DataError, match=f"nowhere does not exist and so lacks {tables.HIGH_CERTAINTY}"):
        tables.read(tmp_path / "nowhere")


def test_a_class_that_is_none_is_refused(tmp_path):
    few.write_tables(tmp_path, few.LABEL | {few.CERTAIN[0]: "ring"})
    with pytest.raises(DataError, match="has the labels ring: spiral and elliptical are expected"):
        tables.read(tmp_path)


def test_the_whole_of_galaxy_zoo_will_do_too(tmp_path):
    few.write_tables(tmp_path)
    before = splits.rebuild(tables.read(tmp_path), 3)
    rows = ["{},{},{}".format(i, *few.fractions(i)) for i in dict.fromkeys([*few.CERTAIN, *few.OVERLAP])]
    few.write_table(tmp_path, tables.VOTES[-1], "OBJID,P_EL_DEBIASED,P_CS_DEBIASED", rows)
    assert not np.isnan(tables.votes(tmp_path, tables.VOTES[::-1]).of(few.CERTAIN)).any()
    assert np.isnan(tables.votes(tmp_path).of(few.CERTAIN)).any()
    (tmp_path / tables.VOTES[0]).unlink()
    assert splits.rebuild(tables.read(tmp_path), 3).selected.equals(before.selected)
