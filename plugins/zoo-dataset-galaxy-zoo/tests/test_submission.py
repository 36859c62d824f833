"""A catalogue in, the challenge's file out; and a line for each thing that is wrong with such a file."""

import gzip

import numpy as np
import pytest
from zoo_dataset_galaxy_zoo import submission
from zoo_dataset_galaxy_zoo.galaxy_zoo import GalaxyZoo

from zoo import catalogue, compose
from zoo.catalogue import Catalogue
from zoo.errors import DataError
from zoo.shards import CatalogueWriter

from .challenge import LABELLED, SCHEMA, TEST, TREE, fractions, opened

IDS = ["900000", "99991", "100020", "99998"]
"""The test galaxies in another order than that of numbers."""


def predicted(folder, ids=IDS, names=SCHEMA.columns, status=None, per_shard=3, change=lambda values: values):
    """A catalogue of the true fractions of these galaxies."""
    values = change(np.array([fractions(i) for i in ids], np.float32))[:, : len(names)]
    status = status or ["ok"] * len(ids)
    writer = CatalogueWriter(folder, ids, per_shard, {"weights": "none"})
    writer.begin()
    writer.describe(catalogue.columns(SCHEMA, names))
    for number in writer.missing():
        rows = writer.rows(number)
        at = slice(rows.start, rows.stop)
        texts = {"object_id": ids[at], "status": status[at], "error_code": [""] * len(rows)}
        writer.write(number, texts | dict(zip(names, values[at].T, strict=True)))
    writer.finish()
    return Catalogue(folder)


def cells(path):
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [line.split(",") for line in data.decode().splitlines()]


class TestKaggle:
    """The format."""

    def test_the_file_is_what_the_challenge_asks_for(self, tmp_path):
        """A6: header, numeric order of ids, one row per galaxy, all digits."""
        path = submission.kaggle(predicted(tmp_path / "G"), TREE, gzip=False)
        header, *rows = cells(path)
        assert path == tmp_path / "G" / "submission.csv"
        assert header == ["GalaxyID", *SCHEMA.columns] and header[1] == "Class1.1" and header[-1] == "Class11.6"
        assert [row[0] for row in rows] == ["99991", "99998", "100020", "900000"]
        for row in rows:
            np.testing.assert_array_equal(np.array(row[1:], np.float32), fractions(row[0]).astype(np.float32))

    def test_gzip_holds_the_same_and_always_the_same_bytes(self, tmp_path):
        first = submission.kaggle(predicted(tmp_path / "G"), TREE, gzip=True)
        plain = submission.kaggle(Catalogue(tmp_path / "G"), TREE, gzip=False)
        other = submission.kaggle(predicted(tmp_path / "H", IDS[::-1]), TREE, gzip=True)
        assert cells(first) == cells(plain) and first.name == "submission.csv.gz"
        assert first.read_bytes() == other.read_bytes() and b"submission" not in first.read_bytes()

    def test_columns_are_found_by_name(self, tmp_path):
        order = list(range(36, -1, -1))
        one = submission.kaggle(predicted(tmp_path / "G"), TREE, gzip=False)
        names = [SCHEMA.columns[k] for k in order]
        other = predicted(tmp_path / "H", names=names, change=lambda values: values[:, order])
        assert submission.kaggle(other, TREE, gzip=False).read_bytes() == one.read_bytes()

    def test_of_a_catalogue_of_all_galaxies_the_test_galaxies_are_handed_in(self, tmp_path, root):
        status = ["ok"] * 4 + ["failed"]
        found = predicted(tmp_path / "G", [*IDS, LABELLED[0]], status=status)
        path = submission.kaggle(found, TREE, gzip=False, dataset=opened(root))
        assert [row[0] for row in cells(path)[1:]] == sorted(TEST, key=int)

    def test_rounding_beyond_one_is_taken_back(self, tmp_path):
        path = submission.kaggle(predicted(tmp_path / "G", change=lambda v: v + np.float32(1e-7)), TREE, gzip=False)
        assert max(float(cell) for row in cells(path)[1:] for cell in row[1:]) <= 1

    @pytest.mark.parametrize(
        "options, said",
        [
            ({"names": SCHEMA.columns[:-2]}, r"lacks 2 of them \(Class11.5, Class11.6\)"),
            ({"status": ["ok", "failed", "non_finite", "ok"]}, r"2 of 4 galaxies in .* \(99991, 100020\) have no pred"),
            ({"ids": ["1", "07"]}, r"1 of 2 .* \(07\) have ids that are no whole numbers"),
            ({"change": lambda values: values * 3}, "have numbers outside 0 to 1"),
        ],
    )
    def test_what_cannot_be_handed_in_is_refused(self, tmp_path, options, said):
        with pytest.raises(DataError, match=said):
            submission.kaggle(predicted(tmp_path / "G", **options), TREE, gzip=False)
        assert not list((tmp_path / "G").glob("submission*"))


@pytest.fixture
def good(tmp_path):
    """The lines of a good submission."""
    return submission.kaggle(predicted(tmp_path / "G"), TREE, gzip=False).read_text().splitlines()


@pytest.fixture
def dataset(root) -> GalaxyZoo:
    return opened(root)


def told(dataset, path, lines):
    path.write_text("\n".join(lines) + "\n")
    return [str(problem) for problem in dataset.verify_submission(path)]


def changed(line, column, value):
    row = line.split(",")
    return ",".join([*row[:column], value, *row[column + 1 :]])


class TestVerify:
    """The examination: one line per problem, with the line of the file and the id."""

    def test_a_good_file_has_no_problem_packed_or_not_and_in_either_spelling(self, dataset, good, tmp_path):
        assert told(dataset, tmp_path / "s.csv", good) == []
        assert told(dataset, tmp_path / "s.csv", [good[0].replace("GalaxyID", "GalaxyId"), *good[1:]]) == []
        (tmp_path / "s.csv.gz").write_bytes(gzip.compress("\r\n".join(good).encode()))
        assert list(dataset.verify_submission(tmp_path / "s.csv.gz")) == []

    @pytest.mark.parametrize(
        "change, said",
        [
            (lambda lines: ["id" + lines[0][8:], *lines[1:]], "line 1: column 1 of the header is 'id', expected"),
            (
                lambda lines: [lines[0] + ",more", *lines[1:]],
                "line 1: the header has 39 columns, expected 38: GalaxyID",
            ),
            (lambda lines: lines[1:], "line 1: column 1 of the header is '99991', expected 'GalaxyID'"),
            (
                lambda lines: [lines[0].replace("Class1.1,Class1.2", "Class1.2,Class1.1"), *lines[1:]],
                "line 1: column 2 of the header is 'Class1.2', expected 'Class1.1'",
            ),
        ],
    )
    def test_a_wrong_header_is_the_only_thing_told(self, dataset, good, tmp_path, change, said):
        (only,) = told(dataset, tmp_path / "s.csv", change(good))
        assert only.startswith(said)

    def test_rows_in_another_order(self, dataset, good, tmp_path):
        found = told(dataset, tmp_path / "s.csv", [good[0], good[2], good[1], *good[3:]])
        assert found == ["99991: line 3: the galaxy stands behind 99998, and ids have to ascend"]

    def test_missing_repeated_and_foreign_galaxies(self, dataset, good, tmp_path):
        assert told(dataset, tmp_path / "s.csv", good[:-1]) == [
            "3 rows, where there are 4 test galaxies",
            "900000: is missing: every test galaxy has a row",
        ]
        assert told(dataset, tmp_path / "s.csv", [*good[:2], *good[1:]]) == [
            "99991: line 3: the galaxy stands in line 2 already",
            "5 rows, where there are 4 test galaxies",
        ]
        assert told(dataset, tmp_path / "s.csv", [*good[:-1], changed(good[-1], 0, "900001")]) == [
            "900001: line 5: '900001' is none of the test galaxies",
            "900000: is missing: every test galaxy has a row",
        ]

    @pytest.mark.parametrize("value", ["", "many", "nan", "inf", "-0.1", "1.0001", "1_0"])
    def test_cells_that_are_no_fractions(self, dataset, good, tmp_path, value):
        found = told(dataset, tmp_path / "s.csv", [*good[:3], changed(good[3], 5, value), good[4]])
        assert found == [f"100020: line 4: Class2.2 is {value!r}, expected a number from 0 to 1"]

    def test_sums_that_break_the_tree(self, dataset, good, tmp_path):
        row = good[2].split(",")
        values = dict(zip(good[0].split(","), row, strict=True))
        lines = [*good[:2], changed(good[2], 21, str(float(row[21]) + 2e-5)), *good[3:]]
        (only,) = told(dataset, tmp_path / "s.csv", lines)
        assert only.startswith("99998: line 3: the answers of Class8 sum to ")
        assert only.endswith(f"Class6.1 is {float(values['Class6.1']):.6g}")
        assert (
            told(dataset, tmp_path / "s.csv", [*good[:2], changed(good[2], 21, str(float(row[21]) + 5e-6)), *good[3:]])
            == []
        )

    def test_ragged_and_empty_lines(self, dataset, good, tmp_path):
        found = told(dataset, tmp_path / "s.csv", [*good[:2], "", good[2] + ",0", *good[3:]])
        assert found == ["line 3: the line is empty", "99998: line 4: 39 cells, expected 38"]

    def test_a_file_that_is_not_there_or_unreadable_is_refused(self, dataset, tmp_path):
        with pytest.raises(DataError, match="There is no submission .*nowhere.csv"):
            list(dataset.verify_submission(tmp_path / "nowhere.csv"))
        (tmp_path / "s.csv.gz").write_bytes(b"no gzip")
        with pytest.raises(DataError, match="cannot be read"):
            list(dataset.verify_submission(tmp_path / "s.csv.gz"))

    def test_without_test_images_there_is_nothing_to_compare_with(self, root, tmp_path):
        for path in (root / "images_test_rev1").iterdir():
            path.unlink()
        (root / "images_test_rev1").rmdir()
        with pytest.raises(DataError, match="has no images_test_rev1, with whose ids a submission is compared"):
            opened(root).verify_submission(tmp_path / "s.csv")


def zoo(*words) -> int:
    return compose.run_hydra(words[0], list(words[1:]))


def test_from_training_to_a_verified_submission(root, tmp_path, capsys, monkeypatch):
    """Two tiny runs, their catalogues, a blend with weights, and the file that is handed in."""
    pytest.importorskip("zoo_architecture_timm", reason="trains a small network of zoo-architecture-timm")
    monkeypatch.chdir(tmp_path)
    where = ["dataset=galaxy_zoo", f"dataset.root={root}"]
    tiny = ["architecture=resnet18", "architecture.pretrained=false", "augmenter=single", "augmenter.view_size=32"]
    for seed in (0, 1):
        steps = ["stages.0.steps=2", "batch_size=4", f"seed={seed}", "runs=runs"]
        assert zoo("train", *where, *tiny, *steps) == 0
        run = capsys.readouterr().out.split()[-1]
        assert zoo("predict", f"run={run}", f"out=P{seed}", "split=all") == 0
    words = ["catalogues=[P0,P1]", "out=G", "kind=shared", f"dataset.root={root}", "format=kaggle", "resamples=5"]
    assert zoo("blend", *words, "split=all") == 0
    capsys.readouterr()
    assert zoo("data verify", *where, "submission=G/submission.csv") == 0
    told = capsys.readouterr()
    assert "no problem in G/submission.csv" in told.err and told.out == ""
    path = tmp_path / "G" / "submission.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], changed(lines[1], 4, "2"), *lines[2:-1]]))
    assert zoo("data verify", *where, "submission=G/submission.csv") == 2
    told = capsys.readouterr()
    assert told.out.splitlines()[0].startswith("99991: line 2: Class2.1 is '2'") and len(told.out.splitlines()) == 3
    assert "3 problems in G/submission.csv" in told.err


class TestRealChallenge:
    """The 100 test images that lie beside the specifications."""

    def test_a_submission_for_all_of_them_has_no_problem(self, shared, tmp_path):
        made = opened(shared / "data/kaggle_galaxy_zoo")
        ids = made.table.loc[made.table["split"] == "test", "object_id"].tolist()
        path = submission.kaggle(predicted(tmp_path / "G", ids), TREE, gzip=True)
        assert len(ids) == 100 and list(made.verify_submission(path)) == []


def test_other_data_sets_know_no_submission(root, capsys):
    table = root / "training_solutions_rev1.csv"
    words = ["dataset=table", f"dataset.table={table}", "dataset.object_id=GalaxyID", "dataset.answers=[Class1.1]"]
    assert zoo("data verify", *words, f"dataset.images={root}/images_training_rev1", "submission=s.csv") == 2
    assert "knows no submissions, and cannot verify s.csv: leave submission=… out" in capsys.readouterr().err
