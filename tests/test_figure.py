"""Laws of `zoo figure`: three files and a path, the numbers drawn are the right ones, and a refusal writes nothing."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from plant import HOOK, plant
from safetensors.torch import load_file

from conftest import forget
from zoo import build, completion, compose, registry
from zoo.cli import cli
from zoo.dataset import Dataset, Sample
from zoo.figures import averaging, blend_weights, calibration, decision_tree, labels, loss, questions
from zoo.run import Run
from zoo.schema import Question, VoteCounts, VoteFractions

TREE = VoteFractions(
    (
        Question("shape", ("smooth", "disk"), None, "Smooth?", ("smooth", "disk")),
        Question("bar", ("bar", "none"), "disk", "A bar?"),
        Question("odd", ("odd", "usual")),
    )
)
OF_A_RUN = ["loss", "questions metric=accuracy", "averaging tta=rolls", "calibration", "labels", "first_layer"]
OF_A_RUN += ["exciting", "architecture", "exciting layer=head unit=long split=train galaxies=3"]
OF_A_RUN += ["samples", "augmentation passes=3", "confident split=all", "errors which=all galaxies=2"]


class Told(Dataset):
    """Galaxies whose labels are given, without images."""

    def __init__(self, schema, targets):
        self.schema, self.targets = schema, np.asarray(targets, float)
        self.table = pd.DataFrame({"object_id": [str(k) for k in range(len(targets))], "split": "train"})

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> Sample:
        raise AssertionError("no figure of labels looks at images")

    def prepare(self) -> None:
        return None

    def verify(self, quick: bool = False) -> list:
        return []


@pytest.fixture(scope="module")
def told() -> Told:
    """Five galaxies of TREE; the last breaks a sum, the fourth has no label."""
    rows = [[0.5, 0.5, 0.25, 0.25, 0.1, 0.9], [0.2, 0.8, 0.8, 0, 0, 1], [1, 0, 0, 0, 0.5, 0.5]]
    return Told(TREE, [*rows, [np.nan] * 6, [0.4, 0.6, 0.5, 0.5, 0, 1]])


def figure(out: Path, *words: str) -> int:
    """The exit code of the command."""
    return compose.run_hydra("figure", [*words, f"out={out}"])


def numbers(run: Path, out: Path, *words: str) -> pd.DataFrame:
    """The table of a figure of a run."""
    assert figure(out, *words, f"run={run}") == 0
    return pd.read_csv(out / f"{words[0]}.csv", dtype={"object_id": str})


@pytest.mark.parametrize("words", OF_A_RUN)
def test_a_figure_of_a_run_is_three_files_whose_bytes_come_again(toy_run: Path, tmp_path: Path, capsys, words: str):
    name, *rest = words.split()
    for out in (tmp_path / "one", tmp_path / "two"):
        assert figure(out, name, f"run={toy_run}", *rest) == 0
        assert capsys.readouterr().out.splitlines()[-1] == str(out / f"{name}.png")
        assert sorted(path.name for path in out.iterdir()) == [f"{name}.csv", f"{name}.png", f"{name}.svg"]
    for kind in ("png", "svg", "csv"):
        one, two = ((tmp_path / out / f"{name}.{kind}").read_bytes() for out in ("one", "two"))
        assert one == two, kind
    assert len(pd.read_csv(tmp_path / "one" / f"{name}.csv")) > 0
    with Image.open(tmp_path / "one" / f"{name}.png") as picture:
        assert min(picture.size) > 100


@pytest.mark.usefixtures("toy")
def test_figures_that_need_no_run_are_drawn_without_one(tmp_path: Path, capsys):
    (tmp_path / "blend").mkdir()
    (tmp_path / "blend" / "weights.csv").write_text("catalogue,weight\na,0.7\nb,0.3\n")
    assert figure(tmp_path, "decision_tree") == 0
    assert figure(tmp_path, "blend_weights", f"blend={tmp_path / 'blend'}") == 0
    assert figure(tmp_path, "labels", "dataset=blobs", "dataset.size=20") == 0
    fresh = ["architecture=convolution", "head=logistic", "augmenter=roll", "dataset=blobs"]
    assert figure(tmp_path, "first_layer", *fresh) == 0
    assert capsys.readouterr().out.count("\n") == 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("los", "No installed package has figure=los. Did you mean loss?"),
        ("", "One figure is drawn at a time and none was named: choose one of architecture, augmentation, "),
        ("loss labels", "One figure is drawn at a time and 2 were named (loss, labels)"),
        ("loss", "The figure loss needs a training: give run=FOLDER, one that `zoo train` wrote."),
        ("labels", "The figure labels needs galaxies: give dataset=NAME, or run=FOLDER"),
        ("architecture", "The figure architecture needs a model: give run=FOLDER for a trained one, or model=NAME"),
        ("blend_weights", "zoo figure needs figure.blend=…"),
        ("blend_weights blend=nowhere", "There is no nowhere/weights.csv: give blend=FOLDER"),
        ("exciting run={run} layer=conv9", "layer=conv9 is no layer of this model: choose one of first, drop, head."),
        ("exciting run={run} layer=first unit=4", "unit=4 is none of the 4 of first"),
        ("exciting run={run} layer=head unit=oval", "unit=oval is no answer of the head: choose one of round, long."),
        ("averaging run={run} tta=nowhere", "There is no grid 'nowhere'"),
        ("questions run={run} metric=rmse", "has no metric rmse: choose metric= one of accuracy."),
        ("questions run={run} metric=accuracy split=test", "has no metrics of the split test: `zoo evaluate run="),
        ("labels run={run} split=nowhere", "None of the 0 galaxies of the split nowhere has a label"),
        ("exciting run={run} galaxie=3", "Key 'galaxie' is not known: did you mean `figure.galaxies`"),
        ("decision_tree run={run}", "The labels are classes, and only questions make a decision tree"),
        ("labels run={run} dataset@other=hubble", "No installed package has dataset=hubble. Installed: "),
        ("roc recursion=nowhere", "nowhere has no recursion.csv: `zoo recurse run=… out=nowhere` writes it."),
        ("labels _target_=os.system", "chooses a class, and only a part does that"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_written(toy_run: Path, tmp_path: Path, capsys, words: str, line: str):
    assert figure(tmp_path / "out", *words.format(run=toy_run).split()) == 2
    said = capsys.readouterr()
    assert line in said.err and said.err.count("\n") == 1 and said.out == ""
    assert not (tmp_path / "out").exists()


def test_a_figure_whose_folder_cannot_be_written_says_so(toy_run: Path, tmp_path: Path, capsys):
    (tmp_path / "file").touch()
    assert figure(tmp_path / "file", "loss", f"run={toy_run}") == 2
    assert "cannot be written" in capsys.readouterr().err


def offered(verb: str, before: list[str], incomplete: str) -> list[str]:
    """What a shell offers."""
    return [word.text for word in completion.words(verb, before, incomplete)]


def test_help_and_completion_know_the_figures_and_their_keys():
    told = CliRunner().invoke(cli, ["figure", "--help"]).output
    assert all(part.name in told and part.summary in told for part in registry.parts() if part.group == "figure")
    assert {"loss", "labels", "exciting"} <= {*offered("figure", [], "")}
    assert offered("figure", [], "los") == ["loss"]
    assert {"layer=", "unit=", "run=", "split="} <= {*offered("figure", ["exciting"], "")}
    assert offered("figure", ["exciting"], "lay") == ["layer="]
    assert "dataset@other=table" in offered("figure", ["pairs"], "dataset@other=")


def test_help_of_figures_is_light():
    code = "import sys; sys.argv = ['zoo', 'figure', '--help']\nfrom zoo.cli import main\ntry: main()\nfinally: "
    code += "print(sorted({'torch', 'matplotlib', 'pandas', 'hydra'} & {*sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def test_the_traces_begin_with_the_first_weights_and_end_with_the_last(toy_run: Path):
    run = Run.open(toy_run)
    table = pd.read_csv(toy_run / "weights.csv")
    history = pd.read_csv(toy_run / "metrics.csv")
    assert sorted(table["step"].unique()) == [0, *history["step"]]
    torch.manual_seed(run.config["seed"])
    fresh = build.model(run.choices, run.config, run.schema, run.num_bands)
    first = table[table["step"] == 0].set_index("parameter")["std"]
    assert first["backbone.first.weight"] == pytest.approx(fresh.backbone.first.weight.detach().numpy().std())
    stages = {stage["name"]: stage.get("keep") for stage in run.config["stages"]}
    best = history[history["stage"] == "second"].sort_values("validation_loss")["step"].iloc[0]
    assert stages["second"] == "best"
    last = table[table["step"] == best].set_index("parameter")["std"]
    for name, tensor in load_file(toy_run / "model.safetensors").items():
        assert last[name] == pytest.approx(tensor.numpy().std(), rel=1e-5)


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("backbone.convolutions.conv1.convolve.weight", "conv1"),
        ("head.answers.weight", "answers"),
        ("backbone.stem.0.weight", "stem.0"),
        ("backbone.mixes.3.spatial.0.weight", "spatial.0"),
        ("backbone.0.weight", "0"),
    ],
)
def test_a_trace_has_the_name_of_its_layer_and_no_bare_number_where_a_word_stands_before_it(parameter: str, name: str):
    assert loss.short(parameter) == name


def test_the_losses_drawn_are_those_of_the_run(toy_run: Path, tmp_path: Path):
    found = numbers(toy_run, tmp_path, "loss")
    history = pd.read_csv(toy_run / "metrics.csv")
    assert found[found["curve"] == "validation"]["value"].tolist() == history["validation_loss"].tolist()
    assert {"training", "validation", "backbone.first.weight", "head.last.weight"} == {*found["curve"]}


def test_names_beside_curves_keep_their_order_and_never_touch():
    found = loss.apart([0.5, 0.5, 0.51, 1.0, 0.99])
    order = np.argsort(found, kind="stable")
    assert order.tolist() == [0, 1, 2, 4, 3]
    assert np.diff(np.array(found)[order]).min() >= loss.LETTERS - 1e-9 and max(found) <= 1


def test_parameters_and_multiplications_are_those_of_a_convolution_written_out(toy_run: Path, tmp_path: Path):
    found = numbers(toy_run, tmp_path, "architecture").set_index("layer")
    assert found.loc["first", ["shape", "parameters"]].tolist() == ["4×10×10", 4 * (3 * 9 + 1)]
    assert found["MMAC"].to_dict() == pytest.approx(
        {"first": 10 * 10 * 4 * 3 * 9 / 1e6, "drop": 0, "head": 8e-6, "total": (10800 + 8) / 1e6}
    )
    assert found.index[-1] == "total" and found.loc["total", "parameters"] == 112 + 10


def test_a_most_exciting_galaxy_is_the_one_with_the_largest_value(toy_run: Path, tmp_path: Path):
    found = numbers(toy_run, tmp_path, "exciting", "layer=first", "unit=2", "batch_size=7")
    run = Run.open(toy_run)
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    with torch.no_grad():
        values = [model.backbone.first(dataset[k].image[None] / 255)[0, 2].max().item() for k in range(len(dataset))]
    assert found["value"].tolist() == pytest.approx(sorted(values, reverse=True), abs=1e-5)
    assert found["object_id"].iloc[0] == dataset.table["object_id"].iat[int(np.argmax(values))]


def test_a_view_or_part_behind_another_belongs_to_the_same_galaxy():
    from zoo.figures import exciting

    output = torch.tensor([[0.0], [5.0], [2.0], [1.0]])  # two views of two galaxies, view by view
    assert exciting.largest([output], 2, 0, "dense").tolist() == [2.0, 5.0]


HIDING = """
from zoo.measurement import Measurement
from zoo_toy.parts import Roll

class Shown(Measurement):
    name, columns = "shown-1", ("shown",)

    def __call__(self, image):
        return [float(image.mean() > 55)]

class Hiding(Roll):
    measurement = Shown()

    def at(self, parameters, measured):
        return parameters, measured

    def views(self, images, parameters):
        return super().views(images, parameters[0]) * parameters[1].to(images.device).float()[:, :, None, None]
"""


def test_galaxies_are_drawn_as_their_measurements_have_them(toy: None, site: Path, tmp_path: Path, monkeypatch):
    """An augmenter that asks for a measurement gets it, also for a figure: here it blackens what it does not count."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    conf = {"augmenter/hiding": "# Black but for bright galaxies.\n_target_: zoo_hiding.parts.Hiding\n"}
    plant(site, "zoo-hiding", HOOK, conf=conf, modules={"parts.py": HIDING})
    forget()
    fresh = ["architecture=convolution", "head=logistic", "augmenter=hiding", "dataset=blobs", "dataset.size=40"]
    assert figure(tmp_path, "exciting", "layer=first", "unit=0", *fresh) == 0
    values = pd.read_csv(tmp_path / "exciting.csv")
    dataset = build.prepared_dataset({"dataset": {"name": "blobs"}}, {"dataset": {"size": 40, "poison": None}})
    bright = [dataset[row].image.numpy().mean() > 55 for row in values["row"]]
    assert 0 < sum(bright) < 40
    assert values["value"][~np.array(bright)].nunique() == 1 < values["value"][bright].nunique()
    assert figure(tmp_path, "calibration", *fresh) == 0
    elsewhere = tmp_path / "elsewhere.parquet"
    elsewhere.write_text("no table")
    assert figure(tmp_path, "calibration", *fresh, f"measurements={elsewhere}") == 2


def test_the_error_of_averages_is_that_of_the_mean_over_the_first_views(toy_run: Path, tmp_path: Path):
    found = numbers(toy_run, tmp_path, "averaging", "tta=rolls", "seed=4")
    run = Run.open(toy_run)
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    rows = np.flatnonzero(dataset.table["split"] == "validation")
    images, truth = torch.stack([dataset[k].image for k in rows]), np.eye(2)[dataset.targets[rows]]
    with torch.no_grad():
        views = [model.head.predict(model(images, p)) for p in model.augmenter.grid("rolls")]
    views = [np.stack([view["round"], view["long"]], axis=1) for view in views]
    wanted = [np.sqrt(np.mean((np.mean(views[: n + 1], axis=0) - truth) ** 2)) for n in range(3)]
    grid = found[found["order"] == "grid"]
    assert grid["rmse"].tolist() == pytest.approx(wanted, rel=1e-5)
    assert (grid["low"] <= grid["rmse"]).all() and (grid["rmse"] <= grid["high"]).all()
    last = found[found["views"] == 3].set_index("order")["rmse"]
    assert last["shuffled"] == pytest.approx(last["grid"])


def test_missing_labels_do_not_count_in_the_error_of_averages():
    squares = averaging.errors(np.array([[1.0, 2.0]]), np.array([[0.0, np.nan]]))
    assert averaging.rmse(squares, np.array([[0]])).tolist() == [1.0]


def test_reliability_is_that_of_a_slow_count():
    generator = np.random.default_rng(0)
    predicted = generator.uniform(size=200)
    truth = np.where(generator.uniform(size=200) < 0.1, np.nan, generator.uniform(size=200))
    found = calibration.reliability(predicted, truth, 5)
    error, total = 0.0, 0
    for number in range(5):
        own = [(p, t) for p, t in zip(predicted, truth, strict=True) if int(p * 5) == number and not np.isnan(t)]
        p, t = np.mean(own, axis=0)
        assert found.loc[number, ["galaxies", "predicted", "observed"]].tolist() == pytest.approx([len(own), p, t])
        error, total = error + len(own) * abs(p - t), total + len(own)
    assert found["error"].tolist() == pytest.approx([error / total] * 5)


def test_a_prediction_of_one_falls_into_the_last_bin():
    assert calibration.reliability(np.array([1.0, 0.0]), np.array([1.0, 0.0]), 4)["bin"].tolist() == [0, 3]


def test_a_question_weighs_what_its_parent_answer_has(told: Told):
    table = decision_tree.draw(TREE, "all", told).numbers.set_index("answer")
    assert table["weight"].to_dict() == {a: "disk" if a in ("bar", "none") else "1" for a in TREE.columns}
    assert table.loc["bar", "mean_weight"] == pytest.approx(np.mean([0.5, 0.8, 0, 0.6]))
    assert table.loc["smooth", "mean_weight"] == 1
    assert table.loc["disk", "leads_to"] == "bar"
    assert table.loc["bar", "mean_fraction"] == pytest.approx(np.mean([0.25, 0.8, 0, 0.5]))


def test_mean_fractions_of_votes_are_cumulative():
    tree = VoteCounts(TREE.questions)
    table = decision_tree.draw(tree, "all", Told(tree, [[2, 8, 6, 2, 1, 9]])).numbers.set_index("answer")
    assert table.loc["bar", "mean_fraction"] == pytest.approx(0.8 * 0.75)


def test_the_published_labels_weigh_question_six_with_one():
    """Spec A3."""
    tree = compose.part_values("tree", "galaxy_zoo")["questions"]
    weights = {question["name"]: question["parent"] for question in tree}
    assert weights == {
        **{"Class1": None, "Class2": "Class1.2", "Class3": "Class2.2", "Class4": "Class2.2", "Class5": "Class2.2"},
        **{"Class6": None, "Class7": "Class1.1", "Class8": "Class6.1", "Class9": "Class2.1"},
        **{"Class10": "Class4.1", "Class11": "Class4.1"},
    }


def test_the_boxes_of_a_tree_do_not_overlap():
    from zoo.schema import read_tree

    tree = read_tree(compose.part_values("tree", "galaxy_zoo")["questions"])
    places = decision_tree._places(tree)
    for one in tree.questions:
        for other in tree.questions:
            (depth, top), (beside, below) = places[one.name], places[other.name]
            if one is not other and depth == beside and top <= below:
                assert top + decision_tree._height(one) < below


def test_labels_have_their_means_counts_and_violations(told: Told):
    table = labels.draw(told, "all").numbers.set_index("column")
    known = told.targets[[0, 1, 2, 4]]
    assert (table["galaxies"] == 4).all()
    np.testing.assert_allclose(table["mean"], known.mean(0))
    np.testing.assert_allclose(table["std"], known.std(0))
    assert table["violations"].tolist() == [0, 0, 1, 1, 0, 0]
    assert table.loc["bar", "largest_deviation"] == pytest.approx(0.4)
    bins = table.filter(like="bin_").loc["usual"].to_numpy()
    assert bins.sum() == 4 and bins[-1] == 2 and bins[-2] + bins[-3] == 1


def test_several_runs_stand_beside_each_other(toy_run: Path, tmp_path: Path):
    twin = tmp_path / "twin"
    twin.symlink_to(toy_run)
    found = numbers(toy_run, tmp_path, "questions", "metric=accuracy", f"others=[{twin}]")
    measured = Run.open(toy_run).metrics["metrics"]["accuracy"]
    assert found["run"].tolist() == [toy_run.name, "twin"]
    assert found[["value", "low", "high", "baseline"]].iloc[1].tolist() == pytest.approx([*measured.values()])


def test_what_evaluate_measured_is_drawn_for_other_splits(toy_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in toy_run.iterdir():
        (copy / path.name).symlink_to(path)
    (copy / "evaluations").unlink(missing_ok=True)
    assert compose.run_hydra("evaluate", [f"run={copy}", "split=train", "resamples=5"]) == 0
    found = numbers(copy, tmp_path / "out", "questions", "metric=accuracy", "split=train")
    assert found["value"].iloc[0] == questions.measured(Run.open(copy), "train")["metrics"]["accuracy"]["value"]


def test_a_blend_is_drawn_over_all_and_by_answer(tmp_path: Path):
    rows = "catalogue,answer,weight\n1,Class1.1,0.25\n1,Class1.2,1\n2,Class1.1,0.75\n2,Class1.2,0\n"
    (tmp_path / "weights.csv").write_text(rows)
    drawn = blend_weights.draw(tmp_path)
    assert drawn.picture.axes[0].images[0].get_array().tolist() == [[0.25, 1], [0.75, 0]]
    assert drawn.numbers["catalogue"].tolist() == ["1", "1", "2", "2"]
    twins = "catalogue,sha256,answer,weight\na,00aa11bb,x,0.4\na,00cc22dd,x,0.6\n"
    (tmp_path / "weights.csv").write_text(twins)
    labels = blend_weights.draw(tmp_path).picture.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["a 00aa11", "a 00cc22"]
    (tmp_path / "weights.csv").write_text("catalogue,share\na,1\n")
    with pytest.raises(Exception, match="has no column weight"):
        blend_weights.draw(tmp_path)


def test_every_number_of_khan_et_al_has_a_figure_that_can_be_drawn():
    text = (Path(__file__).parents[1] / "docs" / "khan2019.md").read_text()
    numbers = [f"Fig. {k}" for k in range(1, 11)] + ["Fig. 11", "Fig. 12", "Table I ", "Table II ", "Table III,"]
    assert [number for number in numbers if number not in text] == []
    assert {*re.findall(r"`zoo figure (\w+)", text)} <= {*registry.names("figure")}


def test_the_gallery_shows_every_figure_that_lies_here():
    root = Path(__file__).parents[1]
    text = (root / "docs" / "gallery.md").read_text()
    for path in [*root.glob("conf/figure/*.yaml"), *root.glob("plugins/*/src/*/conf/figure/*.yaml")]:
        assert f"### {path.stem}\n" in text and f"    zoo figure {path.stem}" in text, (
            f"show {path.stem} in the gallery"
        )
        picture = root / "docs" / "pictures" / f"{path.stem}.png"
        assert f"(pictures/{path.stem}.png)" in text and picture.stat().st_size < 200_000, picture


COMPARING = """
import pandas
from matplotlib.figure import Figure
from zoo.drawing import Drawing

def draw(models, dataset):
    names = {name: type(model.head).__name__ for name, model in models.items()}
    return Drawing(Figure(), pandas.DataFrame({"run": names.keys(), "head": names.values(), "galaxies": len(dataset)}))
"""


def test_a_figure_is_told_the_models_of_several_runs_by_name(toy_run: Path, site: Path, tmp_path: Path, capsys):
    conf = {"figure/compared": "# Compares models.\n_target_: zoo_own.compare.draw\n"}
    plant(site, "zoo-own", HOOK, conf=conf, modules={"compare.py": COMPARING})
    forget()
    twin = tmp_path / "a, twin"
    twin.symlink_to(toy_run)
    assert figure(tmp_path / "out", "compared", f"runs=[{toy_run},'{twin}']") == 0
    rows = pd.read_csv(tmp_path / "out" / "compared.csv").to_numpy().tolist()
    assert rows == [[toy_run.name, "Logistic", 128], ["a, twin", "Logistic", 128]]
    assert figure(tmp_path / "out", "compared", f"run={toy_run}", "dataset.size=20") == 0
    assert pd.read_csv(tmp_path / "out" / "compared.csv").to_numpy().tolist() == [[toy_run.name, "Logistic", 20]]
    assert figure(tmp_path / "none", "compared", "dataset=blobs") == 2
    assert (
        "The figure compared needs trained models: give runs=[A,B,…], or run=FOLDER for one." in capsys.readouterr().err
    )


def test_a_plugin_brings_a_figure_and_its_keys_are_typed_as_they_are(site: Path, tmp_path: Path, capsys):
    source = """
import pandas
from matplotlib.figure import Figure
from zoo.drawing import Drawing

def draw(bins, seed, schema=None):
    picture = Figure()
    picture.subplots().bar(range(bins), range(bins))
    return Drawing(picture, pandas.DataFrame({"bins": [bins], "seed": seed, "answers": len(schema.columns)}))

def wrong():
    return 3
"""
    conf = {"figure/own": "# My own.\n_target_: zoo_own.bars.draw\nbins: 3\n"}
    conf["figure/wrong"] = "# Returns a number.\n_target_: zoo_own.bars.wrong\n"
    plant(site, "zoo-own", HOOK, conf=conf, modules={"bars.py": source})
    forget()
    assert figure(tmp_path / "out", "own", "bins=5", "seed=7") == 0
    assert pd.read_csv(tmp_path / "out" / "own.csv").iloc[0].tolist() == [5, 7, 37]
    assert figure(tmp_path / "none", "wrong") == 2
    assert "gave a int, and zoo.drawing.Drawing was expected" in capsys.readouterr().err
