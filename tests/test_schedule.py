"""Rates that follow from the losses so far, and from how many shares a batch has."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from zoo import build, compose
from zoo.errors import ZooError
from zoo.model import GalaxyModel
from zoo.schedule import Plateau, Progress, Ranks, RanksPlateau
from zoo.schema import Classes

LOSSES = st.lists(st.integers(0, 12).map(lambda k: k * 5e-5), max_size=30)
"""Losses of which many are equal, or differ by about the threshold."""


@given(LOSSES, st.integers(1, 4))
def test_the_plateau_is_that_of_torch_with_one_pass_less_of_patience(losses: list[float], patience: int) -> None:
    """Keras reduces at the `patience`-th pass without a lower loss, torch behind it (spec G19)."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1e-6)
    witness = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=patience - 1, threshold=1.1e-4, threshold_mode="abs", min_lr=1e-8, eps=0
    )
    plateau = Plateau(0.5, patience, threshold=1.1e-4, minimum=1e-8, watches="validation")
    for passed in range(len(losses) + 1):
        found = 1e-6 * plateau(Progress(0.0, losses=losses[:passed], lr=1e-6))
        assert found == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        if passed < len(losses):
            witness.step(losses[passed])


def test_the_plateau_goes_no_lower_than_its_minimum_and_never_up() -> None:
    plateau = Plateau(0.5, 1, 1e-4, minimum=1e-8, watches="validation")
    assert plateau(Progress(0.0, losses=[1.0] * 60, lr=1e-4)) * 1e-4 == pytest.approx(1e-8)
    assert plateau(Progress(0.0, losses=[1.0] * 60, lr=1e-9)) == 1


def test_lr_warmup(shared) -> None:
    """Of eight GPUs with 16 galaxies each, at 0, 0.5, 1, 1.5 and 2 epochs (spec G21)."""
    golden = json.loads((shared / "spec/golden/khan.json").read_text())["lr_warmup"]
    values = compose.part_values("scheduler", "ranks")
    ranks = build.part("scheduler", "ranks", values, batch_size=8 * 16)
    found = [golden["base"] * ranks(Progress(0.0, epochs=k / 2)) for k in range(5)]
    assert found == pytest.approx(golden["N8"], abs=1e-12) and values["warm_up"] == golden["warmup_epochs"]
    assert ranks(Progress(0.9, epochs=7.3)) == 8


def test_the_warm_up_restarts_with_each_stage_or_does_not() -> None:
    later = Progress(0.0, epochs=0.5, earlier=1.0)
    assert Ranks(16, 2, restart=True, batch_size=128)(later) == 1 + 0.5 * 7 / 2
    assert Ranks(16, 2, restart=False, batch_size=128)(later) == 1 + 1.5 * 7 / 2
    assert Ranks(16, 0, restart=True, batch_size=64)(Progress(0.0)) == 4
    assert Ranks(16, 2, restart=True, batch_size=16)(later) == 1, "one share stays at the stage's rate"


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ZooError, match="scheduler.share=0 leaves no galaxy"):
        Ranks(0, 2, restart=True, batch_size=128)


def test_plateaus_lower_the_full_rate() -> None:
    values = {"factor": 0.5, "patience": 2, "threshold": 1e-4, "minimum": 1e-8, "watches": "validation"}
    both = RanksPlateau(16, 2, True, **values, batch_size=64)
    assert both(Progress(0.0, epochs=1.0)) == 2.5
    assert both(Progress(0.0, epochs=5.0, losses=[1.0, 1.0, 1.0, 0.9, 0.9], lr=1e-4)) == 2
    assert both(Progress(0.0, epochs=5.0, losses=[1.0] * 99, lr=1e-4)) * 1e-4 == pytest.approx(1e-8)


def test_a_stage_tells_its_schedule_its_own_passes_and_losses(toy: None) -> None:
    from zoo_toy.parts import Convolution, Logistic, Roll

    from zoo.lit import LitModel
    from zoo.stages import Stage

    schema = Classes(("round", "long"))
    model = GalaxyModel(Roll(), Convolution(4, 0.0, False, 3), Logistic(schema, 4))
    plateau = Plateau(0.5, 1, 0.0, 1e-8, "validation")
    lit = LitModel(model, torch.optim.SGD, plateau, seed=0, num_rows=40, steps_per_epoch=10)
    losses = ((1, 0.2), (2, 0.5), (3, 0.6), (4, 0.7))
    lit.history = [{"step": 10 * k, "validation_loss": loss, "train_loss": 1 - loss} for k, loss in losses]
    lit.step = 45
    lit.enter(1, Stage(lr=0.1), first=20, end=70)
    told = Progress(done=0.5, epochs=2.5, earlier=2.0, losses=[0.6, 0.7], train_losses=[1 - 0.6, 1 - 0.7], lr=0.1)
    assert lit.progress() == told and lit.rate() == 0.05
    lit.schedule = Plateau(0.5, 1, 0.0, 1e-8, "training")
    assert lit.rate() == 0.1, "the training loss still falls"


def test_a_plateau_watches_one_of_two_losses() -> None:
    falls, stays = [3.0, 2.0, 1.0], [1.0, 1.0, 1.0]
    rates = {watched: Plateau(0.5, 2, 0.0, 0.0, watched)(Progress(0.0, losses=falls, train_losses=stays))
             for watched in ("validation", "training")}  # fmt: skip
    assert rates == {"validation": 1.0, "training": 0.5}
    with pytest.raises(ZooError, match="scheduler.watches=accuracy: choose validation or training"):
        Plateau(0.5, 2, 0.0, 0.0, "accuracy")
