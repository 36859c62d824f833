"""The likelihood equals scipy's, keeps its digits at every size, and is silent where nobody was asked."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from zoo_head_decision_tree.likelihood import log_likelihood, log_rising

from zoo.schema import Question, VoteCounts

from . import reference, volunteers
from .trees import trees

TREE = VoteCounts(
    (Question("Q1", ("a", "b", "c")), Question("Q2", ("d", "e"), parent="b"), Question("Q3", ("f", "g"), parent="d"))
)


def drawn(tree, seed, n=5, most=40):
    """Concentrations from 0.01 to 10,000, and votes that obey the tree."""
    random = np.random.default_rng(seed)
    concentrations = 10 ** random.uniform(-2, 4, (n, len(tree.columns)))
    return concentrations, volunteers.votes(volunteers.chances(concentrations, tree, random), tree, most, random)


@given(trees(), st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_it_equals_the_sum_of_scipys_over_the_questions_of_any_tree(tree, seed):
    tree = VoteCounts(tree.questions)
    concentrations, votes = drawn(tree, seed)
    expected = reference.log_likelihood(concentrations, votes, tree)
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-5)):
        found = log_likelihood(torch.tensor(concentrations, dtype=dtype), torch.tensor(votes), tree)
        assert found.dtype == dtype
        np.testing.assert_allclose(found.double().numpy(), expected, rtol=tolerance, atol=100 * tolerance)


def test_probabilities_of_all_outcomes_sum_to_one():
    outcomes = torch.tensor([[i, j, 7 - i - j, 0, 0, 0, 0] for i in range(8) for j in range(8 - i)]).double()
    for concentration in (0.01, 1.0, 300.0):
        own = torch.tensor([concentration, 2.0, 0.5, 1.0, 1.0, 1.0, 1.0]).double().expand(len(outcomes), 7)
        assert log_likelihood(own, outcomes, TREE).exp().sum().item() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 5e-6), (torch.float64, 1e-9)])
def test_rising_factorials_keep_their_digits_from_tiny_to_huge(dtype, tolerance):
    random = np.random.default_rng(0)
    x = np.float32(10 ** random.uniform(-4, 6, 20000)).astype(float)
    n = np.floor(10 ** random.uniform(0, 6, 20000)) - 1
    expected = gammaln(x + n) - gammaln(x)
    found = log_rising(torch.tensor(x, dtype=dtype), torch.tensor(n, dtype=dtype)).double().numpy()
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    assert not log_rising(torch.tensor(x, dtype=dtype), torch.zeros(20000, dtype=dtype)).any()


@settings(max_examples=20)
@given(trees(max_questions=4), st.integers(0, 2**32 - 1))
def test_gradients_equal_finite_differences(tree, seed):
    tree = VoteCounts(tree.questions)
    concentrations, votes = drawn(tree, seed, n=2)
    logs = torch.tensor(np.log(concentrations), requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: log_likelihood(x.exp(), torch.tensor(votes), tree), logs, atol=1e-4)


@pytest.mark.parametrize("nothing", [0.0, torch.nan])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_question_without_votes_adds_an_exact_zero_and_has_no_gradient(dtype, nothing):
    random = torch.Generator().manual_seed(0)
    own = torch.exp(4 * torch.randn(50, 7, generator=random)).to(dtype).requires_grad_()
    votes = torch.tensor([[9.0, 8, 3, 0, 0, 0, 0]]).repeat(50, 1)
    votes[:, 3:] = nothing
    first = VoteCounts(TREE.questions[:1])
    found = log_likelihood(own, votes, TREE)
    found.sum().backward()
    assert torch.equal(found, log_likelihood(own[:, :3], votes[:, :3], first))
    assert not own.grad[:, 3:].any() and own.grad[:, :3].all()


@pytest.mark.parametrize("concentration", [1e-4, 1.0, 1e6])
@pytest.mark.parametrize("count", [0.0, 1.0, 1e6])
def test_tiny_and_huge_numbers_stay_finite(concentration, count):
    own = torch.full((1, 7), concentration, requires_grad=True)
    found = log_likelihood(own, torch.tensor([[count, 0, 0, 0, 0, 0, 0]]), TREE)
    found.sum().backward()
    assert found.isfinite().all() and own.grad.isfinite().all() and found <= 1e-3


def test_an_infinite_certainty_is_the_multinomial():
    from scipy.stats import multinomial

    own, votes = torch.tensor([[2e6, 3e6, 5e6, 1, 1, 1, 1]]), torch.tensor([[10.0, 12, 18, 0, 0, 0, 0]])
    expected = multinomial.logpmf([10, 12, 18], 40, [0.2, 0.3, 0.5])
    assert log_likelihood(own, votes, TREE).item() == pytest.approx(expected, abs=1e-4)


def test_a_network_that_broke_does_not_look_like_one_that_works():
    own = torch.ones(2, 7)
    own[1, 1] = torch.nan
    found = log_likelihood(own, torch.tensor([[1.0, 2, 3, 2, 0, 1, 1]]).repeat(2, 1), TREE)
    assert found[0].isfinite() and found[1].isnan()
