"""The moving average of the weights along a stage."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from killer import PARTS, config
from safetensors.torch import load_file
from torch import nn

from zoo import build, fit, stages
from zoo.errors import ZooError
from zoo.weight_average import WeightAverage

pytestmark = pytest.mark.usefixtures("toy")
STAGE = {"name": "only", "epochs": 2, "lr": 0.05}


def moved(model: nn.Linear, value: float) -> None:
    with torch.no_grad():
        model.weight.fill_(value)


def test_it_is_the_weighted_sum_of_all_weights_so_far() -> None:
    """Against the sum written out: w₀ then w₁ … with shares 1 − min(decay, (1+t)/(10+t))."""
    model = nn.Linear(1, 1, bias=False).double()
    moved(model, 5.0)
    average, expected = WeightAverage(model, decay=0.5), 5.0
    for step, value in enumerate([1.0, -2.0, 7.0, 3.0], start=1):
        moved(model, value)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert average.weights["weight"].item() == pytest.approx(expected, abs=1e-12)


def test_exchanging_twice_changes_nothing_and_once_puts_it_in_place() -> None:
    model = nn.Linear(3, 2)
    average = WeightAverage(model, 0.9)
    moved(model, 1.0)
    before = average.weights["weight"].clone()
    average.exchange()
    assert torch.equal(model.weight, before) and (average.weights["weight"] == 1).all()
    average.exchange()
    assert torch.equal(average.weights["weight"], before) and (model.weight == 1).all()


def test_frozen_weights_are_not_averaged() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    assert set(WeightAverage(model, 0.9).weights) == {"1.weight", "1.bias"}


def test_what_leaves_the_stage_is_what_was_validated(tmp_path: Path) -> None:
    """The last validation loss in the history is that of the weights in the run folder, which are no last step's."""
    runs = {}
    for decay in (None, 0.9):
        folder = tmp_path / str(decay)
        values = config(folder, stages=[STAGE | {"average": decay}], keep_checkpoints=False)
        runs[decay] = fit.train(fit.prepare(fit.choices_of(PARTS), values))
    weights = {decay: load_file(run.folder / "model.safetensors") for decay, run in runs.items()}
    assert any(not torch.equal(weights[None][name], weights[0.9][name]) for name in weights[None])
    run = runs[0.9]
    history = pd.read_csv(run.folder / "metrics.csv")
    dataset = build.prepared_dataset(run.choices, run.config)
    rows = dataset.table.index[dataset.table["split"] == "validation"]
    model = build.load_model(run)
    images = torch.stack([dataset[row].image for row in rows])
    target = torch.stack([dataset[row].target for row in rows])
    with torch.no_grad():
        loss = model.head.loss(model(images, model.augmenter.canonical(len(rows))), target).item()
    assert loss == pytest.approx(history["validation_loss"].iloc[-1], rel=1e-5)


def test_a_decay_that_is_none_is_refused() -> None:
    with pytest.raises(ZooError, match="average=1.5 of a stage is no decay"):
        stages.read([{"lr": 0.1, "average": 1.5}])
