"""The decision-tree head learns what it should from the labels that are there, and starts from their mean."""

import numpy as np
import pytest
import torch
from zoo_head_decision_tree.head import DecisionTree
from zoo_head_decision_tree.normalisation import NORMALISATIONS

from zoo.errors import Incompatible, ZooError
from zoo.head import check_schema
from zoo.schema import Classes, VoteCounts


def head_for(tree, num_features=20, dropout=0.5, init="mean", output="relu", stop_gradient=False):
    torch.manual_seed(0)
    return DecisionTree(tree, num_features, dropout, init, output, stop_gradient)


def labels(tree, n, seed=0):
    """Random fractions that obey the tree."""
    head = head_for(tree)
    outputs = torch.rand(n, len(tree.columns), generator=torch.Generator().manual_seed(seed))
    return torch.stack(list(head.predict(outputs).values()), dim=1)


@pytest.mark.parametrize("normalise, key", [(True, "mse_vs_target"), (False, "mse_no_normalisation_vs_target")])
@pytest.mark.parametrize("case", range(5))
def test_golden_loss(golden, galaxy_zoo, case, normalise, key):
    head, case = head_for(galaxy_zoo), golden["cases"][case]
    head.normalise = normalise
    target = torch.tensor([golden["target"]], dtype=torch.float64)
    loss = head.loss(torch.tensor([case["z"]], dtype=torch.float64), target)
    assert loss.item() == pytest.approx(case[key], abs=1e-12, rel=0)
    single = head.loss(torch.tensor([case["z"]]), target.float())
    assert single.item() == pytest.approx(case[key], abs=1e-6, rel=0)


@pytest.mark.parametrize("case", [0, 2])
def test_golden_gradient(golden, galaxy_zoo, case):
    case = golden["cases"][case]
    outputs = torch.tensor([case["z"]], dtype=torch.float64, requires_grad=True)
    head_for(galaxy_zoo).loss(outputs, torch.tensor([golden["target"]], dtype=torch.float64)).backward()
    assert outputs.grad[0].numpy() == pytest.approx(np.array(case["d_mse_d_z"]), abs=1e-10, rel=0)


def test_loss_is_the_mean_over_galaxies_and_answers(galaxy_zoo):
    head, target = head_for(galaxy_zoo), labels(galaxy_zoo, 6)
    outputs = torch.randn(6, 37)
    predictions = torch.stack(list(head.predict(outputs).values()), dim=1)
    assert head.loss(outputs, target).item() == pytest.approx(((predictions - target) ** 2).mean().item(), rel=1e-6)


@pytest.mark.parametrize("normalise", [True, False])
def test_galaxies_without_labels_do_not_move_the_weights(galaxy_zoo, normalise):
    head, features = head_for(galaxy_zoo, dropout=0.0), torch.randn(8, 20)
    head.normalise = normalise
    target = labels(galaxy_zoo, 8)
    target[5:] = torch.nan
    head.loss(head(features), target).backward()
    with_them = head.answers.weight.grad.clone()
    head.zero_grad()
    head.loss(head(features[:5]), target[:5]).backward()
    torch.testing.assert_close(with_them, head.answers.weight.grad)
    assert with_them.any()


@pytest.mark.parametrize("normalise", [True, False])
def test_an_answer_without_label_counts_in_neither_sum_nor_divisor(galaxy_zoo, normalise):
    head, target, outputs = head_for(galaxy_zoo), labels(galaxy_zoo, 2), torch.rand(2, 37)
    head.normalise = normalise
    columns = head.predict(outputs) if normalise else dict(enumerate(outputs.unbind(1)))
    errors = (torch.stack(list(columns.values()), dim=1) - target).square()
    target[0, 18:25] = torch.nan
    errors[0, 18:25] = 0
    assert head.loss(outputs, target).item() == pytest.approx(errors.sum().item() / (2 * 37 - 7), rel=1e-6)


@pytest.mark.parametrize("normalise", [True, False])
def test_a_batch_without_labels_has_no_loss_and_no_gradient(galaxy_zoo, normalise):
    head, outputs = head_for(galaxy_zoo), torch.randn(3, 37, requires_grad=True)
    head.normalise = normalise
    loss = head.loss(outputs, torch.full((3, 37), torch.nan))
    loss.backward()
    assert loss.item() == 0 and not outputs.grad.any()


def test_the_option_normalise_touches_the_loss_and_never_the_predictions(galaxy_zoo):
    head, outputs, target = head_for(galaxy_zoo), torch.randn(4, 37), labels(galaxy_zoo, 4)
    losses, predictions = [], []
    for head.normalise in (True, False):
        losses.append(head.loss(outputs, target).item())
        predictions.append(torch.stack(list(head.predict(outputs).values())))
    assert torch.equal(*predictions) and losses[0] != losses[1]
    assert losses[1] == pytest.approx((outputs.clamp(0, 1) - target).square().mean().item())
    assert "normalise" in head.options and DecisionTree.normalise, "stages reset options to the class's default"


@pytest.mark.parametrize("output", NORMALISATIONS)
def test_the_untrained_head_predicts_the_mean_fractions(galaxy_zoo, output):
    baseline = labels(galaxy_zoo, 50).mean(0)
    head = head_for(galaxy_zoo, num_features=2048, output=output).eval()
    head.start_from(baseline.double().numpy())
    columns = head.predict(head(torch.randn(10, 2048)))
    assert list(columns) == list(galaxy_zoo.columns)
    predictions = torch.stack(list(columns.values()), dim=1)
    scatter = 0.1 if output == "softplus" else 0.03  # which makes ten times of what the features add
    assert (predictions - baseline).abs().max() < scatter
    exactly = torch.stack(list(head.predict(head(torch.zeros(1, 2048))).values()), dim=1)[0]
    torch.testing.assert_close(exactly, baseline)


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_an_answer_that_nobody_gave_can_still_be_learnt(galaxy_zoo, nothing):
    baseline = labels(galaxy_zoo, 5).mean(0).double().numpy()
    baseline[[8, *range(18, 25)]] = nothing
    head = head_for(galaxy_zoo)
    head.start_from(baseline)
    bias = head.answers.bias.detach().numpy()
    assert (bias > 0).all() and bias[18:25] == pytest.approx(1 / 7) and bias[7] == pytest.approx(1)


def test_the_published_start_knows_no_labels(galaxy_zoo):
    head = head_for(galaxy_zoo, num_features=2048, init="published")
    head.start_from(labels(galaxy_zoo, 5).mean(0).double().numpy())
    assert (head.answers.bias == 0.1).all()
    assert head.answers.weight.std().item() == pytest.approx(0.01, rel=0.02)


def test_an_unknown_start_is_refused_with_the_known_ones(galaxy_zoo):
    with pytest.raises(ZooError, match=r"head\.init=zeros is unknown .* choose mean or published"):
        head_for(galaxy_zoo, init="zeros")


def test_an_unknown_output_is_refused_with_the_known_ones(galaxy_zoo):
    with pytest.raises(ZooError, match=r"head\.output=sigmoid is unknown .* one of relu, softmax, .*, clipped"):
        head_for(galaxy_zoo, output="sigmoid")


@pytest.mark.parametrize("schema", [Classes(("spiral", "elliptical")), "votes"])
def test_other_labels_are_incompatible(galaxy_zoo, schema):
    schema = VoteCounts(galaxy_zoo.questions) if schema == "votes" else schema
    with pytest.raises(Incompatible, match=f"DecisionTree learns fractions, the dataset states {schema.kind}"):
        check_schema(DecisionTree, schema)


def test_autocast_changes_no_output_loss_or_prediction(galaxy_zoo):
    head, features, target = head_for(galaxy_zoo).eval(), torch.randn(6, 20), labels(galaxy_zoo, 6)
    expected = head(features)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = head(features)
        loss, predictions = head.loss(outputs, target), head.predict(outputs)
    assert torch.equal(outputs, expected) and torch.equal(loss, head.loss(expected, target))
    assert all(torch.equal(values, head.predict(expected)[name]) for name, values in predictions.items())
    assert loss.dtype == torch.float32


def test_features_of_half_precision_are_welcome(galaxy_zoo):
    head, features = head_for(galaxy_zoo).eval(), torch.randn(6, 20)
    torch.testing.assert_close(head(features.bfloat16()), head(features.bfloat16().float()))
    assert head.bfloat16()(features.bfloat16()).dtype == torch.bfloat16


def test_dropout_drops_half_the_features_and_doubles_the_rest_in_training_only(galaxy_zoo):
    head = head_for(galaxy_zoo, num_features=4000)
    with torch.no_grad():
        head.answers.weight.fill_(1 / 4000)
        head.answers.bias.zero_()
    features = torch.ones(1, 4000)
    trained = head(features)[0, 0].item()
    assert trained == pytest.approx(1, abs=0.1) and trained != 1
    assert head.eval()(features)[0, 0].item() == pytest.approx(1, abs=1e-5)


def test_metrics_are_the_error_in_total_and_of_each_question(galaxy_zoo):
    predictions, target = labels(galaxy_zoo, 20, 1), labels(galaxy_zoo, 20, 2)
    target[3, 7:9] = torch.nan
    collection = head_for(galaxy_zoo).metrics()
    collection.update(predictions, target)
    found = collection.compute()
    assert {"rmse", *(f"rmse/Class{number}" for number in range(1, 12))} <= set(found)
    squares = (predictions - target).square()
    assert found["rmse"].item() == pytest.approx(squares.nanmean().sqrt().item())
    assert found["rmse/Class4"].item() == pytest.approx(squares[:, 7:9].nanmean().sqrt().item())
    assert found["rmse/Class11"].item() == pytest.approx(squares[:, 31:].mean().sqrt().item())
