"""Stochastic pooling draws by the values, and at evaluation gives the mean of what it draws."""

import numpy as np
import pytest
import torch
from zoo_architecture_gz_convnet.pooling import Pool, StochasticPool

from . import reference


def expected_value(block: np.ndarray) -> float:
    """The mean of a block's values, each as likely as it is large."""
    return (block * block).sum() / block.sum() if block.any() else 0.0


def maps(seed: int, size: int) -> torch.Tensor:
    """Rectified noise, with blocks of zeros."""
    noise = torch.randn(3, 4, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).relu()
    noise[:, :, :4, :4] = 0
    return noise


@pytest.mark.parametrize("size, block, stride", [(8, 2, 2), (7, 2, 2), (9, 3, 2), (8, 3, 2), (10, 4, 3), (6, 3, 1)])
def test_evaluation_gives_the_mean_under_the_chances(size: int, block: int, stride: int):
    images = maps(size, size)
    found = StochasticPool(Pool("stochastic", block, stride)).eval()(images)
    expected = np.stack([reference.pooled(part, block, stride, expected_value) for part in images.numpy()])
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=0)
    assert found.shape[-1] == Pool("stochastic", block, stride).of(size)


def test_training_draws_each_pixel_as_often_as_it_is_large():
    torch.manual_seed(0)
    images = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).expand(20_000, 1, 2, 2)
    drawn = StochasticPool(Pool("stochastic", 2, 2)).train()(images).flatten()
    shares = [(drawn == value).double().mean().item() for value in (1, 2, 3, 4)]
    assert shares == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.015)
    torch.manual_seed(0)
    assert torch.equal(StochasticPool(Pool("stochastic", 2, 2)).train()(images).flatten(), drawn)


@pytest.mark.parametrize("size", [8, 7])
def test_what_is_drawn_lies_in_its_block_and_takes_the_gradient(size: int):
    images = maps(1, size).requires_grad_()
    drawn = StochasticPool(Pool("stochastic", 2, 2)).train()(images)
    drawn.sum().backward()
    largest = reference.pooled(images.detach().numpy()[0])
    assert (drawn[0].detach().numpy() <= largest).all() and not drawn[:, :, :2, :2].any()
    assert set(images.grad.unique().tolist()) == {0.0, 1.0}
    assert ((drawn > 0).sum() == (images.grad.bool() & (images > 0)).sum()).item()
