"""The head does what zoo expects of one, and what its author meant."""

import math

import torch

from zoo.schema import Classes
from zoo.testing import HeadConformance


class TestTemplateHead(HeadConformance):
    name = "template_head"


def test_loss_is_the_mean_surprise():
    head = TestTemplateHead().build({"dropout": 0.0}, schema=Classes(("smooth", "disk")), num_features=3)
    outputs, target = torch.tensor([[0.0, 1.0], [2.0, 0.0], [5.0, 5.0]]), torch.tensor([1, 1, -1])
    by_hand = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(2))) / 2
    assert math.isclose(head.loss(outputs, target).item(), by_hand, rel_tol=1e-6)
