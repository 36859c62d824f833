"""A head for each kind of schema, and how the one for trees can go wrong."""

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import Metric, MetricCollection

from zoo.head import Head
from zoo.metrics import Rmse
from zoo.schema import Classes, Quantities, Schema, VoteCounts, VoteFractions


class Linear(Head):
    """A linear layer; what else a head has in common."""

    def __init__(self, schema: Schema, num_features: int):
        super().__init__()
        self.schema = schema
        self.last = nn.Linear(num_features, len(schema.columns))
        nn.init.normal_(self.last.weight, std=0.1)
        nn.init.zeros_(self.last.bias)

    def forward(self, features):
        return self.last(features)

    def answers(self, outputs: Tensor) -> Tensor:
        """Predictions, [galaxy column]."""
        return outputs

    def predict(self, outputs):
        return dict(zip(self.schema.columns, self.answers(outputs).unbind(1), strict=True))

    def loss(self, outputs, target):
        known = ~target.isnan()
        errors = torch.where(known, self.answers(outputs) - target, 0)
        return errors.square().sum() / known.sum().clamp(min=1)

    def metrics(self):
        return MetricCollection({"rmse": Rmse(len(self.schema.columns), {})})


class GoodQuantities(Linear):
    """Numbers, compared by their squared error."""

    accepts = Quantities


class Good(Linear):
    """Vote fractions by a softmax for each question."""

    accepts = VoteFractions
    options = ("gated",)
    gated: bool = True

    def answers(self, outputs):
        found: list[Tensor] = []
        for where, parent in zip(self.schema.slices, self.schema.parents, strict=True):
            shares = self.shares(outputs[:, where])
            found += (shares if parent is None or not self.gated else shares * found[parent]).split(1, dim=1)
        return torch.cat(found, dim=1)

    def shares(self, outputs: Tensor) -> Tensor:
        """Each answer's part of its question."""
        return outputs.softmax(1)

    def start_from(self, baseline):
        with torch.no_grad():
            for where in self.schema.slices:
                self.last.bias[where] = torch.from_numpy(self.logits(np.asarray(baseline)[where])).float()

    def logits(self, fractions: np.ndarray) -> np.ndarray:
        """Outputs whose softmax gives these parts of one question."""
        return np.log(np.maximum(fractions / max(fractions.sum(), 1e-6), 1e-6))


class GoodVotes(Linear):
    """Votes, by the likelihood of a multinomial for each question."""

    accepts = VoteCounts

    def answers(self, outputs):
        return torch.cat([outputs[:, where].softmax(1) for where in self.schema.slices], dim=1)

    def loss(self, outputs, target):
        likely = torch.cat([outputs[:, where].log_softmax(1) for where in self.schema.slices], dim=1)
        votes = target.nan_to_num()
        return -(votes * likely).sum() / votes.sum().clamp(min=1)

    def metrics(self):
        return MetricCollection({"rmse": ErrorOfShares(self.schema)})


class GoodClasses(Linear):
    """Classes, by cross-entropy."""

    accepts = Classes

    def answers(self, outputs):
        return outputs.softmax(1)

    def loss(self, outputs, target):
        total = nn.functional.cross_entropy(outputs, target, ignore_index=-1, reduction="sum")
        return total / (target >= 0).sum().clamp(min=1)

    def metrics(self):
        return MetricCollection({"accuracy": Accuracy()})


class Mean(Metric):
    """The mean of one number per galaxy."""

    full_state_update = False

    def __init__(self):
        super().__init__()
        self.add_state("total", torch.zeros(()), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros(()), dist_reduce_fx="sum")

    def add(self, numbers: Tensor) -> None:
        """Take in galaxies."""
        self.total, self.count = self.total + numbers.sum(), self.count + len(numbers)

    def compute(self):
        return self.total / self.count


class Accuracy(Mean):
    """The share of right classes."""

    def update(self, predictions, target):
        known = target >= 0
        self.add((predictions[known].argmax(1) == target[known]).float())


class ErrorOfShares(Mean):
    """The squared distance of predictions from the parts that each answer has of its question."""

    def __init__(self, schema: VoteCounts):
        super().__init__()
        self.schema = schema

    def update(self, predictions, target):
        from zoo.testing.labels import perfect

        known = ~target.isnan().any(1)
        self.add((predictions[known] - perfect(self.schema, target[known])).square().mean(1))


class AcceptsAll(Good):
    """Claims to learn any labels."""

    caught_by = "accepts_one_kind"
    found = "accepts is every schema"
    accepts = Schema


class OtherSchema(Good):
    """Keeps another schema than it was told."""

    caught_by = "accepts_one_kind"
    found = "not the one it was told"

    def __init__(self, schema: Schema, num_features: int):
        super().__init__(schema, num_features)
        self.schema = VoteFractions(schema.questions[:1])


class SortedColumns(Good):
    """Sorts its columns by name."""

    caught_by = "columns_are_the_schemas"
    found = "do not begin with"

    def predict(self, outputs):
        return dict(sorted(super().predict(outputs).items()))


class TwoColumnsDeep(Good):
    """Gives columns of shape [galaxy 1]."""

    caught_by = "columns_are_the_schemas"
    found = "{(3, 1)}"

    def predict(self, outputs):
        return {name: values[:, None] for name, values in super().predict(outputs).items()}


class AwkwardColumn(Good):
    """Writes a column whose name no FITS table holds."""

    caught_by = "own_columns_suit_every_format"
    found = "'90 %' cannot stand in every format"

    def predict(self, outputs):
        return super().predict(outputs) | {"90 %": outputs[:, 0]}


class ShoutsAnAnswer(Good):
    """Writes a column that differs from an answer's in its case alone."""

    caught_by = "own_columns_suit_every_format"
    found = "has the name of another one"

    def predict(self, outputs):
        return super().predict(outputs) | {self.schema.columns[0].upper(): outputs[:, 0]}


class TellsOfNothing(Good):
    """Describes a column that it does not write."""

    caught_by = "own_columns_suit_every_format"
    found = "descriptions() tells of doubt"

    def descriptions(self):
        return {"doubt": "How sure nobody is"}


class Ungated(Good):
    """Forgets that a question is asked of some galaxies only."""

    caught_by = "predictions_obey_the_schema"
    found = "break the laws of fractions"
    gated = False


class HalfPrecision(Good):
    """Normalises in half precision."""

    caught_by = "predictions_obey_the_schema"
    found = "in float32"

    def shares(self, outputs):
        return outputs.bfloat16().softmax(1).to(outputs.dtype)


class ByPosition(Good):
    """Trusts the first columns more than the last."""

    caught_by = "answers_are_matched_by_name"
    found = "change the prediction of"

    def answers(self, outputs):
        return super().answers(outputs * torch.linspace(1, 2, outputs.shape[1]).to(outputs))


class BatchNormalised(Good):
    """Centres the outputs over the batch before it predicts."""

    caught_by = "predictions_are_independent"
    found = "a batch of 6 and six of 1"

    def predict(self, outputs):
        return super().predict(outputs - outputs.mean(0))


class WrongGradient(Good):
    """Detaches one factor of its square."""

    caught_by = "gradient_of_the_loss"
    found = "GradcheckError"

    def loss(self, outputs, target):
        errors = torch.where(target.isnan(), 0, self.answers(outputs) - target)
        return (errors.detach() * errors).sum() / (~target.isnan()).sum().clamp(min=1)


class CoarseLoss(Good):
    """Computes its loss in float32 whatever it is given."""

    caught_by = "gradient_of_the_loss"
    found = "the loss of float64 outputs is torch.float32"

    def loss(self, outputs, target):
        return super().loss(outputs.float(), target.float())


class CountsUnlabelled(Good):
    """Divides by all galaxies, labelled or not."""

    caught_by = "unlabelled_galaxies_do_not_count"
    found = "3 galaxies without labels change the loss"

    def loss(self, outputs, target):
        return torch.where(target.isnan(), 0, self.answers(outputs) - target).square().mean()


class MasksTooLate(Good):
    """Removes NaN from the loss and not from its gradient."""

    caught_by = "unlabelled_galaxies_do_not_count"
    found = "galaxies without labels have a gradient"

    def loss(self, outputs, target):
        return (self.answers(outputs) - target).square().nanmean()


class WholeGalaxies(Good):
    """Leaves out a galaxy for one missing answer."""

    caught_by = "unasked_questions_do_not_count"
    found = "silences all others"

    def loss(self, outputs, target):
        known = ~target.isnan().any(1)
        return super().loss(outputs[known], target[known])


class UnaskedAreZero(Good):
    """Takes missing answers for answers that nobody gave."""

    caught_by = "unasked_questions_do_not_count"
    found = "has a gradient"

    def loss(self, outputs, target):
        partly = target.isnan() & ~target.isnan().all(1, keepdim=True)
        return super().loss(outputs, torch.where(partly, 0, target))


class Overflows(Good):
    """Exponentiates without subtracting the largest output."""

    caught_by = "extremes_stay_finite"
    found = "predictions not finite"

    def shares(self, outputs):
        return outputs.exp() / outputs.exp().sum(1, keepdim=True)


class SwallowsNan(Good):
    """Predicts equal fractions for outputs of NaN."""

    caught_by = "broken_outputs_stay_visible"
    found = "give finite predictions"

    def predict(self, outputs):
        return super().predict(outputs.nan_to_num())


class BlindMetric(Good):
    """Measures the labels only."""

    caught_by = "truth_has_the_best_metrics"
    found = "whatever is predicted"

    def metrics(self):
        return MetricCollection({"rmse": Spread()})


class Spread(Mean):
    """The mean square of the labels."""

    def update(self, predictions, target):
        self.add(target[~target.isnan().any(1)].square().mean(1))


class WrongMetric(Good):
    """Measures the mean error with its sign."""

    caught_by = "truth_has_the_best_metrics"
    found = "other answers pass it"

    def metrics(self):
        return MetricCollection({"bias": Bias()})


class Bias(Mean):
    """The mean difference in the first column."""

    def update(self, predictions, target):
        self.add((predictions - target)[~target.isnan().any(1)][:, 0] - 0.1)


class NoMetrics(Good):
    """Measures nothing."""

    caught_by = "truth_has_the_best_metrics"
    found = "computes no number"

    def metrics(self):
        return MetricCollection({})


class LastBatch(Good):
    """Remembers the last batch only."""

    caught_by = "metrics_gather"
    found = "three batches"

    def metrics(self):
        return MetricCollection({"rmse": Forgetful()})


class Forgetful(Mean):
    """The mean squared error of the galaxies seen last."""

    def update(self, predictions, target):
        known = ~target.isnan().any(1)
        self.reset()
        self.add((predictions - target)[known].square().mean(1))


class CannotLearn(Good):
    """Has a loss that does not depend on its weights' values."""

    caught_by = "loss_falls"
    found = "20 steps on 16 galaxies"

    def loss(self, outputs, target):
        return super().loss(outputs.detach(), target) + 0 * outputs.sum()


class InfiniteBias(Good):
    """Takes the logarithm of a share that may be zero."""

    caught_by = "starts_from_the_baseline"
    found = "not finite"

    def logits(self, fractions):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(fractions / fractions.sum())


class WrongBias(Good):
    """Starts far from the mean."""

    caught_by = "starts_from_the_baseline"
    found = "away from the baseline"

    def logits(self, fractions):
        return -super().logits(fractions)


class UnknownOption(Good):
    """Names an option that it does not have."""

    caught_by = "options_are_attributes"
    found = "options names temperature"
    options = ("gated", "temperature")


class BadOption(Good):
    """Has a switch that gives no number."""

    caught_by = "options_are_attributes"
    found = "with finite=False"
    options = ("finite",)
    finite: bool = True

    def loss(self, outputs, target):
        return super().loss(outputs, target) / float(self.finite)
