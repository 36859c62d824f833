"""The Dirichlet head says how sure it may be: its intervals cover what they claim, and votes alone move it."""

import numpy as np
import pytest
import torch
from scipy.stats import beta
from zoo_head_decision_tree.dirichlet import Dirichlet
from zoo_head_decision_tree.likelihood import log_likelihood
from zoo_head_decision_tree.shares import cumulative, reached, shares

from zoo.errors import Incompatible, ZooError
from zoo.head import check_schema
from zoo.metrics import summarise
from zoo.schema import Question, VoteCounts, VoteFractions

from . import reference, volunteers


@pytest.fixture(scope="module")
def tree(galaxy_zoo) -> VoteCounts:
    return VoteCounts(galaxy_zoo.questions)


def head_for(tree, num_features=20, dropout=0.0, lowest=0.01, highest=1e4):
    torch.manual_seed(0)
    return Dirichlet(tree, num_features, dropout, lowest, highest)


def survey(tree, n, seed, num_features=6):
    """Features, the chances that the volunteers have, and their votes; concentrations follow from the features."""
    law, random = np.random.default_rng(0), np.random.default_rng(seed)
    weights = law.normal(scale=0.4, size=(num_features, len(tree.columns)))
    features = random.normal(size=(n, num_features))
    chances = volunteers.chances(np.exp(1 + features @ weights), tree, random)
    votes = volunteers.votes(chances, tree, 40, random)
    return torch.tensor(features).float(), chances, torch.tensor(votes).float()


def trained(head, features, votes, steps=200):
    """The head after some steps of full batches."""
    head.start_from(head.schema.baseline(votes.numpy()))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        head.loss(head(features), votes).backward()
        optimizer.step()
    return head.eval()


def covered(columns, chances, tree):
    """Which chances [galaxy answer] lie in their interval."""
    low, high = (
        np.stack([columns[f"{name}_{end}"].detach().numpy() for name in tree.columns], 1) for end in ("low", "high")
    )
    return (low <= chances) & (chances <= high)


def test_a_head_that_learnt_from_votes_covers_nine_of_ten_chances_of_1000_other_galaxies(tree):
    features, _, votes = survey(tree, 3000, seed=1)
    head = trained(head_for(tree, num_features=6), features, votes)
    features, chances, _ = survey(tree, 1000, seed=2)
    inside = covered(head.predict(head(features)), chances, tree)
    assert inside.mean() == pytest.approx(0.9, abs=0.03)
    for question, where in zip(tree.questions, tree.slices, strict=True):
        few = 0.05 if question.name in ("Class8", "Class9", "Class10", "Class11") else 0.03  # who were rarely asked
        assert inside[:, where].mean() == pytest.approx(0.9, abs=few), question.name


def test_the_true_concentrations_cover_nine_of_ten_chances_of_every_answer(tree):
    head, random = head_for(tree), np.random.default_rng(3)
    outputs = torch.randn(1000, 37, generator=torch.Generator().manual_seed(3)) - 1
    chances = volunteers.chances(head.concentrations(outputs).numpy(), tree, random)
    inside = covered(head.predict(outputs), chances, tree)
    assert np.abs(inside.mean(0) - 0.9).max() < 0.03


def test_intervals_are_quantiles_of_the_marginal_beta_distributions(tree):
    head, outputs = head_for(tree), torch.randn(30, 37)
    columns, own = head.predict(outputs), head.concentrations(outputs).double().numpy()
    for where in tree.slices:
        total = own[:, where].sum(1)
        for k in range(where.start, where.stop):
            name, others = tree.columns[k], total - own[:, k]
            np.testing.assert_allclose(columns[name], own[:, k] / total, rtol=1e-5)
            np.testing.assert_allclose(columns[f"{name}_low"], beta.ppf(0.05, own[:, k], others), atol=1e-5)
            np.testing.assert_allclose(columns[f"{name}_high"], beta.ppf(0.95, own[:, k], others), atol=1e-5)


def test_columns_give_back_every_concentration(tree):
    head, outputs = head_for(tree), torch.randn(30, 37)
    columns, own = head.predict(outputs), head.concentrations(outputs)
    for question, where in zip(tree.questions, tree.slices, strict=True):
        found = [columns[answer] * columns[f"{question.name}_concentration"] for answer in question.answers]
        torch.testing.assert_close(torch.stack(found, 1), own[:, where])


def test_a_question_is_asked_as_often_as_the_answers_before_it_are_expected(tree):
    columns = head_for(tree).predict(torch.randn(30, 37))
    assert (columns["Class1_asked"] == 1).all() and (columns["Class6_asked"] == 1).all()
    expected = columns["Class1.2"] * columns["Class2.2"] * columns["Class4.1"]
    torch.testing.assert_close(columns["Class11_asked"], expected)


def test_volunteers_come_to_a_question_as_often_as_is_said(tree):
    random, outputs = np.random.default_rng(4), torch.randn(1, 37)
    head = head_for(tree)
    own = head.concentrations(outputs).numpy().repeat(40000, 0)
    votes = volunteers.votes(volunteers.chances(own, tree, random), tree, 40, random)
    columns = head.predict(outputs)
    for question, where in zip(tree.questions, tree.slices, strict=True):
        assert votes[:, where].sum(1).mean() / 40 == pytest.approx(columns[f"{question.name}_asked"].item(), abs=0.01)


def test_own_columns_are_described_and_have_names_that_every_format_takes(tree):
    head = head_for(tree)
    columns = list(head.predict(torch.zeros(1, 37)))
    assert columns[:37] == list(tree.columns) and set(columns[37:]) == set(head.descriptions())
    assert max(map(len, columns)) <= 68 and len({name.lower() for name in columns}) == len(columns)


def test_the_loss_is_minus_the_mean_log_likelihood_of_galaxies_with_votes(tree):
    features, _, votes = survey(tree, 12, seed=5)
    head = head_for(tree, num_features=6)
    outputs = head(features)
    votes[9:] = torch.tensor([0.0, torch.nan, 0.0])[:, None]
    expected = -reference.log_likelihood(head.concentrations(outputs[:9]).detach(), votes[:9], tree).sum() / 9
    assert head.loss(outputs, votes).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("nothing", [0.0, torch.nan])
def test_questions_without_votes_do_not_move_the_weights(tree, nothing):
    head = head_for(tree)
    votes = torch.zeros(8, 37)
    votes[:, 3:] = nothing
    votes[:, :3] = torch.tensor([30.0, 0.0, 10.0])
    head.loss(head(torch.randn(8, 20)), votes).backward()
    assert head.answers.weight.grad[:3].all()
    assert not head.answers.weight.grad[3:].any() and not head.answers.bias.grad[3:].any()


@pytest.mark.parametrize("nothing", [0.0, torch.nan])
def test_a_batch_without_votes_has_no_loss_and_no_gradient(tree, nothing):
    outputs = torch.randn(3, 37, requires_grad=True)
    loss = head_for(tree).loss(outputs, torch.full((3, 37), nothing))
    loss.backward()
    assert loss.item() == 0 and not outputs.grad.any()


@pytest.mark.parametrize("size", [0.0, 1.0, 100.0, 1e30])
@pytest.mark.parametrize("count", [1.0, 1e5])
def test_extreme_outputs_and_counts_give_finite_numbers(tree, size, count):
    head = head_for(tree)
    outputs = (size * torch.randn(4, 37)).requires_grad_()
    votes = torch.zeros(4, 37)
    votes[:, [0, 14, 15]] = count
    loss = head.loss(outputs, votes)
    loss.backward()
    assert loss.isfinite() and outputs.grad.isfinite().all()
    assert all(values.isfinite().all() for values in head.predict(outputs.detach()).values())


def test_gradients_of_the_loss_equal_finite_differences(tree):
    _, _, votes = survey(tree, 3, seed=6)
    outputs = torch.randn(3, 37, dtype=torch.float64, requires_grad=True)
    head = head_for(tree).double()
    assert torch.autograd.gradcheck(lambda values: head.loss(values, votes.double()), outputs, atol=1e-4)


def test_autocast_changes_no_output_loss_or_prediction(tree):
    features, _, votes = survey(tree, 6, seed=7)
    head = head_for(tree, num_features=6)
    expected = head(features)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = head(features)
        loss, predictions = head.loss(outputs, votes), head.predict(outputs)
    alone = head.predict(expected)
    assert torch.equal(outputs, expected) and torch.equal(loss, head.loss(expected, votes))
    assert all(torch.equal(values, alone[name]) for name, values in predictions.items())
    assert loss.dtype == torch.float32
    half = head.loss(expected.bfloat16(), votes)
    assert half.dtype == torch.float32 and torch.equal(half, head.loss(expected.bfloat16().float(), votes))


def test_the_untrained_head_predicts_the_baseline(tree):
    _, _, votes = survey(tree, 200, seed=8)
    baseline = tree.baseline(votes.numpy())
    head = head_for(tree)
    head.start_from(baseline)
    columns = head.predict(head(torch.zeros(1, 20)))
    found = [columns[name].item() for name in tree.columns]
    np.testing.assert_allclose(found, baseline, atol=0.01)
    assert columns["Class1_concentration"].item() == pytest.approx(3, rel=0.01)


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_an_answer_that_nobody_gave_can_still_be_learnt(tree, nothing):
    baseline = tree.baseline(survey(tree, 50, seed=9)[2].numpy())
    baseline[[8, *range(18, 25)]] = nothing
    head = head_for(tree)
    head.start_from(baseline)
    outputs = head(torch.zeros(1, 20)).detach().requires_grad_()
    head.loss(outputs, torch.full((1, 37), 3.0)).backward()
    assert outputs.grad.isfinite().all() and (outputs.grad.abs() > 1e-3).all()
    columns = head.predict(outputs.detach())
    assert [columns[f"Class8.{k}"].item() for k in range(1, 8)] == pytest.approx([1 / 7] * 7)


def test_a_question_with_one_answer_has_no_doubt():
    columns = head_for(VoteCounts((Question("Q", ("only",)),))).predict(torch.randn(2, 1))
    assert all((columns[name] == 1).all() for name in ("only", "only_low", "only_high", "Q_asked"))


def test_metrics_leave_out_questions_that_nobody_was_asked(tree):
    _, _, votes = survey(tree, 40, seed=10)
    predictions = shares(torch.rand(40, 37), tree)
    metrics = head_for(tree).metrics()
    for part in (slice(0, 7), slice(7, 40)):
        metrics.update(predictions[part], votes[part])
    found = metrics.compute()
    assert list(found) == ["rmse", *(f"rmse/Class{number}" for number in range(1, 12)), "rmse_cumulative"]
    squares = []
    for galaxy in range(40):
        for where in tree.slices:
            asked = votes[galaxy, where].sum()
            squares += [] if asked == 0 else ((predictions[galaxy, where] - votes[galaxy, where] / asked) ** 2).tolist()
    assert found["rmse"].item() == pytest.approx(np.mean(squares) ** 0.5, rel=1e-5)


def test_the_cumulative_error_is_that_of_fractions_of_all_volunteers(tree):
    _, _, votes = survey(tree, 40, seed=11)
    predictions = shares(torch.rand(40, 37), tree)
    by_name = [dict(zip(tree.columns, row.tolist(), strict=True)) for row in predictions]
    expected = np.array([reference.cumulative(row, tree) for row in by_name])
    np.testing.assert_allclose(cumulative(predictions, tree), expected, atol=1e-6)
    np.testing.assert_allclose(cumulative(shares(votes, tree), tree), votes / 40, atol=1e-6)
    metrics = head_for(tree).metrics()
    metrics.update(predictions, votes)
    wanted = np.sqrt(((expected - votes.numpy() / 40) ** 2).mean())
    assert metrics.compute()["rmse_cumulative"].item() == pytest.approx(wanted, rel=1e-5)


def test_cumulative_fractions_obey_the_tree_of_fractions(tree):
    found = cumulative(shares(torch.rand(9, 37), tree), tree)
    ways = reached(shares(torch.rand(9, 37), tree), tree)
    assert ways.shape == (9, 11)
    for where, parent in zip(tree.slices, tree.parents, strict=True):
        due = torch.ones(9) if parent is None else found[:, parent]
        torch.testing.assert_close(found[:, where].sum(1), due)


def test_metrics_have_intervals_and_the_baselines_beside_them(tree):
    _, _, votes = survey(tree, 60, seed=12)
    votes[50:] = torch.nan
    baseline = tree.baseline(votes.numpy())
    found = summarise(head_for(tree).metrics, shares(votes, tree).nan_to_num(), votes, baseline, resamples=5)
    assert found["rmse"]["value"] == 0 and found["rmse_cumulative"]["value"] < 1e-6
    assert all(metric["baseline"] > 0.05 for metric in found.values())


def test_own_names_that_an_answer_has_already_are_refused():
    tree = VoteCounts((Question("Q", ("a", "a_low")),))
    with pytest.raises(ZooError, match="The answer a_low has the name of a column that the head dirichlet writes"):
        head_for(tree)


@pytest.mark.parametrize("lowest, highest", [(0.0, 1.0), (2.0, 1.0), (1.0, float("inf")), (-1.0, 1.0)])
def test_a_range_that_is_none_is_refused(tree, lowest, highest):
    with pytest.raises(ZooError, match=r"head\.lowest=.* are no range: choose 0 < lowest < highest"):
        head_for(tree, lowest=lowest, highest=highest)


def test_fractions_are_incompatible(galaxy_zoo):
    with pytest.raises(Incompatible, match="Dirichlet learns votes, the dataset states fractions"):
        check_schema(Dirichlet, VoteFractions(galaxy_zoo.questions))


def test_the_likelihood_is_the_loss_of_one_galaxy(tree):
    _, _, votes = survey(tree, 1, seed=13)
    head, outputs = head_for(tree), torch.randn(1, 37)
    found = log_likelihood(head.concentrations(outputs), votes, tree)
    assert head.loss(outputs, votes).item() == pytest.approx(-found.item())
