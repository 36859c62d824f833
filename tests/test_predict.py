"""Laws of `zoo predict`: one row per galaxy, whatever its image is and whatever happens on the way."""

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import catalogue_killer
import numpy as np
import pytest
import torch
import yaml
from astropy.io import fits
from pages import ROOT, blocks
from PIL import Image

from zoo import atomic, build, compose, plain, weights
from zoo.catalogue import Catalogue
from zoo.dataset import Dataset
from zoo.run import Run


def predict(run: Path, out: Path, *words: str) -> int:
    """The exit code of the command."""
    return compose.run_hydra("predict", [f"run={run}", f"out={out}", "batch_size=16", *words])


def predicted(run: Path, out: Path, *words: str) -> Catalogue:
    assert predict(run, out, *words) == 0
    return Catalogue(out)


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_the_catalogue_is_what_the_model_says_of_each_galaxy(toy_run: Path, tmp_path: Path, capsys):
    found = predicted(toy_run, tmp_path / "G", "catalogue.rows_per_shard=50")
    assert capsys.readouterr().out == f"{tmp_path / 'G'}\n"
    run = Run.open(toy_run)
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    table = found.to_pandas()
    assert table["object_id"].tolist() == dataset.table["object_id"].tolist()
    for k in range(len(dataset)):
        columns = model.predict(dataset[k].image[None])
        np.testing.assert_allclose(
            table.loc[k, list(columns)].to_numpy(float), [float(v) for v in columns.values()], atol=1e-6
        )
    assert set(table["status"]) == {"ok"} and set(table["error_code"]) == {""}
    assert [len(shard) for shard in found.shards()] == [50, 50, 28]


def test_the_page_of_the_first_galaxy_ends_with_a_model_that_answers_for_a_picture(
    toy_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUN", str(toy_run))
    Image.new("RGB", (12, 12), "white").save("galaxy.jpg")
    *_, last = blocks(ROOT / "docs" / "first_galaxy.md")
    told: dict[str, object] = {}
    exec(last.text, told)
    assert {name: tuple(values.shape) for name, values in told["columns"].items()} == {"round": (1,), "long": (1,)}


def test_predictions_are_averaged_over_the_named_grid(toy_run: Path, tmp_path: Path):
    run = Run.open(toy_run)
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    table = predicted(toy_run, tmp_path / "G", "tta=rolls", "split=validation").to_pandas()
    rows = np.flatnonzero(dataset.table["split"] == "validation")
    images = torch.stack([dataset[k].image for k in rows])
    with torch.no_grad():
        views = [model.head.predict(model(images, p))["round"] for p in model.augmenter.grid("rolls")]
    np.testing.assert_allclose(table["round"], torch.stack(views).mean(0), atol=1e-6)


def test_several_splits_make_one_catalogue_in_the_order_of_the_table(toy_run: Path, tmp_path: Path, capsys):
    one = predicted(toy_run, tmp_path / "one", "split=[validation]").to_pandas()
    both = predicted(toy_run, tmp_path / "both", "split=[validation,train]").to_pandas()
    assert 0 < len(one) < len(both) == 128 and both["object_id"].is_monotonic_increasing
    assert predict(toy_run, tmp_path / "G", "split=[]") == 2
    assert "None of the 128 galaxies has split=[] (" in capsys.readouterr().err
    assert predict(toy_run, tmp_path / "G", "split=[validation,test]") == 2
    assert "None of the 128 galaxies has split=test" in capsys.readouterr().err and not (tmp_path / "G").exists()


def test_an_unknown_grid_is_refused_before_a_folder_is_made(toy_run: Path, tmp_path: Path, capsys):
    assert predict(toy_run, tmp_path / "G", "tta=nowhere") == 2
    assert "There is no grid 'nowhere'" in capsys.readouterr().err and not (tmp_path / "G").exists()


def test_the_runs_own_galaxies_are_the_default_and_single_keys_change_them(toy_run: Path, tmp_path: Path):
    assert len(predicted(toy_run, tmp_path / "own")) == 128
    assert len(predicted(toy_run, tmp_path / "fifty", "dataset.size=50")) == 50


def test_a_run_folder_with_blanks_and_quotes_in_its_name_is_found(toy_run: Path, tmp_path: Path):
    folder = tmp_path / "it's a run, {really}"
    folder.symlink_to(toy_run)
    assert len(predicted(folder, tmp_path / "G's = [1]", "dataset.size=20")) == 20


def test_the_same_command_again_touches_nothing(toy_run: Path, tmp_path: Path):
    """R03."""
    words = ("format=csv", "catalogue.rows_per_shard=50")
    before = marks(predicted(toy_run, tmp_path / "G", *words).folder)
    predicted(toy_run, tmp_path / "G", *words)
    assert marks(tmp_path / "G") == before


def test_a_killed_catalogue_goes_on_behind_its_shards_and_ends_with_the_same_bytes(toy_run: Path, tmp_path: Path):
    """R01, R02 through the command itself."""
    words = ("catalogue.rows_per_shard=30", "tta=rolls")
    undisturbed, folder = predicted(toy_run, tmp_path / "whole", *words), tmp_path / "G"
    command = [sys.executable, "-m", "zoo.cli", "predict", f"run={toy_run}", f"out={folder}", "batch_size=16", *words]
    killed = subprocess.run(command, env={**os.environ, "ZOO_FAILPOINT": "shard.half:kill:3"}, capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    before = marks(folder)
    predicted(toy_run, folder, *words)
    after = marks(folder)
    assert catalogue_killer.left(folder) == catalogue_killer.left(undisturbed.folder)
    assert all(after[name] == before[name] for name in ("part-00000.parquet", "part-00001.parquet"))


def test_a_reader_in_another_process_changes_no_byte(toy_run: Path, tmp_path: Path):
    """R07."""
    words = ("catalogue.rows_per_shard=50", "dataset.size=70")
    one = predicted(toy_run, tmp_path / "one", *words).folder
    two = predicted(toy_run, tmp_path / "two", *words, "workers=1").folder
    assert catalogue_killer.left(one) == catalogue_killer.left(two)


def test_a_stop_leaves_whole_shards_and_says_how_to_go_on(toy_run: Path, tmp_path: Path, monkeypatch, capsys):
    """R20: SIGTERM comes while the third batch is read."""
    visits = itertools.count(1)
    monkeypatch.setattr("zoo.datamodule.fp", lambda name: next(visits) == 40 and os.kill(os.getpid(), signal.SIGTERM))
    assert predict(toy_run, tmp_path / "G", "catalogue.rows_per_shard=16") == 75
    assert "the finished shards are kept: repeat the command to go on" in capsys.readouterr().err
    monkeypatch.undo()
    assert 0 < len(Catalogue(tmp_path / "G")) < 128
    assert len(predicted(toy_run, tmp_path / "G", "catalogue.rows_per_shard=16")) == 128


def test_a_catalogue_of_other_weights_is_not_continued(toy_run: Path, tmp_path: Path, capsys):
    """R10."""
    predicted(toy_run, tmp_path / "G", "dataset.size=20")
    other = copy(toy_run, tmp_path / "other", lambda tensor: tensor + 1)
    assert predict(other, tmp_path / "G", "dataset.size=20") == 2
    assert "holds another catalogue (weights: " in capsys.readouterr().err


def copy(run: Path, folder: Path, change) -> Path:
    """A run with other weights."""
    folder.mkdir()
    for name in ("choices.yaml", "config.yaml", "status.json"):
        (folder / name).write_text((run / name).read_text())
    tensors = weights.read(run / "model.safetensors")
    digest = weights.write(folder / "model.safetensors", {name: change(t) for name, t in tensors.items()})
    atomic.write_json(folder / "model.json", plain.read(run / "model.json") | {"sha256": digest})
    return folder


def test_predictions_that_are_no_numbers_are_marked_and_too_many_end_with_exit_code_4(
    toy_run: Path, tmp_path: Path, capsys
):
    """R16."""
    poisoned = copy(toy_run, tmp_path / "poisoned", lambda tensor: tensor * float("nan"))
    assert predict(poisoned, tmp_path / "G", "dataset.size=20") == 4
    said = capsys.readouterr()
    assert "20 of 20 rows are not ok, more than failures.limit=0.01" in said.err and said.out == f"{tmp_path / 'G'}\n"
    table = Catalogue(tmp_path / "G").to_pandas()
    assert set(table["status"]) == {"non_finite"} and set(table["error_code"]) == {"E-NONFINITE"}
    assert predict(poisoned, tmp_path / "G", "dataset.size=20", "failures.limit=1") == 0


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def headless(path: Path) -> None:
    path.write_bytes(b"\0" * 300)


def page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>404 Not Found</body></html>")


def words(path: Path) -> None:
    path.write_text("this is a text")


def postscript(path: Path) -> None:
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 12 12\nshowpage\n")


def gif(path: Path) -> None:
    Image.new("RGB", (12, 12)).save(path, format="GIF")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


KINDS = (truncated, headless, page, words, postscript, gif, cut_short)


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """A table of 700 galaxies of 12 px with positions."""
    folder = tmp_path / "survey"
    (folder / "images").mkdir(parents=True)
    chance, lines = np.random.default_rng(0), ["object_id,shape,ra,dec"]
    for k in range(700):
        pixels = chance.integers(0, 255, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"g{k}.jpg")
        lines.append(f"g{k},{('round', 'long')[k % 2]},{k * 0.5},{k * 0.1 - 30}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def of(survey: Path) -> list[str]:
    columns = {"label": "shape", "ra": "ra", "dec": "dec"}
    return ["dataset=table", f"dataset.table={survey}/labels.csv", *[f"dataset.{k}={v}" for k, v in columns.items()]]


def test_every_kind_of_bad_image_costs_its_row_and_nothing_else(toy_run: Path, survey: Path, tmp_path: Path, capsys):
    """R04: seven kinds, one percent of the rows."""
    whole = predicted(toy_run, tmp_path / "whole", *of(survey)).to_pandas()
    for number, harm in enumerate(KINDS):
        harm(survey / "images" / f"g{100 * number}.jpg")
    capsys.readouterr()
    table = predicted(toy_run, tmp_path / "G", *of(survey)).to_pandas()
    assert "693 ok" in (said := capsys.readouterr().err) and "7 failed" in said
    bad = table[table["status"] == "failed"]
    assert bad["object_id"].tolist() == [f"g{100 * k}" for k in range(7)]
    assert bad[["round", "long"]].isna().all(axis=None) and all(bad["error_code"].str.startswith("E-"))
    good = table["status"] == "ok"
    assert table[good].equals(whole[good.to_numpy()])


def test_too_many_bad_images_end_with_exit_code_4_and_a_complete_catalogue(toy_run: Path, survey: Path, tmp_path: Path):
    """R04, D33."""
    for k in range(8):
        truncated(survey / "images" / f"g{k}.jpg")
    assert predict(toy_run, tmp_path / "G", *of(survey)) == 4
    assert Catalogue(tmp_path / "G").complete and len(Catalogue(tmp_path / "G")) == 700
    assert predict(toy_run, tmp_path / "G", *of(survey)) == 4, "the state has not changed, nor may the answer"


def test_a_batch_without_any_usable_image_fails_row_by_row(toy_run: Path, survey: Path, tmp_path: Path):
    for k in range(16):
        page(survey / "images" / f"g{k}.jpg")
    table = predicted(toy_run, tmp_path / "G", *of(survey), "failures.limit=0.1").to_pandas()
    assert (table["status"][:16] == "failed").all() and (table["status"][16:] == "ok").all()


def test_d33_a_catalogue_stops_at_a_hundred_bad_images_in_a_row_and_again_when_it_is_repeated(
    toy_run: Path, survey: Path, tmp_path: Path, capsys
):
    """Also where a finished shard holds half of them."""
    for k in range(20, 120):
        page(survey / "images" / f"g{k}.jpg")
    for _ in range(2):
        assert predict(toy_run, tmp_path / "G", *of(survey), "failures.limit=1", "catalogue.rows_per_shard=64") == 2
        said = capsys.readouterr().err
        assert "100 galaxies in a row cannot be used, up to g119: " in said and "[E-ROWS-FAILED]" in said
        assert len(Catalogue(tmp_path / "G")) == 64
    words = ("failures.limit=1", "catalogue.rows_per_shard=64", "failures.in_a_row=101")
    assert len(predicted(toy_run, tmp_path / "G", *of(survey), *words)) == 700


def test_d33_an_evaluation_leaves_out_what_cannot_be_used_and_refuses_more_than_the_limit(
    toy_run: Path, survey: Path, capsys
):
    def evaluated() -> int:
        return compose.run_hydra("evaluate", [f"run={toy_run}", *of(survey), "split=all", "resamples=2"])

    for k in range(7):
        truncated(survey / "images" / f"g{90 * k}.jpg")
    assert evaluated() == 0
    path = Path(capsys.readouterr().out.splitlines()[-1])
    result = json.loads(path.read_text())
    assert result["n"] == 693 and result["left_out"] == [f"g{90 * k}" for k in range(7)]
    path.unlink()
    truncated(survey / "images" / "g1.jpg")
    assert evaluated() == 2
    said = capsys.readouterr()
    assert "8 of 700 galaxies cannot be used, more than failures.limit=0.01, first g0: " in said.err and not said.out


def test_positions_stand_beside_the_predictions(toy_run: Path, survey: Path, tmp_path: Path):
    table = predicted(toy_run, tmp_path / "G", *of(survey), "catalogue.rows_per_shard=300").to_pandas()
    np.testing.assert_array_equal(table["ra"], np.arange(700) * 0.5)
    np.testing.assert_allclose(table["dec"], np.arange(700) * 0.1 - 30, rtol=1e-12)


def test_licence_citation_seed_and_date_go_where_people_look(toy_run: Path, tmp_path: Path, monkeypatch):
    """Surveys.md 5.4. What is not known is not said, and no file that is compared byte by byte says when."""
    monkeypatch.setattr(Dataset, "credits", {"licence": "CC BY", "citation": None})
    made = predicted(toy_run, tmp_path / "G", "format=fits")
    assert made.manifest["inputs"]["credits"] == {"licence": "CC BY"} and made.manifest["inputs"]["seed"] == 3
    header = fits.getheader(made.folder / "catalogue.fits", 1)
    assert header["LICENSE"] == "CC BY" and "REFERENC" not in header and header["DATE"] == made.created
    assert "seed: 3" in list(header["COMMENT"]) and header["CREATOR"].startswith("galaxy-model-zoo 0")
    year = made.created[:4].encode() + b"-"
    assert not any(year in path.read_bytes() for path in [*made.paths, made.folder / "manifest.json"])


def test_the_manifest_knows_no_folder_of_this_machine(toy_run: Path, survey: Path, tmp_path: Path):
    text = (predicted(toy_run, tmp_path / "G", *of(survey)).folder / "manifest.json").read_text()
    assert str(tmp_path) not in text and str(toy_run) not in text
    assert json.loads(text)["inputs"]["model"]["head"] == {"name": "logistic", "provider": "zoo-toy", "version": "1.0"}


@pytest.mark.parametrize(
    "word, said",
    [
        ("catalogue.rows_per_shard=0", "catalogue.rows_per_shard=0 leaves no room for a galaxy: take 1 or more"),
        ("batch_size=0", "batch_size=0 leaves no room for a galaxy: take 1 or more"),
        ("split=nowhere", "None of the 128 galaxies has split=nowhere (there are "),
        ("device=abacus", "device=abacus is unknown: choose auto, cpu or cuda"),
        ("precision=half", "precision=half is unknown: choose float32 or bfloat16"),
        ("format=papyrus", "No installed package has format=papyrus"),
        ("dataset.galaxies=3", "`dataset.size`"),
        ("run=nowhere", "There is no run folder nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_no_folder(toy_run: Path, tmp_path: Path, capsys, word: str, said: str):
    assert predict(toy_run, tmp_path / "G", word) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and not (tmp_path / "G").exists()


def test_a_run_folder_whose_values_are_interpolations_is_refused(toy_run: Path, tmp_path: Path, capsys, monkeypatch):
    """C08: a run folder that someone else wrote reads no variable of this machine."""
    monkeypatch.setenv("SECRET", "a-planted-secret")
    shared = copy(toy_run, tmp_path / "shared", lambda tensor: tensor)
    config = plain.read(shared / "config.yaml")
    config["dataset"]["size"] = "${oc.env:SECRET}"
    (shared / "config.yaml").write_text(yaml.safe_dump(config))
    assert predict(shared, tmp_path / "G") == 2
    said = capsys.readouterr().err
    assert "never interpolations" in said and "a-planted-secret" not in said
