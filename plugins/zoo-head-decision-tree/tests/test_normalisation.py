"""Every output of the head obeys the tree, equals a slow reference, has the right gradient and finds its start."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo_head_decision_tree.head import DecisionTree
from zoo_head_decision_tree.normalisation import NORMALISATIONS
from zoo_head_decision_tree.output import broken_sums, fractions

from zoo.schema import Question, VoteFractions

from . import reference
from .trees import trees, trees_with_outputs

TREE = VoteFractions((Question("Q1", ("a", "b")), Question("Q2", ("c", "d", "e"), parent="b")))
NEVER_DEAD = ("softmax", "thresholded_softmax", "softplus")
every_output = pytest.mark.parametrize("output", NORMALISATIONS)


def away_from_corners(tree, seed, n=2):
    """Outputs of either sign, none near 0 or 1, where clipping has its corners."""
    random = np.random.default_rng(seed)
    shape = (n, len(tree.columns))
    return torch.tensor(random.uniform(0.2, 0.8, shape) * random.choice([-1, 1], shape), requires_grad=True)


@every_output
@given(drawn=trees_with_outputs())
def test_fractions_equal_the_reference_for_any_tree(output, drawn):
    tree, outputs = drawn
    for dtype, tolerance in ((torch.float32, 2e-6), (torch.float64, 1e-12)):
        found = fractions(torch.from_numpy(outputs).to(dtype), tree, output).double().numpy()
        if dtype == torch.float64 or output not in ("softplus", "softmax", "thresholded_softmax"):
            assert np.abs(found - reference.fractions(outputs, tree, output)).max() <= tolerance


@every_output
@given(drawn=trees_with_outputs())
def test_answers_lie_in_0_to_1_and_sum_to_their_parent_or_are_dead(output, drawn):
    tree, outputs = drawn
    found = fractions(torch.from_numpy(outputs).double(), tree, output)
    assert found.min() >= 0 and found.max() <= 1 + 1e-12
    for where, parent in zip(tree.slices, tree.parents, strict=True):
        due = torch.ones(len(found), dtype=torch.float64) if parent is None else found[:, parent]
        total = found[:, where].sum(1)
        dead = torch.from_numpy(outputs[:, where]).amax(1) <= 1e-3
        held = (total - due).abs() <= 1e-8
        assert (held if output in NEVER_DEAD else held | dead).all()


@every_output
@given(drawn=trees_with_outputs())
def test_gradients_are_finite(output, drawn):
    tree, outputs = drawn
    outputs = torch.from_numpy(outputs).requires_grad_()
    fractions(outputs, tree, output).square().sum().backward()
    assert outputs.grad.isfinite().all()


@every_output
@settings(max_examples=15)
@given(tree=trees(max_questions=4), seed=st.integers(0, 2**32 - 1))
def test_gradients_equal_finite_differences(output, tree, seed):
    outputs = away_from_corners(tree, seed)
    assert torch.autograd.gradcheck(lambda values: fractions(values, tree, output), outputs)


@settings(max_examples=15)
@given(tree=trees(max_questions=4), seed=st.integers(0, 2**32 - 1))
def test_with_stop_gradient_the_gradient_is_that_of_shares_with_parents_as_constants(tree, seed):
    outputs = away_from_corners(tree, seed)
    weigh = torch.tensor(np.random.default_rng(seed).normal(size=outputs.shape))
    constants = fractions(outputs, tree).detach()

    def with_constants(values):
        alone = VoteFractions(tuple(Question(q.name, q.answers) for q in tree.questions))
        due = [torch.ones_like(constants[:, :1]) if p is None else constants[:, [p]] for p in tree.parents]
        widths = [len(q.answers) for q in tree.questions]
        gates = torch.cat([weight.expand(-1, width) for weight, width in zip(due, widths, strict=True)], dim=1)
        return fractions(values, alone) * gates

    torch.testing.assert_close(with_constants(outputs), fractions(outputs, tree, stop_gradient=True))
    expected = torch.autograd.grad((with_constants(outputs) * weigh).sum(), outputs)[0]
    found = torch.autograd.grad((fractions(outputs, tree, stop_gradient=True) * weigh).sum(), outputs)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("output", NEVER_DEAD)
def test_what_a_softmax_knows_cannot_die(output):
    outputs = torch.full((1, 5), -50.0, requires_grad=True)
    found = fractions(outputs, TREE, output)
    found[0, 0].backward()
    assert found[0].tolist() == pytest.approx([0.5, 0.5, 1 / 6, 1 / 6, 1 / 6]) and outputs.grad[0, :2].all()


def test_a_thresholded_softmax_gives_exact_zeros_below_a_hundredth_of_the_likeliest():
    below, above = np.log(0.0098), np.log(0.0100)  # the threshold is 0.01 / 1.01
    found = fractions(torch.tensor([[0.0, below, 0, 0, 0], [0.0, above, 0, 0, 0]]), TREE, "thresholded_softmax")
    assert found[0].tolist()[:2] == [1, 0] and not found[0, 2:].any()
    assert 0 < found[1, 1] < 2e-4


def test_the_loss_of_clipped_outputs_is_their_error_and_what_their_sums_miss():
    head = DecisionTree(TREE, 3, 0.0, "mean", "clipped", False)
    outputs = torch.tensor(np.random.default_rng(0).uniform(-0.2, 1.2, (6, 5)))
    target = fractions(torch.rand(6, 5, dtype=torch.float64), TREE)
    target[4, 2], target[5] = torch.nan, torch.nan
    unbound = reference.fractions(outputs.numpy(), TREE, "clipped", bound=False)
    known = ~target.isnan().numpy()
    error = np.mean((unbound - target.numpy())[known] ** 2)
    penalty = reference.broken_sums(unbound, known, TREE)
    assert head.loss(outputs, target).item() == pytest.approx(error + penalty, abs=1e-12)
    assert penalty > 0.01
    head.normalise = False
    assert head.loss(outputs, target).item() == pytest.approx(
        np.mean((outputs.clamp(0, 1) - target).numpy()[known] ** 2), abs=1e-12
    )


def test_clipped_outputs_that_keep_the_sums_are_not_penalised():
    outputs = torch.tensor([[0.25, 0.75, 0.5, 0.25, 0.25]], dtype=torch.float64)
    found, known = fractions(outputs, TREE, "clipped", bound=False), torch.ones(1, 5, dtype=torch.bool)
    assert broken_sums(found, known, TREE, False) == 0
    torch.testing.assert_close(found, fractions(outputs, TREE, "clipped"))


@pytest.mark.parametrize("stop_gradient, blamed", [(False, True), (True, False)])
def test_a_broken_sum_blames_the_parent_unless_it_counts_as_a_constant(stop_gradient, blamed):
    cumulative = torch.tensor([[0.5, 0.5, 0.5, 0.5, 0.5]], requires_grad=True)
    broken_sums(cumulative, torch.ones(1, 5, dtype=torch.bool), TREE, stop_gradient).backward()
    assert bool(cumulative.grad[0, 1]) == blamed and cumulative.grad[0, 2:].all()


@every_output
@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_outputs_are_normalised_in_float32(output, half):
    outputs = torch.randn(8, 5, generator=torch.Generator().manual_seed(0)).to(half)
    with torch.autocast("cpu", torch.bfloat16):
        found = fractions(outputs, TREE, output)
    assert torch.equal(found, fractions(outputs.float(), TREE, output)) and found.dtype == torch.float32


@every_output
def test_an_output_that_is_no_number_is_no_fraction(output):
    outputs = torch.full((2, 5), 0.5)
    outputs[1, 2] = torch.nan
    found = fractions(outputs, TREE, output)
    assert found[1, 2].isnan() and found[0].isfinite().all() and found[1, :2].isfinite().all()
