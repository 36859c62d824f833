"""Laws of `zoo embed` and `zoo similar`: features are what the last layer sees, and the nearest are the nearest."""

import itertools
import os
import signal
from pathlib import Path

import catalogue_killer
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from test_predict import copy

from zoo import build, compose, embedding, neighbours
from zoo.catalogue import Catalogue
from zoo.embedding import Embedding
from zoo.errors import DataError, ZooError
from zoo.run import Run


def embed(run: Path, out: Path, *words: str) -> int:
    """The exit code of the command."""
    return compose.run_hydra("embed", [f"run={run}", f"out={out}", "batch_size=16", *words])


@pytest.fixture(scope="module")
def embedded(toy_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The features of all galaxies of the toy, in three shards."""
    folder = tmp_path_factory.mktemp("embedded") / "E"
    assert embed(toy_run, folder, "catalogue.rows_per_shard=50", "format=projector") == 0
    return folder


def scattered(number: int = 300, width: int = 8) -> Embedding:
    """Galaxies with random features."""
    features = np.random.default_rng(0).normal(size=(number, width)).astype(np.float32)
    nothing = [""] * number
    return Embedding([f"g{k}" for k in range(number)], features, nothing, nothing)


def test_features_are_what_the_last_layer_sees(embedded: Path, toy_run: Path):
    run, known = Run.open(toy_run), embedding.read(embedded)
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    with torch.no_grad():
        outputs = model.head.last(torch.from_numpy(known.features)).softmax(1)
        images = torch.stack([dataset[k].image for k in range(len(dataset))])
    np.testing.assert_allclose(outputs[:, 0], model.predict(images)["round"], atol=1e-6)
    assert known.object_ids == dataset.table["object_id"].tolist()
    assert known.splits == dataset.table["split"].tolist()
    assert known.labels == [("round", "long")[k] for k in dataset.targets]


def test_features_are_averaged_over_the_named_grid(toy_run: Path, tmp_path: Path):
    assert embed(toy_run, tmp_path / "E", "tta=rolls", "split=validation") == 0
    run, known = Run.open(toy_run), embedding.read(tmp_path / "E")
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    rows = np.flatnonzero(dataset.table["split"] == "validation")
    images = torch.stack([dataset[k].image for k in rows])
    with torch.no_grad():
        views = [model.backbone(model.augmenter.views(images, p)) for p in model.augmenter.grid("rolls")]
    np.testing.assert_allclose(known.features, torch.stack(views).mean(0), atol=1e-6)


def test_stopped_features_go_on_behind_their_shards_and_end_with_the_same_bytes(
    embedded: Path, toy_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    visits = itertools.count(1)
    monkeypatch.setattr("zoo.datamodule.fp", lambda name: next(visits) == 60 and os.kill(os.getpid(), signal.SIGTERM))
    words = ["catalogue.rows_per_shard=50", "format=projector"]
    assert embed(toy_run, tmp_path / "E", *words) == 75
    monkeypatch.undo()
    with pytest.raises(DataError, match="is incomplete: repeat the `zoo embed` command"):
        embedding.read(tmp_path / "E")
    first = (tmp_path / "E" / "part-00000.parquet").stat().st_mtime_ns
    assert embed(toy_run, tmp_path / "E", *words) == 0
    assert catalogue_killer.left(tmp_path / "E") == catalogue_killer.left(embedded)
    assert (tmp_path / "E" / "part-00000.parquet").stat().st_mtime_ns == first


def test_predictions_and_features_do_not_share_a_folder(embedded: Path, toy_run: Path, capsys):
    words = [f"run={toy_run}", f"out={embedded}", "batch_size=16", "catalogue.rows_per_shard=50"]
    assert compose.run_hydra("predict", words) == 2
    assert "holds another catalogue (contents: features, not None)" in capsys.readouterr().err


def test_features_without_numbers_are_marked_and_left_out(toy_run: Path, tmp_path: Path, capsys):
    poisoned = copy(toy_run, tmp_path / "poisoned", lambda tensor: tensor * float("nan"))
    assert embed(poisoned, tmp_path / "E", "dataset.size=20") == 4
    table = Catalogue(tmp_path / "E").to_pandas()
    assert set(table["status"]) == {"non_finite"} and set(table["error_code"]) == {"E-NONFINITE"}
    assert len(embedding.read(tmp_path / "E")) == 0
    assert "20 of 20 galaxies" in capsys.readouterr().err


def test_formats_with_one_number_per_cell_refuse_vectors(toy_run: Path, tmp_path: Path, capsys):
    for name in ("csv", "votable", "fits"):
        assert embed(toy_run, tmp_path / "E", f"format={name}", "dataset.size=20") == 2
        assert f"format={name} has one number per cell, and features in " in capsys.readouterr().err


def test_the_projector_is_told_vectors_words_and_pictures_of_the_same_galaxies(embedded: Path):
    known = embedding.read(embedded)
    vectors = [line.split("\t") for line in (embedded / "tensors.tsv").read_text().splitlines()]
    assert np.array_equal(np.array(vectors, np.float32), known.features)
    heading, *lines = (embedded / "metadata.tsv").read_text().splitlines()
    assert heading.split("\t") == ["object_id", "split", "label"]
    assert lines == ["\t".join(row) for row in zip(known.object_ids, known.splits, known.labels, strict=True)]
    with Image.open(embedded / "sprite.png") as sprite:
        assert sprite.size == (12 * 64, 12 * 64)  # 128 galaxies in a square
        pixels = np.asarray(sprite)
    assert pixels[:64, :64].any() and pixels[10 * 64 :, 8 * 64 :].max() == 0
    told = (embedded / "projector_config.pbtxt").read_text()
    assert told.count("single_image_dim: 64") == 2 and 'tensor_path: "tensors.tsv"' in told


@pytest.mark.parametrize("distance", neighbours.DISTANCES)
def test_the_nearest_are_those_of_a_slow_search(distance: str):
    known = scattered()
    points = known.features.astype(float)
    if distance == "cosine":
        slow = [1 - p @ points[7] / np.linalg.norm(p) / np.linalg.norm(points[7]) for p in points]
    else:
        slow = [np.sqrt(sum((p - points[7]) ** 2)) for p in points]
    rows, distances = neighbours.nearest(known, 7, 12, distance)
    assert rows.tolist() == [k for k in np.argsort(slow) if k != 7][:12]
    np.testing.assert_allclose(distances, sorted(slow)[1:13], rtol=1e-5)


def test_an_index_finds_what_a_search_of_all_finds_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("faiss", reason="faiss is an optional package, the extra `search`")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    known = scattered(2000)
    for distance in neighbours.DISTANCES:
        rows, distances = neighbours.nearest(known, 5, 12, distance)
        found, away = neighbours.nearest(known, 5, 12, distance, many=1000)
        assert len({*found.tolist()} & {*rows.tolist()}) >= 11 and 5 not in found
        assert distances[0] == pytest.approx(away[0], rel=1e-4)
    (kept,) = tmp_path.glob("neighbours/*-cosine.faiss")
    before = kept.stat().st_mtime_ns
    assert neighbours.nearest(known, 5, 12, "cosine", many=1000)[0].size == 12
    assert kept.stat().st_mtime_ns == before


def test_galaxies_of_equal_features_come_in_the_order_of_the_table():
    same = Embedding(["a", "b", "c", "d"], np.ones((4, 3), np.float32), [""] * 4, [""] * 4)
    rows, distances = neighbours.nearest(same, 2, 9, "cosine")
    assert rows.tolist() == [0, 1, 3] and distances.tolist() == [0, 0, 0]


def test_similar_galaxies_are_a_table_and_a_sheet_and_features_are_made_once(toy_run: Path, tmp_path: Path, capsys):
    words = [f"run={toy_run}", "object_id=blob-0003", "n=5", f"out={tmp_path / 'sheet.png'}", "batch_size=16"]
    assert compose.run_hydra("similar", words) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].split()[:2] == ["blob-0003", "0"] and told[2].split()[0] == "1" and len(told) == 9
    assert told[-1] == str(tmp_path / "sheet.png")
    with Image.open(told[-1]) as sheet:
        assert min(sheet.size) > 100
    (folder,) = (toy_run / "embeddings").iterdir()
    before = (folder / "part-00000.parquet").stat().st_mtime_ns
    assert compose.run_hydra("similar", words) == 0
    assert (folder / "part-00000.parquet").stat().st_mtime_ns == before
    assert capsys.readouterr().out.splitlines() == told


def test_features_alone_give_a_table_without_a_sheet(embedded: Path, tmp_path: Path, capsys):
    sheet = tmp_path / "sheet.png"
    assert compose.run_hydra("similar", [f"embeddings={embedded}", "object_id=blob-0003", f"out={sheet}"]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 14 and not sheet.exists()
    assert "no sheet is drawn without images: add run=… or dataset=…" in said.err


def test_an_id_that_looks_like_a_number_stays_a_text(tmp_path: Path, capsys):
    ids = pa.array(["0012", "12", "1e2"])
    features = pa.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], pa.list_(pa.float32()))
    pq.write_table(pa.table({"object_id": ids, "features": features}), tmp_path / "E.parquet")
    for wanted in ids.to_pylist():
        words = [f"embeddings={tmp_path / 'E.parquet'}", f"object_id={wanted}", "n=1"]
        assert compose.run_hydra("similar", words) == 0
        assert capsys.readouterr().out.splitlines()[1].split()[0] == wanted


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("object_id=blob-003", "is none of the 128 galaxies that have features; the nearest are blob-"),
        ("object_id=blob-0003 distance=far", "distance=far is unknown: choose cosine or euclidean."),
        ("object_id=blob-0003 n=0", "n=0 leaves nothing to find: take 1 or more."),
        ("object_id=blob-0003 embeddings=null", "Name run=FOLDER, a training, or embeddings=FOLDER, what `zoo embed`"),
        ("", "zoo similar needs object_id=…"),
    ],
)
def test_a_refusal_is_one_sentence(embedded: Path, capsys, words: str, line: str):
    typed = [] if "embeddings=" in words else [f"embeddings={embedded}"]
    assert compose.run_hydra("similar", [*typed, *words.split()]) == 2
    said = capsys.readouterr()
    assert line in said.err and said.err.count("\n") == 1 and said.out == ""


def test_a_table_without_features_says_what_is_missing(tmp_path: Path):
    def refusal(columns: dict[str, list]) -> str:
        pq.write_table(pa.table(columns), tmp_path / "E.parquet")
        with pytest.raises(ZooError) as told:
            embedding.read(tmp_path / "E.parquet")
        return str(told.value)

    assert "has no column features" in refusal({"object_id": ["a"]})
    assert "has features of 2 lengths" in refusal({"object_id": ["a", "b"], "features": [[1.0], [1.0, 2.0]]})
    (tmp_path / "E.parquet").write_text("no table")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        embedding.read(tmp_path / "E.parquet")
