"""The classes head learns from the labels that are there, and starts from the frequencies of the classes."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from zoo_head_classes.head import Softmax

from zoo.errors import Incompatible
from zoo.head import check_schema
from zoo.schema import Classes, Quantities

SCHEMA = Classes(("round", "cigar", "spiral", "edge-on"))


def head_for(schema=SCHEMA, num_features=16, dropout=0.5, label_smoothing=0.0):
    torch.manual_seed(0)
    return Softmax(schema, num_features, dropout, label_smoothing)


def probabilities(head, outputs):
    return torch.stack(list(head.predict(outputs).values()), dim=1)


def slow_cross_entropy(outputs, target, smoothing):
    """Minus the logarithm of the softmax, by NumPy in float64, averaged over galaxies with a class."""
    outputs = np.asarray(outputs, np.float64)
    logs = outputs - outputs.max(1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(1, keepdims=True))
    wanted = (1 - smoothing) * np.eye(outputs.shape[1]) + smoothing / outputs.shape[1]
    losses = [-(wanted[t] * log).sum() for log, t in zip(logs, target, strict=True) if t >= 0]
    return np.mean(losses) if losses else 0.0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("size", [1.0, 1e4])
@pytest.mark.parametrize("target", [[0, 1, 2, 3, 3], [0, -1, 2, -1, -1], [-1] * 5])
def test_loss_is_the_cross_entropy_of_galaxies_that_have_a_class(smoothing, size, target):
    outputs = size * torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    outputs.requires_grad_()
    loss = head_for(label_smoothing=smoothing).loss(outputs, torch.tensor(target))
    loss.backward()
    assert loss.item() == pytest.approx(slow_cross_entropy(outputs.detach().numpy(), target, smoothing), rel=1e-5)
    assert outputs.grad.isfinite().all()
    assert not outputs.grad[torch.tensor(target) < 0].any(), "galaxies without a class do not move the weights"


def test_gradient_of_the_loss_equals_finite_differences():
    outputs = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    head, target = head_for(label_smoothing=0.1), torch.tensor([0, 3, -1, 1])
    assert torch.autograd.gradcheck(lambda values: head.loss(values, target), outputs)


@pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
def test_probabilities_are_those_of_softmax_one_column_per_class(size):
    outputs = size * torch.randn(6, 4)
    found = head_for().predict(outputs)
    assert list(found) == list(SCHEMA.names)
    expected = np.exp(outputs.double().numpy() - outputs.double().numpy().max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    assert torch.stack(list(found.values()), 1).numpy() == pytest.approx(expected, abs=1e-6)


def test_the_untrained_head_predicts_the_frequencies_of_the_classes():
    frequencies = np.array([0.1, 0.05, 0.6, 0.25])
    head = head_for(num_features=2048).eval()
    head.start_from(frequencies)
    found = probabilities(head, head(torch.randn(10, 2048))).double()
    assert np.abs(found.detach().numpy() - frequencies).max() < 0.02
    exact = probabilities(head, head(torch.zeros(1, 2048)))[0].detach().numpy()
    assert exact == pytest.approx(frequencies, abs=1e-6)


def test_a_class_that_the_training_labels_lack_starts_rare_not_impossible():
    head = head_for()
    head.start_from(np.array([0.5, 0.0, 0.5, 0.0]))
    found = probabilities(head, head.classes.bias[None])[0]
    assert 0 < found[1].item() < 1e-3 and head.classes.bias.isfinite().all()


def test_autocast_changes_no_output_loss_or_prediction():
    head, features, target = head_for().eval(), torch.randn(6, 16), torch.tensor([0, 1, 2, 3, -1, 0])
    expected = head(features)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = head(features)
        loss, found = head.loss(outputs, target), probabilities(head, outputs)
    assert torch.equal(outputs, expected) and torch.equal(loss, head.loss(expected, target))
    assert torch.equal(found, probabilities(head, expected)) and found.dtype == torch.float32


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_outputs_are_compared_in_float32(half):
    outputs, target = torch.randn(6, 4).to(half), torch.tensor([0, 1, 2, 3, 3, 0])
    loss = head_for().loss(outputs, target)
    assert loss.dtype == torch.float32 and loss == functional.cross_entropy(outputs.float(), target)
    assert probabilities(head_for(), outputs).sum(1).numpy() == pytest.approx(1, abs=1e-6)


def test_dropout_is_for_training_only():
    head, features = head_for(dropout=0.5), torch.ones(1, 16)
    assert torch.equal(head.eval()(features), head(features))
    assert not torch.equal(head.train()(features), head(features))


def test_metrics_are_named_by_score_and_class():
    collection = head_for().metrics()
    collection.update(torch.eye(4)[[0, 1, 2, 3, 3]], torch.tensor([0, 1, 2, 3, -1]))
    found = collection.compute()
    parts = [f"{score}/{name}" for score in ("accuracy", "f1", "auc") for name in SCHEMA.names]
    assert list(found) == ["accuracy", "f1", "auc", *parts, "confusion"]
    assert all(found[name] == 1 for name in ["accuracy", "f1", "auc", *parts])
    assert torch.equal(found["confusion"], torch.eye(4, dtype=torch.int64))


def test_labels_that_are_no_classes_are_incompatible():
    with pytest.raises(Incompatible, match="Softmax learns classes, the dataset states quantities"):
        check_schema(Softmax, Quantities(("mass",)))
