"""Laws of `zoo evaluate`: the numbers are the metrics of the predictions, and labels are matched by name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from zoo import build, compose, plain
from zoo.errors import Incompatible
from zoo.run import Run
from zoo.schema import Classes, Quantities, Question, VoteFractions
from zoo.verbs.evaluate import matched, refuse_schema


def evaluate(run: Path, *words: str) -> int:
    """The exit code of the command."""
    return compose.run_hydra("evaluate", [f"run={run}", "resamples=100", *words])


def evaluated(capsys, run: Path, *words: str) -> dict[str, object]:
    """What the file holds whose name is the last line of stdout."""
    capsys.readouterr()
    assert evaluate(run, *words) == 0
    return json.loads(Path(capsys.readouterr().out.splitlines()[-1]).read_text())


def test_the_value_is_the_metric_of_the_predictions_and_the_baseline_that_of_a_constant(toy_run: Path, capsys):
    run = Run.open(toy_run)
    model, dataset = build.load_model(run), build.prepared_dataset(run.choices, run.config)
    rows = np.flatnonzero(dataset.table["split"] == "validation")
    images = torch.stack([dataset[k].image for k in rows])
    right = (model.predict(images)["long"].numpy() > 0.5) == dataset.targets[rows]
    constant = int(np.argmax(plain.read(toy_run / "model.json")["baseline"])) == dataset.targets[rows]
    found = evaluated(capsys, toy_run)
    accuracy = found["metrics"]["accuracy"]
    assert accuracy["value"] == pytest.approx(right.mean()) and accuracy["baseline"] == pytest.approx(constant.mean())
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert found["n"] == len(rows) and found["split"] == "validation"


def test_the_file_lies_in_the_run_and_names_dataset_and_split(toy_run: Path, capsys):
    evaluate(toy_run, "split=train", "tta=rolls")
    said = capsys.readouterr()
    path = Path(said.out.strip())
    assert path.parent == toy_run / "evaluations" and path.name.startswith("blobs-train-")
    assert "accuracy" in said.err and "mean predictor" in said.err


def test_the_same_evaluation_gives_the_same_bytes_and_another_one_another_file(toy_run: Path, capsys):
    paths = []
    for words in ((), (), ("tta=rolls",), ("dataset.size=100",), ("seed=1",), ("split=all",)):
        capsys.readouterr()
        assert evaluate(toy_run, *words) == 0
        path = Path(capsys.readouterr().out.strip())
        paths.append((path.name, path.read_bytes()))
    assert paths[0] == paths[1] and len({name for name, _ in paths}) == 5


def test_a_split_without_labels_is_refused(toy_run: Path, capsys):
    assert evaluate(toy_run, "split=test") == 2
    said = capsys.readouterr()
    assert "None of the 0 galaxies of the split test has a label: choose another split" in said.err and not said.out


def test_labels_of_another_kind_or_name_are_refused_by_the_difference():
    smooth = VoteFractions((Question("q", ("smooth", "featured")),))
    with pytest.raises(Incompatible, match="The run answers with classes, the labels of the data set are fractions"):
        refuse_schema(smooth, Classes(("smooth", "featured")))
    with pytest.raises(Incompatible, match="only in the run: edge_on; only in the data set: bar, ring"):
        refuse_schema(Classes(("round", "bar", "ring")), Classes(("round", "edge_on")))


def test_classes_in_another_order_are_matched_by_name():
    """D17. -1 stays: no label."""
    labels = torch.tensor([0, 1, 2, -1])
    found = matched(labels, Classes(("round", "long", "spiral")), Classes(("spiral", "round", "long")))
    assert found.tolist() == [1, 2, 0, -1]


def test_numbers_in_another_order_are_matched_by_name():
    """D17."""
    labels = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, float("nan")]])
    found = matched(labels, Quantities(("a", "b", "c")), Quantities(("c", "a", "b")))
    assert found[0].tolist() == [3, 1, 2] and found[1, 0].isnan() and found[1, 1:].tolist() == [4, 5]


def test_permuted_classes_of_the_data_change_no_result(toy_run: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    """D17, through the command: the same galaxies, whose dataset lists its classes the other way round."""
    expected = evaluated(capsys, toy_run)["metrics"]
    import zoo_toy.parts

    class Reversed(zoo_toy.parts.Blobs):
        def __init__(self, size: int, poison: int | None):
            super().__init__(size, poison)
            self.schema, self.targets = Classes(("long", "round")), 1 - self.targets

        def __getitem__(self, index: int):
            sample = super().__getitem__(index)
            return sample._replace(target=1 - sample.target)

    monkeypatch.setattr("zoo_toy.parts.Blobs", Reversed)
    assert evaluated(capsys, toy_run)["metrics"] == expected


def test_an_unfinished_run_is_refused(toy_run: Path, tmp_path: Path, capsys):
    for name in ("choices.yaml", "config.yaml"):
        (tmp_path / name).write_text((toy_run / name).read_text())
    assert evaluate(tmp_path) == 2
    assert "has no finished model: repeat the `zoo train` command" in capsys.readouterr().err


def test_a_dataset_given_by_name_brings_its_own_defaults(toy_run: Path, tmp_path: Path, capsys):
    """The run's values are for its own dataset; `dataset=` chooses a part as it stands."""
    run = shutil.copytree(toy_run, tmp_path / "run")
    config = plain.read(run / "config.yaml")
    config["dataset"]["size"] = 100
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    assert evaluated(capsys, run, "split=all")["n"] == 100
    assert evaluated(capsys, run, "split=all", "dataset.size=90")["n"] == 90
    assert evaluated(capsys, run, "split=all", "dataset=blobs")["n"] == 128
