"""Laws of `zoo blend`: weighted means of catalogues of the same galaxies, with weights that labels can judge."""

import itertools
import json
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import catalogue_killer
import numpy as np
import pandas as pd
import pytest

from zoo import blend_labels, blend_weights, catalogue, compose, vote_fractions, words
from zoo.catalogue import Catalogue
from zoo.dataset import as_numbers
from zoo.member import Ids, Member
from zoo.schema import Classes, Question, VoteCounts, VoteFractions
from zoo.shards import CatalogueWriter

TREE = VoteFractions(
    (
        Question("shape", ("smooth", "disc")),
        Question("edge", ("on", "off"), parent="disc"),
        Question("odd", ("yes", "no")),
    )
)
ROWS = 128
IDS = [f"blob-{k:04d}" for k in range(ROWS)]


def fractions(seed: int, rows: int = ROWS) -> np.ndarray:
    """Fractions that obey the tree."""
    shares = np.random.default_rng(seed).dirichlet([1, 1], (3, rows))
    return np.concatenate([shares[0], shares[0][:, 1:] * shares[1], shares[2]], axis=1).astype(np.float32)


def write(folder: Path, values: np.ndarray, ids=IDS, per_shard: int = 50, names=TREE.columns, bad=()) -> Path:
    """A finished catalogue of these numbers; `bad` rows are `(row, status)`."""
    inputs = {"weights": f"{zlib.crc32(values.tobytes())}", "dataset": {"name": "blobs", "fingerprint": "blobs-128"}}
    writer, found = CatalogueWriter(folder, ids, per_shard, inputs), values.astype(np.float32)
    status = np.full(len(ids), "ok", object)
    for row, what in bad:
        status[row], found[row] = what, np.nan
    assert not writer.begin()
    writer.describe(catalogue.columns(TREE, names))
    for number in writer.missing():
        rows = slice(writer.rows(number).start, writer.rows(number).stop)
        columns = dict(zip(names, found[rows].T, strict=True))
        codes = np.where(status[rows] == "ok", "", "E-" + status[rows]).tolist()
        texts = {"object_id": list(ids[rows]), "status": status[rows].tolist(), "error_code": codes}
        writer.write(number, columns | texts)
    writer.finish()
    return folder


def run(out: Path, *folders: Path, words=()) -> int:
    """The exit code of the command."""
    named = ",".join(map(str, folders))
    return compose.run_hydra("blend", [f"catalogues=[{named}]", f"out={out}", "resamples=20", *words])


def blended(out: Path, *folders: Path, words=()) -> pd.DataFrame:
    assert run(out, *folders, words=words) == 0
    return Catalogue(out).to_pandas()


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Three catalogues of the same galaxies in shards of different sizes."""
    sizes = {"A": 50, "B": 128, "C": 7}
    return [write(tmp_path / name, fractions(k), per_shard=n) for k, (name, n) in enumerate(sizes.items())]


class TestUniform:
    """The mean, which needs no labels."""

    def test_a_row_is_the_mean_of_the_catalogues_rows(self, three, tmp_path, capsys):
        table = blended(tmp_path / "G", *three, words=["catalogue.rows_per_shard=30"])
        assert capsys.readouterr().out == f"{tmp_path / 'G'}\n"
        expected = np.mean([fractions(k) for k in range(3)], axis=0)
        np.testing.assert_allclose(table[list(TREE.columns)].to_numpy(), expected, atol=1e-7)
        assert table["object_id"].tolist() == IDS and set(table["status"]) == {"ok"}
        assert [len(shard) for shard in Catalogue(tmp_path / "G").shards()] == [30, 30, 30, 30, 8]

    def test_blend_keeps_constraints(self, three, tmp_path):
        """E9 of spec/galaxy-zoo.md."""
        table = blended(tmp_path / "G", *three)
        assert vote_fractions.deviation(TREE, table[list(TREE.columns)].to_numpy(float)).max() < 1e-6

    def test_weights_are_told_and_sum_to_one(self, three, tmp_path):
        blended(tmp_path / "G", *three)
        table = pd.read_csv(tmp_path / "G" / "weights.csv")
        assert table["catalogue"].tolist() == ["A", "B", "C"] and table["weight"].sum() == pytest.approx(1)

    def test_the_order_of_catalogues_changes_no_byte(self, three, tmp_path):
        first = run(tmp_path / "G", *three)
        found = [catalogue_killer.left(tmp_path / "G")]
        for number, order in enumerate(itertools.permutations(three)):
            assert first == run(tmp_path / str(number), *order)
            found.append(catalogue_killer.left(tmp_path / str(number)))
        assert all(one == found[0] for one in found)

    def test_the_same_command_again_touches_nothing(self, three, tmp_path):
        run(tmp_path / "G", *three, words=["format=csv"])
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "G").iterdir()}
        run(tmp_path / "G", *three, words=["format=csv"])
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "G").iterdir()} == before
        assert (tmp_path / "G" / "catalogue.csv") in before

    def test_a_killed_blend_goes_on_behind_its_shards(self, three, tmp_path):
        words = [f"catalogues=[{','.join(map(str, three))}]", "catalogue.rows_per_shard=30"]
        run(tmp_path / "whole", *three, words=words[1:])
        command = [sys.executable, "-m", "zoo.cli", "blend", *words, f"out={tmp_path / 'G'}"]
        killed = subprocess.run(command, env={**os.environ, "ZOO_FAILPOINT": "shard.half:kill:3"}, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        run(tmp_path / "G", *three, words=words[1:])
        assert catalogue_killer.left(tmp_path / "G") == catalogue_killer.left(tmp_path / "whole")

    def test_a_row_that_one_catalogue_lacks_is_lacking_and_counted(self, tmp_path, capsys):
        a = write(tmp_path / "A", fractions(0), bad=[(3, "failed"), (5, "non_finite")])
        b = write(tmp_path / "B", fractions(1), bad=[(5, "failed"), (9, "non_finite")])
        assert run(tmp_path / "G", a, b) == 4
        assert "2 failed, 1 non_finite, 125 ok" in capsys.readouterr().err
        table = blended(tmp_path / "G", a, b, words=["failures.limit=0.1"])
        assert table["status"][[3, 5, 9]].tolist() == ["failed", "failed", "non_finite"]
        assert table["error_code"][[3, 5, 9]].tolist() == ["E-failed", "E-failed", "E-non_finite"]
        assert table.loc[[3, 5, 9], list(TREE.columns)].isna().all(axis=None)
        assert table.drop([3, 5, 9])["smooth"].notna().all()

    def test_answers_are_matched_by_name(self, tmp_path):
        order = list(reversed(range(6)))
        a = write(tmp_path / "A", fractions(0))
        b = write(tmp_path / "B", fractions(1)[:, order], names=[TREE.columns[k] for k in order])
        expected = (fractions(0) + fractions(1)) / 2
        np.testing.assert_allclose(blended(tmp_path / "G", a, b)[list(TREE.columns)], expected, atol=1e-7)

    def test_the_manifest_knows_the_models_and_no_folder(self, three, tmp_path):
        run(tmp_path / "G", *three)
        inputs = Catalogue(tmp_path / "G").manifest["inputs"]
        assert {one["weights"] for one in inputs["catalogues"].values()} == {
            Catalogue(folder).manifest["inputs"]["weights"] for folder in three
        }
        assert str(tmp_path) not in "".join(p.read_text() for p in (tmp_path / "G").glob("*.json"))

    def test_a_blend_can_be_blended(self, three, tmp_path):
        run(tmp_path / "G", *three[:2])
        assert len(blended(tmp_path / "H", tmp_path / "G", three[2])) == ROWS

    def test_folders_with_blanks_commas_and_equal_names_are_told_apart(self, tmp_path):
        folders = [tmp_path / "one, two" / "it's G", tmp_path / "b=[3]" / "it's G"]
        a, b = (write(folder, fractions(k)) for k, folder in enumerate(folders))
        assert compose.run_hydra("blend", [f'catalogues=["{a}", "{b}"]', f"out={tmp_path / 'H'}"]) == 0
        table = pd.read_csv(tmp_path / "H" / "weights.csv")
        assert sorted(table["catalogue"]) == ["b=[3]/it's G", "one, two/it's G"]


class TestRefusals:
    """Bad input is one sentence, exit code 2 and no folder."""

    def refused(self, capsys, tmp_path, *folders, words=()) -> str:
        capsys.readouterr()
        code = run(tmp_path / "G", *folders, words=words)
        told = capsys.readouterr()
        assert (code, told.out, told.err.count("\n")) == (2, "", 1), told.err
        assert not (tmp_path / "G").exists()
        return told.err

    def test_one_catalogue(self, three, tmp_path, capsys):
        assert "name two or more" in self.refused(capsys, tmp_path, three[0])

    def test_the_same_catalogue_twice(self, three, tmp_path, capsys):
        assert "are the same catalogue" in self.refused(capsys, tmp_path, *three, three[0])
        (tmp_path / "copy").symlink_to(three[0])
        assert "are the same catalogue" in self.refused(capsys, tmp_path, three[0], tmp_path / "copy")

    def test_other_galaxies(self, three, tmp_path, capsys):
        other = write(tmp_path / "D", fractions(5), ids=[*IDS[:-1], "stranger"])
        said = self.refused(capsys, tmp_path, three[0], other)
        assert "has other galaxies than" in said and "row 127 is 'stranger', not 'blob-0127'" in said

    def test_another_number_of_galaxies(self, three, tmp_path, capsys):
        other = write(tmp_path / "D", fractions(5, 100), ids=IDS[:100])
        assert "has 128 galaxies" in self.refused(capsys, tmp_path, three[0], other)

    def test_another_order(self, three, tmp_path, capsys):
        other = write(tmp_path / "D", fractions(5), ids=IDS[::-1])
        assert "has another order of galaxies than" in self.refused(capsys, tmp_path, three[0], other)

    def test_other_answers(self, three, tmp_path, capsys):
        other = write(tmp_path / "D", fractions(5), names=[*TREE.columns[:-1], "perhaps"])
        assert "have different answers (no, perhaps in one" in self.refused(capsys, tmp_path, three[0], other)

    def test_an_incomplete_catalogue(self, three, tmp_path, capsys):
        path = three[1] / "manifest.json"
        path.write_text(path.read_text().replace('"complete": true', '"complete": false'))
        assert f"{three[1]} is incomplete: repeat" in self.refused(capsys, tmp_path, *three)

    @pytest.mark.parametrize("key", ["inputs", "shards"])
    def test_a_manifest_without_what_is_needed(self, three, tmp_path, capsys, key):
        path = three[1] / "manifest.json"
        path.write_text(path.read_text().replace(f'"{key}":', f'"{key}_no_more":'))
        assert f"The manifest of the catalogue {three[1]} lacks something ('{key}')" in self.refused(
            capsys, tmp_path, *three
        )

    def test_a_lost_shard(self, three, tmp_path, capsys):
        (three[0] / "part-00001.parquet").unlink()
        assert "part-00001.parquet" in self.refused(capsys, tmp_path, *three)

    def test_no_catalogue(self, three, tmp_path, capsys):
        assert "nowhere is no catalogue" in self.refused(capsys, tmp_path, three[0], tmp_path / "nowhere")

    @pytest.mark.parametrize(
        "word, said",
        [
            ("kind=median", "kind=median is unknown: choose one of uniform, shared, per_answer"),
            ("catalogue.rows_per_shard=0", "leaves no room for a galaxy"),
            ("knid=shared", "did you mean `kind`"),
            ("run=nowhere", "There is no run folder nowhere"),
        ],
    )
    def test_words(self, three, tmp_path, capsys, word, said):
        assert said in self.refused(capsys, tmp_path, *three, words=[word])

    def test_weights_without_labels(self, three, tmp_path, capsys):
        path = three[0] / "manifest.json"
        path.write_text(path.read_text().replace('"name": "blobs",', ""))
        assert "kind=shared needs labels" in self.refused(capsys, tmp_path, *three, words=["kind=shared"])

    def test_labels_with_other_answers(self, three, tmp_path, capsys, toy):
        said = self.refused(capsys, tmp_path, *three, words=["kind=shared"])
        assert "answers that the catalogues lack (long, round)" in said

    def test_a_damaged_shard_is_found_when_it_is_read(self, three, tmp_path, capsys):
        path = three[0] / "part-00002.parquet"
        path.write_bytes((three[0] / "part-00001.parquet").read_bytes())
        assert run(tmp_path / "G", *three) == 2
        assert "part-00002.parquet of the catalogue" in capsys.readouterr().err


def noisy(sigmas, seed=0, rows=400, answers=6):
    """Truth, and predictions with noise of these standard deviations, per catalogue and answer."""
    chance = np.random.default_rng(seed)
    truth = chance.random((rows, answers))
    sigmas = np.broadcast_to(np.asarray(sigmas, float).reshape(len(sigmas), 1, -1), (len(sigmas), 1, answers))
    return truth + sigmas * chance.normal(size=(len(sigmas), rows, answers)), truth


def error(weights, predictions, truth) -> float:
    """The slow witness: the mean squared error of a blend."""
    return float(np.nanmean((sum(w * p for w, p in zip(weights, predictions, strict=True)) - truth) ** 2))


class TestWeights:
    """The optimum, and what it means."""

    def test_a_blend_of_two_copies_with_noise_finds_the_better_one(self):
        weights = blend_weights.fitted("shared", *noisy([0.01, 0.5]), 0)
        assert weights[0].min() > 0.99

    def test_the_shared_optimum_is_that_of_a_grid_search(self):
        predictions, truth = noisy([0.2, 0.3])
        grid = np.linspace(0, 1, 2001)
        best = grid[np.argmin([error((w, 1 - w), predictions, truth) for w in grid])]
        found = blend_weights.fitted("shared", predictions, truth, 0)
        assert found[0] == pytest.approx(best, abs=5e-4) and (found == found[:, :1]).all()

    def test_noise_of_known_size_gives_the_weights_of_inverse_variances(self):
        predictions, truth = noisy([0.1, 0.2, 0.4], rows=20000)
        expected = np.array([100, 25, 6.25]) / 131.25
        np.testing.assert_allclose(blend_weights.fitted("shared", predictions, truth, 0)[:, 0], expected, atol=0.01)

    @pytest.mark.parametrize("seed", range(5))
    def test_finer_weights_fit_better(self, seed):
        predictions, truth = noisy(np.random.default_rng(seed).uniform(0.05, 0.5, (4, 6)), seed)
        truth[::7, 2:4] = np.nan
        found = {kind: blend_weights.fitted(kind, predictions, truth, seed) for kind in blend_weights.KINDS}
        errors = {kind: error(weights, predictions, truth) for kind, weights in found.items()}
        assert errors["per_answer"] <= errors["shared"] + 1e-9 and errors["shared"] <= errors["uniform"] + 1e-9
        assert all(np.abs(weights.sum(0) - 1).max() < 1e-12 and weights.min() >= 0 for weights in found.values())

    def test_the_first_logits_do_not_matter(self):
        predictions, truth = noisy([0.1, 0.2, 0.4])
        found = [blend_weights.fitted("per_answer", predictions, truth, seed) for seed in range(4)]
        np.testing.assert_allclose(found, [found[0]] * 4, atol=1e-5)

    def test_the_gradient_is_that_of_finite_differences(self):
        predictions, truth = noisy([0.1, 0.2, 0.4])
        products = blend_weights.error_products(predictions, truth).sum(0)
        z, h = np.array([0.3, -0.1, 0.2]), 1e-6

        def at(logits):
            return error(blend_weights.softmax(logits), predictions, truth)

        slow = [(at(z + e) - at(z - e)) / (2 * h) for e in h * np.eye(3)]
        np.testing.assert_allclose(blend_weights.error_and_gradient(z, products)[1], slow, atol=1e-8)

    def test_an_answer_without_labels_keeps_equal_weights(self):
        predictions, truth = noisy([0.1, 0.3])
        truth[:, 4] = np.nan
        assert (blend_weights.fitted("per_answer", predictions, truth, 0)[:, 4] == 0.5).all()

    def test_shared_weights_keep_the_sums_and_those_per_answer_need_not(self):
        weights = np.random.default_rng(0).dirichlet(np.ones(3))
        predictions = np.stack([fractions(k) for k in range(3)]).astype(float)
        kept = blend_weights.blend(predictions, np.repeat(weights[:, None], 6, axis=1))
        assert vote_fractions.deviation(TREE, kept).max() < 1e-6
        free = blend_weights.blend(predictions, np.random.default_rng(1).dirichlet(np.ones(3), 6).T)
        assert vote_fractions.deviation(TREE, free).max() > 0.01


class TestLabels:
    """Weights and errors from the labels of a data set, here of the toy's blobs."""

    @pytest.fixture
    def blobs(self, tmp_path, toy) -> list[Path]:
        """A good, a poor and a useless catalogue of 600 blobs."""
        ids, chance = [f"blob-{k:04d}" for k in range(600)], np.random.default_rng(0)
        right = np.arange(600) % 2
        folders = []
        for name, noise in {"good": 0.05, "poor": 0.15, "useless": 0.6}.items():
            long = np.clip(right + noise * chance.normal(size=600), 0, 1)
            values = np.stack([1 - long, long], axis=1)
            folders.append(write(tmp_path / name, values, ids, 256, ("round", "long")))
        return folders

    def told(self, out: Path, *folders: Path, words=()) -> dict:
        assert run(out, *folders, words=["dataset.size=600", *words]) == 0
        return json.loads((out / "blend.json").read_text())

    def test_each_kind_is_judged_on_the_half_it_did_not_see(self, blobs, tmp_path, capsys):
        found = {kind: self.told(tmp_path / kind, *blobs, words=[f"kind={kind}"]) for kind in blend_weights.KINDS}
        said = capsys.readouterr().err
        assert "held out" in said and "useless" in said and "95 % intervals" in said
        fitted = {kind: one["fitted"]["blend"]["rmse"]["value"] for kind, one in found.items()}
        assert fitted["per_answer"] <= fitted["shared"] + 1e-9 < fitted["uniform"]
        for one in found.values():
            held = one["held_out"]
            assert held["n"] + one["fitted"]["n"] > 100 and abs(held["n"] - one["fitted"]["n"]) < 50
            assert held["catalogues"]["good"]["rmse"]["value"] < held["catalogues"]["useless"]["rmse"]["value"]
            assert {"value", "low", "high", "baseline"} == set(held["blend"]["rmse/long"])
            assert held["blend"]["rmse"]["low"] <= held["blend"]["rmse"]["value"] <= held["blend"]["rmse"]["high"]
        assert found["shared"]["held_out"]["blend"] != found["shared"]["held_out"]["uniform"]
        assert found["uniform"]["held_out"]["blend"] == found["uniform"]["held_out"]["uniform"]

    def test_the_rows_are_those_of_the_weights(self, blobs, tmp_path):
        self.told(tmp_path / "G", *blobs, words=["kind=per_answer"])
        table = pd.read_csv(tmp_path / "G" / "weights.csv")
        assert len(table) == 6 and np.allclose(table.groupby("answer")["weight"].sum(), 1)
        weight = table.set_index(["catalogue", "answer"])["weight"]
        for answer in ("round", "long"):
            slow = sum(weight[f.name, answer] * Catalogue(f).to_pandas()[answer].astype(float) for f in blobs)
            np.testing.assert_allclose(Catalogue(tmp_path / "G").to_pandas()[answer], slow, atol=1e-7)

    def test_the_errors_are_those_of_the_rows(self, blobs, tmp_path):
        found = self.told(tmp_path / "G", *blobs, words=["kind=shared", "split=all"])
        table = Catalogue(tmp_path / "G").to_pandas()
        truth = np.eye(2)[np.arange(600) % 2]
        squares = ((table[["round", "long"]].to_numpy(float) - truth) ** 2).mean()
        halves = [found[half] for half in ("fitted", "held_out")]
        assert sum(half["n"] for half in halves) == 600
        total = sum(half["n"] * half["blend"]["rmse"]["value"] ** 2 for half in halves)
        assert total / 600 == pytest.approx(squares, rel=1e-5)
        assert found["all"]["n"] == 600
        assert found["all"]["blend"]["rmse"]["value"] ** 2 == pytest.approx(squares, rel=1e-5)

    @pytest.mark.parametrize("kind", ["shared", "per_answer"])
    def test_order_and_repetition_change_no_byte(self, blobs, tmp_path, kind):
        self.told(tmp_path / "G", *blobs, words=[f"kind={kind}"])
        first = catalogue_killer.left(tmp_path / "G")
        self.told(tmp_path / "H", *blobs[::-1], words=[f"kind={kind}"])
        self.told(tmp_path / "G", *blobs, words=[f"kind={kind}"])
        assert catalogue_killer.left(tmp_path / "G") == first == catalogue_killer.left(tmp_path / "H")

    def test_a_fit_to_a_handful_is_warned_of(self, tmp_path, capsys, toy):
        chance, ids = np.random.default_rng(0), [f"blob-{k:04d}" for k in range(30)]
        folders = [
            write(tmp_path / name, chance.dirichlet([1, 1], 30), ids, names=("round", "long")) for name in ("A", "B")
        ]
        words = ["kind=shared", "split=all"]
        found = self.told(tmp_path / "G", *folders, words=words)
        assert f"are fitted to {found['fitted']['n']} galaxies only" in capsys.readouterr().err
        self.told(tmp_path / "H", *folders)
        assert "galaxies only" not in capsys.readouterr().err, "the mean fits nothing"

    def test_broken_sums_are_counted(self, blobs, tmp_path, capsys):
        found = self.told(tmp_path / "G", *blobs, words=["kind=shared"])
        assert found["violations"] == found["held_out"]["violations"] == 0
        harm = Catalogue(blobs[0]).to_pandas()[["round", "long"]].to_numpy(copy=True)
        harm[:40] *= 0.9
        odd = write(tmp_path / "odd", harm, [f"blob-{k:04d}" for k in range(600)], names=("round", "long"))
        assert self.told(tmp_path / "H", *blobs, odd)["violations"] == 40
        assert "40 galaxies of the blend break the sums" in capsys.readouterr().err

    def test_rows_that_are_not_ok_are_not_fitted_to(self, blobs, tmp_path):
        values = np.random.default_rng(1).dirichlet([1, 1], 600)
        ids, bad = [f"blob-{k:04d}" for k in range(600)], [(k, "failed") for k in range(100)]
        poor = write(tmp_path / "holes", values, ids, names=("round", "long"), bad=bad)
        words = ["kind=shared", "split=all", "failures.limit=1"]
        found = self.told(tmp_path / "G", blobs[0], poor, words=words)
        assert found["fitted"]["n"] + found["held_out"]["n"] == 500

    def test_the_mean_needs_no_labels_even_where_a_data_set_is_chosen(self, blobs, tmp_path, capsys):
        """A format may need the data set, as for a submission."""
        found = self.told(tmp_path / "G", *blobs, words=["split=test"])
        assert "the blend is not measured: None of the 0 galaxies" in capsys.readouterr().err
        assert "fitted" not in found and found["kind"] == "uniform"

    def test_galaxies_without_labels_are_no_ground_for_weights(self, blobs, tmp_path, capsys):
        assert run(tmp_path / "G", *blobs, words=["kind=shared", "dataset.size=600", "split=test"]) == 2
        assert "None of the 0 galaxies of the split test has a label" in capsys.readouterr().err
        folders = [write(tmp_path / f"{k}", np.full((2, 2), k), ["x", "y"], names=("round", "long")) for k in (0, 1)]
        assert run(tmp_path / "G", *folders, words=["kind=shared"]) == 2
        assert "0 galaxies of the catalogues are ok and among the" in capsys.readouterr().err
        assert not (tmp_path / "G").exists()


def test_catalogues_of_one_run_with_and_without_averaging_blend_on_the_runs_own_labels(toy_run, tmp_path, capsys):
    for name in ("none", "rolls"):
        assert compose.run_hydra("predict", [f"run={toy_run}", f"out={tmp_path / name}", f"tta={name}"]) == 0
    words = ["kind=shared", f"run={toy_run}"]
    assert run(tmp_path / "G", tmp_path / "none", tmp_path / "rolls", words=words) == 0
    told = capsys.readouterr()
    assert "joined by object_id alone" not in told.err and told.out.splitlines()[-1] == str(tmp_path / "G")
    found = json.loads((tmp_path / "G" / "blend.json").read_text())
    assert found["labels"]["name"] == "blobs" and found["labels"]["split"] == "validation"


def test_the_ids_of_a_large_catalogue_are_read_where_they_are_looked_at(tmp_path, monkeypatch):
    member = Member(write(tmp_path / "A", fractions(0), per_shard=50))
    ids = Ids(member)
    read, real = [], member._id_column
    monkeypatch.setattr(member, "_id_column", lambda number: read.append(number) or real(number))
    assert len(ids) == ROWS and ids[0] == IDS[0] and ids[127] == IDS[127] and ids[49:51] == IDS[49:51]
    assert read == [0, 2, 0, 1] and member.rows(0, ROWS)["object_id"].to_pylist() == IDS


class TestTruth:
    """Labels as numbers that predictions are compared with."""

    def test_classes_are_ones_and_zeros(self):
        found = as_numbers(Classes(("a", "b", "c")), np.array([1, -1]))
        np.testing.assert_array_equal(found, [[0, 1, 0], [np.nan] * 3])

    def test_votes_are_shares_of_their_question(self):
        votes = VoteCounts((Question("q", ("a", "b")), Question("r", ("c", "d", "e"), parent="a")))
        found = as_numbers(votes, np.array([[3, 1, 1, 1, 2], [0, 4, 0, 0, 0]]))
        np.testing.assert_array_equal(found, [[0.75, 0.25, 0.25, 0.25, 0.5], [0, 1, np.nan, np.nan, np.nan]])

    def test_halves_depend_on_id_and_seed_only(self):
        ids = [f"g{k}" for k in range(1000)]
        first = dict(zip(ids, blend_labels.halves(ids, 0), strict=True))
        assert [first[i] for i in ids[::-3]] == blend_labels.halves(ids[::-3], 0).tolist()
        assert 400 < sum(first.values()) < 600 and list(first.values()) != blend_labels.halves(ids, 1).tolist()


@pytest.mark.parametrize(
    "typed, paths",
    [
        ("[a,b]", ["a", "b"]),
        ("a, b", ["a", "b"]),
        ("['a,b', \"c d\",e f]", ["a,b", "c d", "e f"]),
        ("[it's,b=c,(d)]", ["it's", "b=c", "(d)"]),
        ("[]", []),
    ],
)
def test_a_list_of_paths_is_read_as_typed(typed, paths):
    assert words.path_list(typed) == paths
