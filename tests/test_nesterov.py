"""Nesterov momentum across a drop of the learning rate (spec D13)."""

import json

import pytest
import torch
from torch.optim import SGD

from zoo.nesterov import Nesterov


def walk(optimizer: torch.optim.Optimizer, weight: torch.nn.Parameter, steps: list[dict]) -> list[float]:
    """The weight after each step with its own rate and gradient."""
    weights = []
    for step in steps:
        optimizer.param_groups[0]["lr"] = step["lr"]
        weight.grad = torch.full_like(weight, step["grad"])
        optimizer.step()
        weights.append(weight.item())
    return weights


def scalar() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.ones((), dtype=torch.float64))


def test_nesterov_lr_drop(shared) -> None:
    """Six steps, the rate drops at the fourth: the published weights to 1e-12, and not those of torch's SGD."""
    golden = json.loads((shared / "spec/golden/optimiser.json").read_text())["nesterov"]
    ours, torchs = scalar(), scalar()
    found = walk(Nesterov([ours], lr=0.04, momentum=0.9, nesterov=True), ours, golden["steps"])
    assert found == pytest.approx([step["w"] for step in golden["steps"]], abs=1e-12)
    other = walk(SGD([torchs], lr=0.04, momentum=0.9, nesterov=True), torchs, golden["steps"])
    assert other == pytest.approx(golden["torch_sgd_nesterov_w"], abs=1e-12)


def test_it_is_torchs_sgd_while_the_rate_stays() -> None:
    steps = [{"lr": 0.1, "grad": g} for g in (1.0, -2.0, 0.5)]
    ours, torchs = scalar(), scalar()
    options = {"lr": 0.1, "momentum": 0.9, "nesterov": True}
    assert walk(Nesterov([ours], **options), ours, steps) == walk(SGD([torchs], **options), torchs, steps)


def test_a_drop_between_two_stages_is_a_drop_too() -> None:
    """The state that a checkpoint carries knows at which rate its velocity was gathered."""
    steps = [{"lr": 0.1, "grad": 1.0}, {"lr": 0.01, "grad": 0.5}]
    options = {"lr": 0.1, "momentum": 0.9, "nesterov": True}
    whole, parted = scalar(), scalar()
    expected = walk(Nesterov([whole], **options), whole, steps)
    first = Nesterov([parted], **options)
    found = walk(first, parted, steps[:1])
    second = Nesterov([parted], **options | {"lr": 0.01})
    second.state[parted] = dict(first.state[parted])
    assert found + walk(second, parted, steps[1:]) == expected
