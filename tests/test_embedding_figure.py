"""Laws of the map of galaxies: places are those of the method, and the page needs nothing but itself."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zoo import compose, embedding, projection
from zoo.errors import ZooError
from zoo.figures import embedding as figure
from zoo.figures import embedding_page

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")
OPTIONS = {"perplexity": 5.0, "learning_rate": 10.0, "iterations": 1000}
KINDS = {"long": "#0072B2", "</script><b>": "#D55E00"}


def clusters(galaxies: int = 40, width: int = 6) -> np.ndarray:
    """Two clouds that lie far apart."""
    random = np.random.default_rng(1).normal(size=(galaxies, width))
    random[::2, 0] += 30
    return random.astype(np.float32)


@pytest.fixture(scope="module")
def embedded(toy_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The features of forty galaxies of the toy."""
    folder = tmp_path_factory.mktemp("embedded") / "E"
    assert compose.run_hydra("embed", [f"run={toy_run}", f"out={folder}", "dataset.size=40"]) == 0
    return folder


def table() -> pd.DataFrame:
    """Four galaxies in space, one with an id that would end a script."""
    ids, labels = ["a", "b b", "<!--", "d"], ["long", "</script><b>", "long", "long"]
    places = {"x": [0.0, 2, 4, 1], "y": [0.0, 1, 2, 5], "z": [1.0, 1, 1, 2]}
    return pd.DataFrame({"object_id": ids, "label": labels, **places})


def test_principal_components_keep_distances_and_their_order():
    features = clusters()
    places = projection.pca(features, 6)
    far = np.linalg.norm(features[0] - features[7])
    assert np.linalg.norm(places[0] - places[7]) == pytest.approx(far, rel=1e-5)
    assert (np.diff(places.std(axis=0)) < 0).all()
    assert (places.max(axis=0) >= -places.min(axis=0)).all()
    np.testing.assert_allclose(projection.pca(features, 2), places[:, :2])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_t_sne_keeps_clouds_apart_and_comes_again(dimensions: int):
    pytest.importorskip("sklearn", reason="scikit-learn is an optional package, the extra `map`")
    one, again = (projection.tsne(clusters(), dimensions, seed=3, **OPTIONS) for _ in range(2))
    assert one.shape == (40, dimensions) and np.array_equal(one, again)
    distances = np.linalg.norm(one[:, None] - one, axis=2) + np.diag([np.inf] * 40)
    assert np.mean(distances.argmin(axis=1) % 2 == np.arange(40) % 2) > 0.9, "neighbours are of one cloud"


def test_the_published_settings_are_the_defaults():
    """Spec G26."""
    values = compose.part_values("figure", "embedding")
    assert {key: values[key] for key in ("method", "dimensions", "perplexity", "learning_rate", "iterations")} == {
        "method": "tsne", "dimensions": 3, "perplexity": 30, "learning_rate": 10, "iterations": 10_000,
    }  # fmt: skip
    assert (values["elevation"], values["azimuth"]) == (12, -88)


def test_a_map_is_four_files_that_tell_of_the_same_galaxies(embedded: Path, toy_run: Path, tmp_path: Path):
    words = ["embedding", f"embeddings={embedded}", f"run={toy_run}", "dataset.size=40", f"out={tmp_path}"]
    assert compose.run_hydra("figure", [*words, "method=pca"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"embedding.{kind}" for kind in ("png", "svg", "csv", "html")}
    numbers = pd.read_csv(tmp_path / "embedding.csv")
    known = embedding.read(embedded)
    np.testing.assert_allclose(numbers[["x", "y", "z"]], projection.pca(known.features, 3))
    assert numbers["label"].tolist() == known.labels
    told = data((tmp_path / "embedding.html").read_text())
    assert told["ids"] == numbers["object_id"].tolist() and told["sprite"].startswith("data:image/jpeg;base64,")
    assert [told["names"][kind] for kind in told["kinds"]] == known.labels


def data(page: str) -> dict:
    """What a page holds of its galaxies."""
    (text,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def test_several_sets_share_a_map_and_have_colours_of_their_own(embedded: Path, tmp_path: Path):
    other = tmp_path / "other.parquet"
    pq.write_table(pq.read_table(sorted(embedded.glob("*.parquet"))[0]).slice(0, 7), other)
    words = ["embedding", f"embeddings={embedded}", f"others=['{other}']", "method=pca", f"out={tmp_path / 'out'}"]
    assert compose.run_hydra("figure", [*words, "colour=set"]) == 0
    numbers = pd.read_csv(tmp_path / "out/embedding.csv")
    assert numbers["set"].tolist() == ["E"] * 40 + ["other.parquet"] * 7
    first = numbers[numbers["set"] == "E"].head(7).drop(columns="set")
    pd.testing.assert_frame_equal(first, numbers.tail(7).drop(columns="set").reset_index(drop=True))
    told = data((tmp_path / "out/embedding.html").read_text())
    assert told["names"] == ["E", "other.parquet"] and len(set(told["colours"])) == 2


def test_sets_of_models_with_other_features_make_no_map(embedded: Path, tmp_path: Path):
    narrow = pa.table({"object_id": ["a", "b"], "features": [[1.0], [2.0]]})
    pq.write_table(narrow, tmp_path / "narrow.parquet")
    with pytest.raises(ZooError, match="has 1 features a galaxy and .* has 4: embed all sets with one run"):
        embedding.joined([embedded, tmp_path / "narrow.parquet"])


def test_a_page_asks_nothing_of_the_world_and_no_name_becomes_code():
    page = embedding_page.page(table(), "label", KINDS, "A <map>", None, 64)
    assert not re.search(r"https?:|//[a-z]|\bsrc=|@import|fetch\(|XMLHttp", page)
    assert data(page)["ids"] == ["a", "b b", "<!--", "d"] and data(page)["names"] == list(KINDS)
    assert "<title>A &lt;map&gt;</title>" in page and "</script><b>" not in page
    places = np.array(data(page)["places"])
    assert np.linalg.norm(places, axis=1).max() == pytest.approx(1, abs=1e-3)


@pytest.mark.skipif(BROWSER is None, reason="no headless browser: install chromium-headless-shell")
def test_a_browser_draws_every_galaxy_and_names_the_marked_one(tmp_path: Path):
    (tmp_path / "map.html").write_text(embedding_page.page(table(), "label", KINDS, "Map", None, 64))
    address = f"{(tmp_path / 'map.html').as_uri()}#b%20b"
    command = [BROWSER, "--no-sandbox", "--disable-gpu", "--dump-dom", address]
    seen = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert 'data-drawn="4"' in seen and 'data-told="b b"' in seen
    assert "b b, &lt;/script&gt;&lt;b&gt;</span>" in seen


def test_galaxies_without_label_stand_back():
    numbers = table().assign(label=["long", "none", "short", "none"])
    assert list(figure.kinds(numbers, "label")) == ["long", "short", "none"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("method=isomap", "method=isomap is unknown: choose pca, tsne, umap."),
        ("dimensions=4", "dimensions=4: a map has 2 or 3."),
        ("colour=size", "colour=size: choose label, split, set."),
        ("perplexity=40", "perplexity=40: 40 galaxies need one above 0 and below their number."),
        ("colour=set", "colour=set needs several sets: name the others as others=[B,C]."),
        ("method=pca galaxies=3", "A map of 3 dimensions needs more than 3 galaxies"),
        ("method=pca embeddings=nowhere", "nowhere cannot be read as Parquet"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_written(
    embedded: Path, tmp_path: Path, capsys, words: str, line: str
):
    typed = [] if "embeddings=" in words else [f"embeddings={embedded}"]
    assert compose.run_hydra("figure", ["embedding", *words.split(), *typed, f"out={tmp_path / 'out'}"]) == 2
    said = capsys.readouterr()
    assert line in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(projection.PACKAGES, "no_such_package", ("umap-learn", "umap"))
    with pytest.raises(
        ZooError, match=r"needs umap-learn, which is not installed: pip install 'galaxy-model-zoo\[umap\]'"
    ):
        projection.imported("no_such_package")
