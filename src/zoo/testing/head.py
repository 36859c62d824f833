"""What a head must do: features in; loss, metrics and catalogue columns out, as the schema of the labels says."""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from zoo.errors import ZooError
from zoo.head import Head, check_schema
from zoo.part_class import TOLD
from zoo.schema import Schema, VoteCounts, VoteFractions
from zoo.testing import labels
from zoo.testing.check import check, refusal
from zoo.testing.module import SEED, ModuleConformance, close

EXTREME = 1e4
NAME = re.compile(r"[A-Za-z][\w.-]{0,67}", re.ASCII)
"""A column that FITS (Standard 4.0, section 7.2.2), VOTable and CSV hold alike."""

SCHEMAS = 6
"""How many random schemas the laws are tried on."""


class HeadConformance(ModuleConformance):
    """The checks of a head, on random schemas of the kind that it accepts.

    num_features: length of the feature vectors that it is tried on.
    """

    group = "head"
    told = TOLD["head"]
    num_features: ClassVar[int] = 24

    def module(self) -> Head:
        """The head for one random schema."""
        return self.head(self.schema(0))

    def head(self, schema: Schema) -> Head:
        """The head for a schema."""
        return self.build(schema=schema, num_features=self.num_features)

    def schema(self, seed: int, columns: int = 14) -> Schema:
        """A random schema of a kind that the head accepts."""
        from zoo import build

        accepts = build.locate(self.group, self.name).accepts
        return labels.schema_of(next(kind for kind in labels.KINDS if issubclass(kind, accepts)), seed, columns)

    def inputs(self, module: nn.Module, n: int) -> Tensor:
        """Normal features."""
        return torch.randn(n, self.num_features, generator=torch.Generator().manual_seed(2))

    def objective(self, module: nn.Module, outputs: Tensor) -> Tensor:
        """The head's own loss."""
        return module.loss(outputs, labels.targets_of(module.schema, len(outputs), 3).to(outputs.device))

    def outputs(self, head: Head, n: int, scale: float = 1.0) -> Tensor:
        """Random outputs, none of them near zero, where a rectifier has its corner."""
        width = head(self.inputs(head, 1)).shape[1]
        random = torch.Generator().manual_seed(n)
        size = torch.rand(n, width, generator=random) * 0.7 + 0.3
        return scale * size * (torch.randint(0, 2, (n, width), generator=random) * 2 - 1)

    def columns(self, head: Head, outputs: Tensor) -> Tensor:
        """The predictions that the schema asks for, [galaxy column]."""
        predicted = head.predict(outputs)
        return torch.stack([predicted[name] for name in head.schema.columns], dim=1)

    @check(
        why="zoo pairs datasets and heads by the kind of schema, and skips in a sweep what cannot work",
        fix="set the class attribute accepts to one kind of zoo.schema, and keep the schema you are told as .schema",
    )
    def test_accepts_one_kind(self) -> None:
        from zoo import build

        head_class = build.locate(self.group, self.name)
        accepts = getattr(head_class, "accepts", None)
        assert isinstance(accepts, type) and issubclass(accepts, Schema), f"accepts is {accepts!r}"
        assert accepts is not Schema, "accepts is every schema"
        schema = self.schema(0)
        assert self.head(schema).schema == schema, "its .schema is not the one it was told"
        for kind in labels.KINDS:
            if not issubclass(kind, accepts):
                refusal(lambda other=kind: check_schema(head_class, labels.schema_of(other, 0)))

    @check(
        why="catalogues and metrics find a prediction by its column's name",
        fix="let predict return one value per galaxy for each of schema.columns, in that order, then your own columns",
    )
    def test_columns_are_the_schemas(self) -> None:
        for seed in range(SCHEMAS):
            head = self.head(self.schema(seed)).eval()
            predicted = head.predict(self.outputs(head, 3))
            wanted = list(head.schema.columns)
            assert list(predicted)[: len(wanted)] == wanted, f"the columns {list(predicted)} do not begin with {wanted}"
            shapes = {tuple(values.shape) for values in predicted.values()}
            assert shapes == {(3,)}, f"columns of 3 galaxies have the shapes {shapes}"

    @check(
        why="catalogues are written as FITS, VOTable and CSV, and read by people",
        fix="give your own columns names of letters, digits, dots, - and _, at most 68, apart in more than their case; "
        "let descriptions() name columns of predict only",
    )
    def test_own_columns_suit_every_format(self) -> None:
        head = self.head(self.schema(0)).eval()
        predicted = list(head.predict(self.outputs(head, 3)))
        own = predicted[len(head.schema.columns) :]
        strange = [name for name in own if not NAME.fullmatch(name)]
        assert not strange, f"the columns {', '.join(map(repr, strange))} cannot stand in every format"
        lower = [name.lower() for name in predicted]
        alike = [name for name in own if lower.count(name.lower()) > 1]
        assert not alike, f"the column {', '.join(alike)} has the name of another one"
        stray = sorted(set(head.descriptions()) - set(own))
        assert not stray, f"descriptions() tells of {', '.join(stray)}, which predict does not return"

    @check(
        why="users sum and compare fractions, and a catalogue that breaks its own tree is not believed",
        fix="normalise in float32 or better; the answers of a question sum to the fraction of its parent answer",
    )
    def test_predictions_obey_the_schema(self) -> None:
        for seed in range(SCHEMAS):
            head = self.head(self.schema(seed)).eval()
            for scale in (0.01, 1.0, EXTREME):
                outputs = self.outputs(head, 50, scale)
                single = labels.violation(head.schema, self.columns(head, outputs))
                double = labels.violation(head.schema, self.columns(head.double(), outputs.double()))
                head.float()
                told = f"outputs of size {scale:g} give predictions that break the laws of {head.schema.kind} by"
                assert single <= 2e-6, f"{told} {single:.2g} in float32"
                assert double <= 1e-9, f"{told} {double:.2g} in float64"

    @check(
        why="surveys list the same answers in different orders",
        fix="find answers by name in the schema; assume no order and no number of questions",
    )
    def test_answers_are_matched_by_name(self) -> None:
        for seed in range(SCHEMAS):
            schema = self.schema(seed)
            other = labels.shuffled(schema, seed)
            torch.manual_seed(SEED)
            first = self.head(schema).eval()
            torch.manual_seed(SEED)
            second = self.head(other).eval()
            outputs, target = self.outputs(first, 20), labels.targets_of(schema, 20, seed)
            if outputs.shape[1] != len(schema.columns):
                pytest.skip("it has more than one output per column")
            order = [schema.columns.index(name) for name in other.columns]
            expected, found = first.predict(outputs), second.predict(outputs[:, order])
            strays = [name for name in schema.columns if not close(found[name], expected[name])]
            assert not strays, f"answers in another order change the prediction of {', '.join(strays[:5])}"
            losses = (
                first.loss(outputs, target),
                second.loss(outputs[:, order], labels.reordered(target, schema, other)),
            )
            assert close(*losses), f"answers in another order change the loss from {losses[0]:.6g} to {losses[1]:.6g}"

    @check(
        why="a catalogue must not depend on the batch size",
        fix="let predict treat every galaxy by itself",
    )
    def test_predictions_are_independent(self) -> None:
        head = self.rested()
        outputs = self.outputs(head, 6)
        together, order = self.columns(head, outputs), [5, 2, 0, 1, 4, 3]
        alone = torch.cat([self.columns(head, outputs[k : k + 1]) for k in range(6)])
        assert close(together, alone), "a batch of 6 and six of 1 give different predictions"
        assert close(together[order], self.columns(head, outputs[order])), "another order gives other predictions"

    @check(
        why="a wrong gradient trains towards something else without a word",
        fix="compare the backward of your loss with finite differences in float64 (torch.autograd.gradcheck)",
    )
    def test_gradient_of_the_loss(self) -> None:
        head = self.head(self.schema(1, columns=6)).eval()
        target = labels.targets_of(head.schema, 4, 5)
        target = target.double() if target.is_floating_point() else target
        outputs = self.outputs(head, 4).double().requires_grad_()
        head.double()
        dtype = head.loss(outputs, target).dtype
        assert dtype == torch.float64, f"the loss of float64 outputs is {dtype}, too coarse for finite differences"
        assert torch.autograd.gradcheck(lambda values: head.loss(values, target), outputs, eps=1e-6, atol=1e-4)

    @check(
        why="most galaxies of a survey have no labels, or labels for some questions only",
        fix="leave NaN (a class: -1) out of the sum and of its divisor, by masking before the operation that makes NaN",
    )
    def test_unlabelled_galaxies_do_not_count(self) -> None:
        head = self.rested()
        target, outputs = labels.targets_of(head.schema, 8, 7), self.outputs(head, 8)
        partly = target.clone()
        partly[5:] = float("nan") if target.is_floating_point() else -1
        loss, slope = loss_and_slope(head, outputs, partly)
        expected, expected_slope = loss_and_slope(head, outputs[:5], target[:5])
        assert not slope[5:].any(), "galaxies without labels have a gradient"
        assert close(loss, expected), f"3 galaxies without labels change the loss from {expected:.6g} to {loss:.6g}"
        assert close(slope[:5], expected_slope), "galaxies without labels change the gradient of others"
        partly[:] = partly[7].clone()
        loss, slope = loss_and_slope(head, outputs, partly)
        assert loss.isfinite() and not slope.any(), f"a batch without labels has the loss {loss:.6g} or a gradient"

    @check(
        why="volunteers are asked a question only where it makes sense",
        fix="mask answers that are NaN (of counts: questions without votes), not the whole galaxy",
    )
    def test_unasked_questions_do_not_count(self) -> None:
        head = self.rested()
        schema, outputs = head.schema, self.outputs(head, 6)
        if not isinstance(schema, (VoteFractions, VoteCounts)) or outputs.shape[1] != len(schema.columns):
            pytest.skip("its labels are no tree, or it has more than one output per answer")
        target = labels.targets_of(schema, 6, 11)
        followed = {question.parent for question in schema.questions}
        last = max(k for k, question in enumerate(schema.questions) if not followed & set(question.answers))
        where = schema.slices[last]
        target[:, where] = 0 if isinstance(schema, VoteCounts) else float("nan")
        loss, slope = loss_and_slope(head, outputs, target)
        assert loss.isfinite(), f"a question that nobody was asked makes the loss {loss}"
        assert not slope[:, where].any(), "a question that nobody was asked has a gradient"
        assert slope.any(), "one unasked question silences all others"

    @check(
        why="one extreme galaxy must not end a training of days",
        fix="compute in float32 or better with log-softmax, logsumexp and the like, and guard divisions",
    )
    def test_extremes_stay_finite(self) -> None:
        head = self.rested()
        target = labels.targets_of(head.schema, 16, 13)
        for scale in (0.0, EXTREME):
            outputs = self.outputs(head, 16, scale)
            loss, slope = loss_and_slope(head, outputs, target)
            assert self.columns(head, outputs).isfinite().all(), f"outputs of ±{scale:g} give predictions not finite"
            assert loss.isfinite() and slope.isfinite().all(), (
                f"outputs of ±{scale:g} give the loss {loss}, or a gradient"
            )

    @check(
        why="a network that broke must not look like one that works",
        fix="let NaN through predict (no nan_to_num), or raise a ZooError",
    )
    def test_broken_outputs_stay_visible(self) -> None:
        head = self.rested()
        outputs = self.outputs(head, 3)
        healthy = self.columns(head, outputs)
        outputs[1] = float("nan")
        try:
            found = self.columns(head, outputs)
        except ZooError:
            return
        assert found[1].isnan().any(), "outputs of NaN give finite predictions"
        assert close(found[[0, 2]], healthy[[0, 2]]), "outputs of NaN change the predictions of other galaxies"

    @check(
        why="metrics choose the best weights, and are printed beside the mean predictor's",
        fix="name metrics (`rmse`, `accuracy`, …), compute a number for complete labels, best for the true answers",
    )
    def test_truth_has_the_best_metrics(self) -> None:
        head = self.rested()
        target = labels.targets_of(head.schema, 40, 17)
        truth = labels.perfect(head.schema, target)
        best, others = scores(head, truth, target), [scores(head, truth.roll(k, 0), target) for k in range(1, 40)]
        assert best, "metrics() computes no number"
        for name, value in best.items():
            worse = [other[name] for other in others]
            assert np.isfinite([value, *worse]).all(), f"the metric {name} of complete labels is not finite"
            assert value <= min(worse) or value >= max(worse), (
                f"the truth has {name} {value:.4g}, other answers pass it"
            )
        name, value = next(iter(best.items()))
        assert any(value != other[name] for other in others), f"{name} is {value:.4g} whatever is predicted"

    @check(
        why="metrics gather over batches and over the ranks of a distributed training",
        fix="keep sums and counts (or all rows) as states, and leave out galaxies without labels",
    )
    def test_metrics_gather(self) -> None:
        head = self.rested()
        target = labels.targets_of(head.schema, 30, 19)
        predictions = labels.perfect(head.schema, target).roll(1, 0)
        expected = scores(head, predictions, target)
        missing = torch.full_like(target[:5], float("nan") if target.is_floating_point() else -1)
        batches = [(predictions[:20], target[:20]), (predictions[20:], target[20:]), (predictions[:5], missing)]
        found = scores_of(head, batches)
        strays = [name for name in expected if not np.isclose(expected[name], found[name], atol=1e-6)]
        assert not strays, f"{', '.join(strays)}: three batches, one of them without labels, give other values than one"
        assert head.metrics() is not head.metrics(), "metrics() returns the same object twice"

    @check(why="a head that cannot learn is none", fix="look at the scale of the loss and at what its gradient reaches")
    def test_loss_falls(self) -> None:
        head = self.fresh().eval()  # without dropout
        inputs = self.inputs(head, 16)
        before = self.objective(head, head(inputs)).item()
        optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
        for _ in range(20):
            optimizer.zero_grad()
            self.objective(head, head(inputs)).backward()
            optimizer.step()
        after = self.objective(head, head(inputs)).item()
        assert after < before, f"20 steps on 16 galaxies take the loss from {before:.6g} to {after:.6g}"

    @check(
        why="a training that starts at the mean of the labels saves its first thousand steps",
        fix="let start_from set biases such that features of zero predict the baseline; a share may be zero",
    )
    def test_starts_from_the_baseline(self) -> None:
        nothing, schema = torch.zeros(1, self.num_features), self.rested().schema
        targets = labels.targets_of(schema, 50, 23)
        for labelled in (targets, labels.unanimous(schema)):  # of the latter, most shares are zero
            head, baseline = self.rested(), schema.baseline(labelled.numpy())
            goal, before = torch.from_numpy(np.asarray(baseline)).float(), self.columns(head, head(nothing))[0]
            head.start_from(baseline)
            after = self.columns(head, head(nothing))[0]
            loss = head.loss(head(nothing).expand(50, -1), targets)
            assert after.isfinite().all() and loss.isfinite(), (
                f"from {baseline} the predictions or the loss are not finite"
            )
            distance = [(found - goal).square().sum().item() for found in (before, after)]
            assert distance[1] <= distance[0] + 1e-6, (
                f"start_from takes the prediction away from the baseline: {distance}"
            )

    @check(
        why="a training stage sets the options of a head by name",
        fix="name in options only attributes of the head, and let every value of a switch give a finite loss",
    )
    def test_options_are_attributes(self) -> None:
        head = self.rested()
        absent = [option for option in head.options if not hasattr(head, option)]
        assert not absent, f"options names {', '.join(absent)}, which it does not have"
        target, outputs = labels.targets_of(head.schema, 8, 29), self.outputs(head, 8)
        for option in (name for name in head.options if isinstance(getattr(head, name), bool)):
            setattr(head, option, not getattr(head, option))
            assert head.loss(outputs, target).isfinite(), (
                f"with {option}={getattr(head, option)} the loss is not finite"
            )


def loss_and_slope(head: Head, outputs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The loss, and its gradient by the outputs."""
    outputs = outputs.clone().requires_grad_()
    loss = head.loss(outputs, target)
    loss.backward()
    return loss.detach(), torch.zeros_like(outputs) if outputs.grad is None else outputs.grad


def scores(head: Head, predictions: Tensor, target: Tensor) -> dict[str, float]:
    """The metrics that are numbers, of one batch."""
    return scores_of(head, [(predictions, target)])


def scores_of(head: Head, batches: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """The metrics that are numbers, of several batches together."""
    metrics = head.metrics()
    for predictions, target in batches:
        metrics.update(predictions, target)
    return {name: value.item() for name, value in metrics.compute().items() if value.numel() == 1}
