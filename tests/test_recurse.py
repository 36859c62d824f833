"""Laws of recursive training: who gets a pseudo-label, where it comes from, and that no tested galaxy ever trains."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import stats

from zoo import compose, fit, pseudo_labels, recursion, supplies
from zoo.build import prepared_dataset
from zoo.errors import DataError, Incompatible
from zoo.joined import Joined
from zoo.run import Run
from zoo.table import Table

SPLITS = ["train"] * 24 + ["validation"] * 8 + ["test"] * 8
TOY = ["augmenter=roll", "architecture=convolution", "head=logistic", "batch_size=8", "trainer.accelerator=cpu"]
LENGTH = ["stages.0.epochs=3", "stages.0.steps=null", "stages.0.lr=0.02"]


def blobs(folder: Path, splits: list[str], first: int = 0, **columns: list) -> Path:
    """A table of round and long blobs with an image each; unlabelled ones have a blank class."""
    from zoo_toy.parts import Blobs

    made, ids = Blobs(first + len(splits), None), [f"blob-{first + k:04d}" for k in range(len(splits))]
    (folder / "images").mkdir(parents=True)
    for k, object_id in enumerate(ids):
        Image.fromarray(made[first + k].image.permute(1, 2, 0).numpy()).save(folder / f"images/{object_id}.png")
    classes = ["" if split == "" else ("round", "long")[(first + k) % 2] for k, split in enumerate(splits)]
    split = [name or "unlabelled" for name in splits]
    places = {"ra": [(first + k) * 1.5 for k in range(len(ids))], "dec": [10.0] * len(ids)}
    table = pd.DataFrame({"object_id": ids, "class": classes, "split": split} | places | columns)
    table.to_csv(folder / "table.csv", index=False)
    return folder / "table.csv"


def words(table: Path) -> list[str]:
    """The data set of a table, as it is typed."""
    own = ["label=class", "classes=[round,long]", "split=split", "suffix=.png", "ra=ra", "dec=dec"]
    return ["dataset=table", f"dataset.table={table}", *(f"dataset.{word}" for word in own)]


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory, toy_run: Path) -> dict[str, Path]:
    """Forty labelled blobs and twenty without label, a run on them, and a recursion of two rounds of two models."""
    folder = tmp_path_factory.mktemp("survey")
    table = blobs(folder / "own", [*SPLITS, *[""] * 20])
    cfg = compose.config("train", [*words(table), *TOY, *LENGTH, f"runs={folder / 'runs'}"])
    run = fit.train(fit.prepare(fit.choices_of(cfg.hydra.runtime.choices), fit.values_of(cfg)))
    out = folder / "recursion"
    assert recurse(run.folder, out, "rounds=2", "models=2", "most=3") == 0
    return {"table": table, "run": run.folder, "out": out, "folder": folder}


def recurse(run: Path, out: Path, *typed: str) -> int:
    """The exit code of `zoo recurse`."""
    return compose.run_hydra("recurse", [f"run={run}", f"out={out}", "device=cpu", "resamples=20", *typed])


def test_each_round_adds_the_surest_galaxies_of_each_class_and_says_who_labelled_them(survey) -> None:
    first, second = (pseudo_labels.read(survey["out"] / f"round_{k}/pseudo_labels.parquet")[0] for k in (1, 2))
    assert len(first) <= 6 and (first.groupby("label").size() <= 3).all()
    assert first.equals(second.iloc[: len(first)]), "labels of a round stay"
    assert second["object_id"].is_unique and set(second["round"]) == {1, 2}
    assert all(len(models.split()) == 2 for models in second["models"])
    unlabelled = [f"blob-{k:04d}" for k in range(40, 60)]
    assert set(second["object_id"]) <= set(unlabelled)


def test_the_chosen_are_the_surest_of_the_mean_of_the_models(survey) -> None:
    from zoo.catalogue import Catalogue

    folder = survey["out"] / "round_1"
    tables = [Catalogue(path).to_pandas().set_index("object_id") for path in sorted(folder.glob("catalogue_*"))]
    mean = (tables[0][["round", "long"]] + tables[1][["round", "long"]]) / 2
    chosen = pseudo_labels.read(folder / "pseudo_labels.parquet")[0]
    for name, group in chosen.groupby("label"):
        rest = mean.drop(index=group["object_id"])
        own = rest[rest.idxmax(axis=1) == name]
        assert np.allclose(mean.loc[group["object_id"], name], group["probability"])
        assert own.empty or own[name].max() <= group["probability"].min()


def test_the_report_has_every_model_and_the_summary_tells_gain_from_noise(survey) -> None:
    found = pd.read_csv(survey["out"] / recursion.REPORT)
    assert set(found["round"]) == {0, 1, 2} and found.groupby("round")["seed"].nunique().eq(2).all()
    assert (found["split"] == "test").all() and (found["n"] == 8).all()
    gains = pd.read_csv(survey["out"] / "summary.csv")
    assert gains.loc[gains["round"] == 0, "gain"].eq(0).all()


def test_the_report_is_drawn_with_and_without_published_values(survey, tmp_path: Path) -> None:
    for out, typed in (("bare", []), ("beside", ["published=[{dataset: table, round: 1, value: 0.9, what: theirs}]"])):
        words = ["recursion", f"recursion={survey['out']}", f"out={tmp_path / out}", *typed]
        assert compose.run_hydra("figure", words) == 0
        kinds = {"model", "mean over models", *(["published"] if typed else [])}
        assert set(pd.read_csv(tmp_path / out / "recursion.csv")["kind"]) == kinds


def test_figures_know_the_models_of_each_round_and_their_data_set(survey, tmp_path: Path, capsys) -> None:
    told = {"recursion": str(survey["out"]), "runs": [], "run": None, "device": "cpu"}
    given = supplies.Supplies({"figure": "roc"}, told)
    assert list(given.rounds.values()) == [0, 0, 1, 1, 2, 2] and given.rounds.keys() == given.models.keys()
    assert [run.config["pseudo_labels"] is None for run in given.runs] == [True] * 2 + [False] * 4
    assert compose.run_hydra("figure", ["labels", f"recursion={survey['out']}", f"out={tmp_path}"]) == 0
    assert pd.read_csv(tmp_path / "labels.csv")["galaxies"].tolist() == [40, 40]
    assert compose.run_hydra("figure", ["table_2", f"recursion={survey['out']}", f"out={tmp_path / 'no'}"]) == 2
    assert "The figure table_2 tells no rounds apart: name the models of one round" in capsys.readouterr().err


def test_the_runs_train_with_the_added_galaxies_and_the_same_command_changes_nothing(survey) -> None:
    runs = [Run(path) for path in survey["run"].parent.iterdir() if (path / "choices.yaml").is_file()]
    assert len(runs) == 6
    before = {run.folder: (run.folder / "model.safetensors").stat().st_mtime_ns for run in runs}
    assert recurse(survey["run"], survey["out"], "rounds=2", "models=2", "most=3") == 0
    assert before == {run.folder: (run.folder / "model.safetensors").stat().st_mtime_ns for run in runs}
    one = next(run for run in runs if "round_2" in str(run.config["pseudo_labels"]))
    dataset = prepared_dataset(one.choices, one.config)
    given = pseudo_labels.read(survey["out"] / "round_2/pseudo_labels.parquet")[0]
    assert len(dataset) == 60 and (dataset.table["split"] == "train").sum() == 24 + len(given)


def test_what_is_withdrawn_gets_no_label(survey, tmp_path: Path) -> None:
    first = pseudo_labels.read(survey["out"] / "round_1/pseudo_labels.parquet")[0]["object_id"].tolist()
    typed = f"withdrawn=[{','.join(first)}]"
    assert recurse(survey["run"], tmp_path / "out", "models=2", "most=3", "start=fine_tune", typed) == 0
    again = pseudo_labels.read(tmp_path / "out/round_1/pseudo_labels.parquet")[0]
    assert len(again) and not set(again["object_id"]) & set(first)


def test_galaxies_of_another_data_set_are_added_but_none_that_is_tested_on(survey, tmp_path: Path) -> None:
    """Blob 100 lies where a tested one does, and blob 101 is a copy of a tested image."""
    ra = [32 * 1.5, *(300 + 0.1 * k for k in range(1, 10))]
    other = blobs(tmp_path / "other", [""] * 10, first=100, ra=ra)
    copy = survey["table"].parent / "images/blob-0033.png"
    (tmp_path / "other/images/blob-0101.png").write_bytes(copy.read_bytes())
    assert recurse(survey["run"], tmp_path / "out", *words(other), "models=1", "most=9") == 0
    given = pseudo_labels.read(tmp_path / "out/round_1/pseudo_labels.parquet")[0]["object_id"]
    assert set(given) == {f"blob-{k:04d}" for k in range(102, 110)}


def test_a_round_that_finds_nothing_but_copies_of_tested_images_is_refused(survey, tmp_path: Path, capsys) -> None:
    other = blobs(tmp_path / "other", [""] * 2, first=100)
    copy = (survey["table"].parent / "images/blob-0033.png").read_bytes()
    for number in (100, 101):
        (tmp_path / f"other/images/blob-0{number}.png").write_bytes(copy)
    assert recurse(survey["run"], tmp_path / "out", *words(other), "models=1", "most=9") == 2
    assert "Round 1 finds no galaxy that could get a pseudo-label: take fewer rounds." in capsys.readouterr().err


@pytest.mark.parametrize("added, what", [("blob-0033", "in the data set already"), ("blob-0999", "not have any more")])
def test_a_table_of_other_galaxies_is_refused(survey, tmp_path: Path, added: str, what: str) -> None:
    table, source = pseudo_labels.read(survey["out"] / "round_1/pseudo_labels.parquet")
    doctored = table.assign(object_id=[added, *table["object_id"][1:]])
    pseudo_labels.write(tmp_path / "labels.parquet", doctored, source)
    run = Run(survey["run"])
    with pytest.raises(DataError, match="test on are among those to train" if added == "blob-0033" else what):
        prepared_dataset(run.choices, {**run.config, "pseudo_labels": str(tmp_path / "labels.parquet")})


def test_the_joined_data_set_is_a_data_set(survey) -> None:
    own = table_of(survey["table"])
    joined = Joined(own, own, {"blob-0050": "long", "blob-0041": "round"})
    assert joined.table["object_id"].is_unique and len(joined) == len(own)
    for row, object_id in enumerate(joined.table["object_id"]):
        sample = joined[row]
        assert (sample.object_id, sample.index, sample.target) == (object_id, row, joined.targets[row])
    assert joined[len(joined) - 1].target == 0 and joined.table["split"].iat[-1] == "train"
    assert pickle.loads(pickle.dumps(joined))[3].image.equal(joined[3].image)
    assert joined.fingerprint != Joined(own, own, {"blob-0050": "round", "blob-0041": "round"}).fingerprint


def test_images_of_another_shape_and_strange_labels_are_refused(survey, tmp_path: Path) -> None:
    own = table_of(survey["table"])
    with pytest.raises(Incompatible, match="irregular is none of the classes round, long"):
        Joined(own, own, {"blob-0050": "irregular"})
    other = blobs(tmp_path / "other", [""] * 2, first=100)
    for path in (tmp_path / "other/images").iterdir():
        Image.open(path).resize((14, 14)).save(path)
    with pytest.raises(Incompatible, match="3x14x14 uint8, those of the data set 3x12x12 uint8"):
        Joined(own, table_of(other), {"blob-0100": "round"})


def table_of(path: Path) -> Table:
    """The prepared data set of a table."""
    made = Table(path, label="class", classes=["round", "long"], split="split", suffix=".png", ra="ra", dec="dec")
    made.prepare()
    return made


@pytest.mark.parametrize(
    "typed, words",
    [
        ("rounds=0", "rounds=0: a recursion has at least 1"),
        ("most=0", "most=0: a recursion has at least 1"),
        ("start=cold", "start=cold is unknown: choose fresh or fine_tune"),
        ("split=nowhere", "None of the 60 galaxies has split=nowhere"),
    ],
)
def test_what_means_nothing_is_refused_in_one_sentence(survey, tmp_path: Path, capsys, typed: str, words: str) -> None:
    assert recurse(survey["run"], tmp_path / "out", "models=1", typed) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_ranking_is_by_the_probability_of_the_own_class_and_ties_are_broken_by_id() -> None:
    likely = pd.DataFrame({"a": [0.9, 0.6, 0.9, 0.2], "b": [0.1, 0.4, 0.1, 0.8]}, index=["z", "y", "x", "w"])
    assert pseudo_labels.most_confident(likely, 2)["object_id"].tolist() == ["x", "z", "w"]
    assert pseudo_labels.most_confident(likely, 1).values.tolist() == [["x", "a", 0.9], ["w", "b", 0.8]]


def test_the_interval_of_a_gain_is_that_of_a_paired_t_test() -> None:
    values = np.random.default_rng(0).normal(0.9, 0.02, (2, 5))
    rows = [
        {"dataset": "d", "split": "test", "metric": "accuracy", "round": r, "seed": s, "value": values[r, s]}
        for r in (0, 1)
        for s in range(5)
    ]
    (gain,) = recursion.summary(pd.DataFrame(rows)).query("round == 1").itertuples()
    expected = stats.ttest_rel(values[1], values[0]).confidence_interval()
    assert np.allclose([gain.gain_low, gain.gain_high], [expected.low, expected.high])
    assert gain.sd == pytest.approx(values[1].std(ddof=1))
