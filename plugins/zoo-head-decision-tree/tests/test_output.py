"""The output layer equals the published one to rounding, and every tree's fractions obey that tree."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo_head_decision_tree.normalisation import EPSILON
from zoo_head_decision_tree.output import fractions

from zoo.schema import Question, VoteFractions

from . import reference
from .trees import reordered, trees, trees_with_outputs

TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}
CHAIN = VoteFractions(
    (
        Question("Q1", ("a", "b")),
        Question("Q2", ("c", "d"), parent="b"),
        Question("Q3", ("e", "f"), parent="c"),
        Question("Q4", ("g", "h")),
    )
)


def violation(found, outputs, tree):
    """By how much a question's answers miss the sum they must have: the parent's fraction, where any output is > 0."""
    worst = 0.0
    for columns, parent in zip(tree.slices, tree.parents, strict=True):
        total = np.maximum(outputs[:, columns], 0).sum(axis=1, dtype=float)
        due = (1.0 if parent is None else found[:, parent]) * total / (total + EPSILON)
        worst = max(worst, np.abs(found[:, columns].sum(axis=1) - due).max())
    return worst


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", range(5))
def test_golden_fractions(golden, galaxy_zoo, case, dtype):
    case = golden["cases"][case]
    found = fractions(torch.tensor([case["z"]], dtype=dtype), galaxy_zoo)[0].double()
    assert found.numpy() == pytest.approx(np.array(case["prediction"]), abs=TOLERANCE[dtype], rel=0)
    sums = {f"Q{k + 1}": found[columns].sum().item() for k, columns in enumerate(galaxy_zoo.slices)}
    assert sums == pytest.approx(case["question_sums"], abs=TOLERANCE[dtype] * 7, rel=0)


def test_the_columns_of_the_challenge_are_those_of_the_published_layer(golden, galaxy_zoo):
    assert [[where.start, where.stop] for where in galaxy_zoo.slices] == golden["question_slices"]
    assert [tuple(gate) for gate in golden["gating_in_order_parent_from_to"]] == reference.GATES
    assert golden["epsilon"] == EPSILON


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-3, 1.0, 1e4]))
def test_the_37_columns_equal_the_published_order_of_operations(galaxy_zoo, seed, size):
    outputs = np.random.default_rng(seed).normal(scale=size, size=(5, 37))
    for dtype, tolerance in TOLERANCE.items():
        found = fractions(torch.tensor(outputs, dtype=dtype), galaxy_zoo).double().numpy()
        assert np.abs(found - reference.galaxy_zoo(outputs)).max() <= tolerance


@given(trees_with_outputs())
def test_fractions_equal_the_reference_for_any_tree(drawn):
    tree, outputs = drawn
    found = fractions(torch.from_numpy(outputs).double(), tree).numpy()
    assert np.abs(found - reference.fractions(outputs, tree)).max() <= 1e-12


@given(trees_with_outputs())
def test_answers_lie_in_0_to_1_and_sum_to_their_parent(drawn):
    tree, outputs = drawn
    for dtype, tolerance in TOLERANCE.items():
        found = fractions(torch.from_numpy(outputs).to(dtype), tree).numpy()
        assert found.min() >= 0 and found.max() <= 1
        assert violation(found, outputs, tree) <= tolerance


@given(st.data())
def test_another_order_of_columns_gives_the_same_fractions(data):
    tree, outputs = data.draw(trees_with_outputs())
    other = data.draw(reordered(tree))
    columns = [tree.columns.index(name) for name in other.columns]
    outputs = torch.from_numpy(outputs).double()
    expected = fractions(outputs, tree)[:, columns]
    torch.testing.assert_close(fractions(outputs[:, columns], other), expected, rtol=0, atol=1e-12)


@given(trees_with_outputs())
def test_gradients_are_finite(drawn):
    tree, outputs = drawn
    outputs = torch.from_numpy(outputs).requires_grad_()
    fractions(outputs, tree).square().sum().backward()
    assert outputs.grad.isfinite().all()


@settings(max_examples=30)
@given(trees(max_questions=5), st.integers(0, 2**32 - 1))
def test_gradients_equal_finite_differences(tree, seed):
    random = np.random.default_rng(seed)
    shape = (2, len(tree.columns))
    outputs = torch.tensor(random.uniform(0.2, 1, shape) * random.choice([-1, 1], shape), requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: fractions(values, tree), outputs)


def test_a_dead_question_is_zero_gets_no_gradient_and_silences_what_follows():
    outputs = torch.tensor([[0.4, 0.6, -0.3, 0.0, 0.7, 0.3, 0.2, 0.8]], dtype=torch.float64, requires_grad=True)
    found = fractions(outputs, CHAIN)
    found.square().sum().backward()
    gradient = dict(zip(CHAIN.columns, outputs.grad[0].tolist(), strict=True))
    values = dict(zip(CHAIN.columns, found[0].tolist(), strict=True))
    assert {name: values[name] for name in "cdef"} == dict.fromkeys("cdef", 0)
    assert {name: gradient[name] for name in "cdef"} == dict.fromkeys("cdef", 0)
    assert all(gradient[name] for name in "abgh"), "questions beside the dead one go on learning"


def test_a_dead_root_silences_its_whole_branch_and_nothing_else():
    outputs = torch.tensor([[-1.0, -1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]])
    assert fractions(outputs, CHAIN).tolist() == [[0, 0, 0, 0, 0, 0, 0.5, 0.5]]


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_outputs_are_normalised_in_float32(galaxy_zoo, half):
    outputs = torch.randn(8, 37, generator=torch.Generator().manual_seed(0)).to(half)
    outputs[0] = 0
    with torch.autocast("cpu", torch.bfloat16):
        found = fractions(outputs, galaxy_zoo)
    assert found.dtype == torch.float32
    assert torch.equal(found, fractions(outputs.float(), galaxy_zoo)) and not found[0].any()


@pytest.mark.parametrize("broken", [torch.nan, torch.inf])
def test_an_output_that_is_no_number_is_no_fraction(broken):
    outputs = torch.full((2, 8), 0.5)
    outputs[1, 2] = broken
    found = fractions(outputs, CHAIN)
    assert found[1, 2].isnan() and found[0].isfinite().all()
    assert found[1, [0, 1, 6, 7]].isfinite().all(), "questions beside and before it are untouched"
