"""Laws of the figures that show galaxies: the right ones, in the right order, with the numbers that belong to them."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from test_figure import Told, figure
from test_recurse import blobs, words
from torch import nn

from zoo import build, draws
from zoo.architecture import ImageBackbone
from zoo.dataset import Dataset
from zoo.errors import Incompatible, ZooError
from zoo.figures import architecture, augmentation, confident, errors, samples
from zoo.model import GalaxyModel
from zoo.run import Run
from zoo.schema import Quantities
from zoo.verbs.figure import fit_together

SEEING = {"galaxies": 2, "columns": 2, "tta": "none", "batch_size": 32, "workers": 0}


@pytest.fixture(scope="module")
def trained(toy_run: Path) -> tuple[GalaxyModel, Dataset]:
    """The toy's model and blobs."""
    run = Run.open(toy_run)
    return build.load_model(run), build.prepared_dataset(run.choices, run.config)


@pytest.fixture(scope="module")
def logits(trained: tuple[GalaxyModel, Dataset]) -> np.ndarray:
    """What the model says of each blob, one by one."""
    model, dataset = trained
    with torch.no_grad():
        said = [model(dataset[k].image[None], model.augmenter.canonical(1))[0] for k in range(len(dataset))]
    return torch.stack(said).numpy()


def test_samples_are_so_many_of_each_class_and_another_seed_shows_others(trained):
    _, dataset = trained
    one, other = (samples.draw(dataset, "all", 4, 6, seed).numbers for seed in (0, 1))
    assert one["label"].tolist() == ["round"] * 4 + ["long"] * 4 and not one.equals(other)
    assert one["object_id"].is_unique
    assert [dataset.targets[row] for row in one["row"]] == [0] * 4 + [1] * 4
    assert sorted(samples.draw(dataset, "all", 100, 40, 0).numbers["row"]) == list(range(len(dataset)))


def test_a_view_of_a_pass_is_the_one_that_a_training_sees(trained):
    model, dataset = trained
    found = augmentation.draw(model.augmenter, dataset, "blob-0003", 5, 7, "train", 7).numbers
    drawn = [draws.uniforms(7, epoch, len(dataset), 1)[3, 0] for epoch in range(5)]
    assert found["pass"].tolist() == [0, 1, 2, 3, 4, 5] and set(found["object_id"]) == {"blob-0003"}
    assert found["draw_0"][1:].tolist() == drawn
    assert found["pixels"].tolist() == [0, *(int(3 * value) - 1 for value in drawn)]
    seen = augmentation.perturbed(model.augmenter, dataset, 3, np.array(drawn, np.float32)[:, None])
    for view, pixels in zip(seen, found["pixels"][1:], strict=True):
        torch.testing.assert_close(view[0, 0], dataset[3].image.roll(int(pixels), dims=2) / 255)


def test_parameters_that_are_no_dataclass_leave_the_draws_alone():
    assert augmentation.table_of(None, 3).shape == (3, 0)
    assert list(augmentation.draws_of(np.zeros((2, 3), np.float32))) == ["draw_0", "draw_1", "draw_2"]


def test_the_surest_of_each_class_come_first(trained, logits: np.ndarray):
    model, dataset = copy.deepcopy(trained[0]), trained[1]
    lead = logits[:, 1] - logits[:, 0]
    middle = (np.sort(lead)[60] + np.sort(lead)[61]) / 2
    with torch.no_grad():  # so that 61 blobs are round and the others long
        model.head.last.bias[1] -= float(middle)
    found = confident.draw(model, dataset, "all", label=None, **SEEING).numbers
    order = np.argsort(lead, kind="stable")
    assert found["row"].tolist() == [*order[:61], *order[:60:-1]]
    np.testing.assert_allclose(found["margin"], np.abs(lead - middle)[found["row"]], rtol=1e-3, atol=1e-5)
    assert found["morph_class"].tolist() == ["round"] * 61 + ["long"] * 67
    alone = confident.draw(model, dataset, "all", label="long", **SEEING).numbers
    assert alone["row"].tolist() == found["row"].tolist()[61:]


def test_errors_are_those_whose_likeliest_class_is_another(trained):
    model, dataset = copy.deepcopy(trained[0]), trained[1]
    with torch.no_grad():  # a model that calls everything round
        model.head.last.weight.zero_()
        model.head.last.bias.copy_(torch.tensor([1.0, 0.0]))
    found = {which: errors.draw(model, dataset, "all", which, None, **SEEING).numbers for which in errors.WHICH}
    assert found["wrong"]["row"].tolist() == np.flatnonzero(dataset.targets == 1).tolist()
    assert found["right"]["row"].tolist() == np.flatnonzero(dataset.targets == 0).tolist()
    assert len(found["all"]) == len(dataset) and set(found["wrong"]["morph_class"]) == {"round"}
    with pytest.raises(ZooError, match="None of the 128 labelled galaxies of the split all is wrong with label=round"):
        errors.draw(model, dataset, "all", "wrong", "round", **SEEING)


def test_votes_stand_beside_the_probabilities_where_the_data_set_has_them(trained):
    model, dataset = trained
    dataset.class_votes = np.stack([np.arange(len(dataset)) / 1000, np.full(len(dataset), np.nan)], axis=1)
    try:
        drawn = errors.draw(model, dataset, "all", "all", None, **SEEING)
    finally:
        dataset.class_votes = None
    found = drawn.numbers
    np.testing.assert_allclose(found["votes_round"], found["row"] / 1000)
    shown = " ".join(text.get_text() for text in drawn.picture.axes[0].texts)
    first = found[(found["label"] == "round")].iloc[0]
    assert f"round {first['p_round']:.3f} ({first['votes_round']:.2f})" in shown and "in brackets: votes" in shown
    assert "long" in shown and "nan" not in shown


def test_galaxies_without_any_labels_can_be_looked_at_by_every_model(trained):
    model, dataset = trained
    fit_together({"dataset": Told(Quantities(()), np.empty((4, 0))), "model": model}, None)
    with pytest.raises(Incompatible, match="the labels of the data set are quantities"):
        fit_together({"dataset": Told(Quantities(("size",)), np.ones((4, 1))), "model": model}, None)


def test_a_second_data_set_is_chosen_beside_the_first(toy_run: Path, tmp_path: Path, capsys):
    here, there = blobs(tmp_path / "here", ["test"] * 6), blobs(tmp_path / "there", ["test"] * 3, first=2)
    first, second = words(here), words(there)
    other = [f"dataset@other={second[0].removeprefix('dataset=')}", *(f"other.{w[8:]}" for w in second[1:])]
    assert figure(tmp_path / "out", "pairs", *first, *other, "names=[SDSS,DES]") == 0
    found = pd.read_csv(tmp_path / "out/pairs.csv")
    assert found["object_id"].tolist() == found["other_id"].tolist() == ["blob-0002", "blob-0003", "blob-0004"]
    capsys.readouterr()
    assert figure(tmp_path / "no", "pairs", *first) == 2
    assert "The figure pairs needs a second data set: give dataset@other=NAME" in capsys.readouterr().err


def test_labels_that_are_no_classes_cannot_be_sorted_by():
    with pytest.raises(Incompatible, match="The labels of the data set are quantities, and galaxies are sorted by"):
        samples.draw(Told(Quantities(("size",)), np.ones((4, 1))), "all", 2, 2, 0)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("samples galaxies=0", "galaxies=0: give 1 or more."),
        ("augmentation galaxy=blob-9999", "The data set has no galaxy blob-9999: take galaxy= one of its ids."),
        ("confident", "The split unlabelled has 0 galaxies (there are "),
        ("confident split=all label=ring", "label=ring is no class: choose one of round, long."),
        ("errors which=odd", "which=odd: choose one of wrong, right, all."),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_written(toy_run: Path, tmp_path: Path, capsys, words: str, line: str):
    assert figure(tmp_path / "out", *words.split(), f"run={toy_run}") == 2
    said = capsys.readouterr()
    assert line in said.err and said.err.count("\n") == 1 and said.out == ""
    assert not (tmp_path / "out").exists()


def test_the_table_of_layers_says_what_each_stage_trains(trained):
    planned = [{"lr": 0.1, "epochs": 1, "train": train, "name": train} for train in ("head", "drop", "first", "all")]
    drawn = architecture.draw(trained[0], 3, planned)
    found = drawn.numbers.set_index("layer")
    told = {name: found[name].to_dict() for name in found if name.startswith("stage_")}
    behind, whole = (
        {"first": 0, "drop": 0, "head": 10, "total": 10},
        {"first": 112, "drop": 0, "head": 10, "total": 122},
    )
    assert list(told.values()) == [behind, behind, whole, whole]
    assert list(told) == ["stage_1_head", "stage_2_drop", "stage_3_first", "stage_4_all"]
    ticks = [tick.get_text() for tick in drawn.picture.axes[-1].get_xticklabels()]
    assert ticks == ["head\n10", "drop\n10", "first\n122", "all\n122"]


def test_the_layers_of_a_network_that_adds_a_band_of_its_own_are_counted(trained):
    """The bands of the images are not those of its first convolution."""

    class Doubling(ImageBackbone):
        def __init__(self) -> None:
            super().__init__()
            self.num_features, self.first = 2, nn.Conv2d(4, 2, 1, bias=False)

        def image_features(self, images: torch.Tensor) -> torch.Tensor:
            return self.first(torch.cat([images, images[:, :1]], dim=1)).mean((2, 3))

    model = GalaxyModel(trained[0].augmenter, Doubling(), nn.Linear(2, 2))
    found = architecture.draw(model, 3).numbers.set_index("layer")["parameters"]
    assert found.to_dict() == {"first": 8, "head": 6, "total": 14}
