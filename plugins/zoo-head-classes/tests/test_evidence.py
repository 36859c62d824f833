"""Laws of evidence, rates and areas: margins are logits, positive classes are stated, and counting agrees."""

import numpy as np
import pytest
import torch
from zoo_head_classes import areas, published
from zoo_head_classes.evidence import Evidence, evidence
from zoo_head_classes.rates import PUBLISHED, RATES, confusion, positives, rates

from zoo.errors import Incompatible, ZooError
from zoo.model import GalaxyModel
from zoo.schema import Classes, Quantities

from . import reference
from .spots import Spots, model

NAMES = ("elliptical", "spiral")


def of_counts(counts: dict[tuple[str, str], int]) -> Evidence:
    """Galaxies by true and predicted class."""
    pairs = [(NAMES.index(true), NAMES.index(said)) for (true, said), n in counts.items() for _ in range(n)]
    truth, said = np.array(pairs).T
    return Evidence(NAMES, np.log(np.where(np.arange(2) == said[:, None], 0.9, 0.1)), truth)


def random_evidence(galaxies: int = 200, names: tuple[str, ...] = ("a", "b", "c")) -> Evidence:
    """Galaxies whose class is a little more probable than others; some share their probabilities."""
    random = np.random.default_rng(4)
    truth = random.integers(len(names), size=galaxies)
    logits = random.normal(size=(galaxies, len(names))).round(1) + np.eye(len(names))[truth]
    return Evidence(names, torch.from_numpy(logits).log_softmax(1).numpy(), truth)


def test_evidence_is_the_models_with_labels_in_its_order():
    dataset, mine = Spots(), model(("spiral", "elliptical"))
    found = evidence(mine, dataset, "test", 16, 0)
    assert found.names == ("spiral", "elliptical") and len(found) == 59
    assert found.truth.tolist() == [1 - k for k in dataset.targets[:-1]]
    images = torch.stack([dataset[k].image for k in range(59)])
    np.testing.assert_allclose(np.exp(found.log_probabilities[:, 0]), mine.predict(images)["spiral"], atol=1e-6)


def test_over_several_views_the_probabilities_are_averaged():
    found = evidence(model(), Spots(), "test", 16, 0, "dimmed")
    images = torch.stack([Spots()[k].image for k in range(59)])
    np.testing.assert_allclose(
        np.exp(found.log_probabilities[:, 1]), model().predict(images, "dimmed")["spiral"], atol=1e-6
    )
    np.testing.assert_allclose(np.exp(found.log_probabilities).sum(1), 1)


def test_galaxies_whose_probabilities_are_one_are_still_told_apart():
    """Spec G24: a saturated softmax orders nothing; logits do."""
    sure, dataset = model(steep=400.0), Spots()
    found = evidence(sure, dataset, "test", 16, 0)
    probabilities = np.exp(found.log_probabilities).astype(np.float32).max(axis=1)
    assert (probabilities == 1).mean() > 0.9
    np.testing.assert_allclose(found.margins, 400 * np.abs(dataset.light[:-1] - 0.5), rtol=1e-4, atol=1e-3)
    assert found.most_confident(0.2).margins.min() >= np.sort(found.margins)[-12]


def test_the_most_confident_are_a_share_or_a_number_and_ties_keep_their_order():
    found = Evidence(NAMES, np.log(np.full((10, 2), 0.5)), np.arange(10) % 2)
    assert found.most_confident(0.25).truth.tolist() == [0, 1, 0]
    assert len(found.most_confident(1.0)) == 10 and len(found.most_confident(4)) == 4
    for kept in (0, 11, -0.5):
        with pytest.raises(ZooError, match=f"kept={kept:g}: give a share up to 1, or a number up to 10"):
            found.most_confident(kept)


@pytest.mark.parametrize("positive", ["a", "b", "c"])
def test_rates_are_those_of_a_slow_count(positive: str):
    found = random_evidence()
    told = rates(found, positives("one", positive, found.names))
    counts, k = confusion(found), found.names.index(positive)
    assert counts.tolist() == reference.confusion(np.exp(found.log_probabilities), found.truth, 3).tolist()
    assert told["accuracy"] == pytest.approx(np.trace(counts) / 200)
    assert told["recall"] == pytest.approx(reference.recall(counts, k))
    assert told["precision"] == pytest.approx(counts[k, k] / counts[:, k].sum())
    assert told["fpr"] == pytest.approx((counts[:, k].sum() - counts[k, k]) / (200 - counts[k].sum()))
    assert told["f1"] == pytest.approx(reference.f1(counts, k))


def test_a_rate_of_nothing_is_not_a_number():
    told = rates(of_counts({("spiral", "spiral"): 3}), positives("published", None, NAMES))
    assert np.isnan([told["precision"], told["recall"]]).all() and told["f1"] == told["accuracy"] == 1


@pytest.mark.parametrize(
    ("row", "counts"), [("HP_SDSS 2 FP", (516, 2, 548, 0)), ("HP_DES 1 FP 3 FN", (513, 1, 549, 3))]
)
def test_golden_rates_of_two_confusion_matrices(khan: dict, row: str, counts: tuple[int, ...]):
    """Spec G23, `table2_consistency`: true and false positives, true and false negatives."""
    tp, fp, tn, fn = counts
    pairs = {("spiral", "spiral"): tp, ("elliptical", "spiral"): fp, ("elliptical", "elliptical"): tn}
    told = rates(of_counts(pairs | {("spiral", "elliptical"): fn}), positives("one", "spiral", NAMES))
    golden = dict(khan["table2_consistency"][row])
    assert told == pytest.approx({"accuracy": golden.pop("acc"), **golden}, abs=1e-9)


@pytest.mark.parametrize("row", published.CONFUSIONS)
def test_table_2_agrees_with_itself_only_if_elliptical_and_f1_spiral_are_positive(khan: dict, row: str):
    """Spec G23: the printed digits, F1 to three of them."""
    found, printed = of_counts(published.CONFUSIONS[row]), khan["table2"][row]
    told = rates(found, positives("published", None, NAMES))
    assert round(told["accuracy"], 4) == printed["acc"] and round(told["f1"], 3) == round(printed["f1"], 3)
    for rate in ("precision", "recall", "fpr"):
        assert round(told[rate], 3) == printed[rate], rate
    assert [(found.truth == k).sum() for k in (1, 0)] == khan["table1"]["HP"]
    other = rates(found, positives("one", "spiral", NAMES))
    assert [round(other[rate], 3) for rate in PUBLISHED] != [round(told[rate], 3) for rate in PUBLISHED]


def test_published_numbers_are_the_golden_ones(khan: dict):
    names = {"HP_SDSS": "HP_SDSS", "HP_DES": "HP_DES", "FO_SDSS": "FO_SDSS_top_half", "FO_DES": "FO_DES_top_half"}
    for row, golden in names.items():
        printed = dict(khan["table2"][golden])
        assert published.TABLE_2[row] == pytest.approx({"accuracy": printed.pop("acc"), **printed}), row


def test_conventions_and_classes_that_do_not_fit_are_refused():
    assert positives("one", None, ("a", "b")) == dict.fromkeys(RATES, "b")
    with pytest.raises(ZooError, match="convention=mine: choose published or one"):
        positives("mine", None, NAMES)
    with pytest.raises(ZooError, match="positive=ring is no class: choose one of elliptical, spiral"):
        positives("one", "ring", NAMES)
    with pytest.raises(ZooError, match="the classes are a, b: take convention=one positive=CLASS"):
        positives("published", None, ("a", "b"))


@pytest.mark.parametrize("positive", ["a", "c"])
def test_areas_are_those_of_a_slow_count_of_pairs(positive: str):
    found = random_evidence()
    scores, truth = found.scores(positive), found.truth == found.names.index(positive)
    probabilities = np.exp(found.log_probabilities)
    slow = reference.auc(probabilities, found.truth, found.names.index(positive))
    assert areas.area(scores, truth) == pytest.approx(slow, abs=1e-3)  # ties of rounded sums may part
    low, high = areas.interval(scores, truth, 50, 0)
    assert low < areas.area(scores, truth) < high
    fpr, tpr = areas.curve(scores, truth)
    assert np.trapezoid(tpr, fpr) == pytest.approx(areas.area(scores, truth), abs=1e-6)
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1) and (np.diff(fpr) >= 0).all()


def test_an_area_needs_both_kinds_of_galaxies():
    assert np.isnan(areas.area(np.arange(3.0), np.ones(3, bool)))


def test_another_head_is_refused():
    built = model()
    built.head.schema = Quantities(("size",))
    with pytest.raises(Incompatible, match="the head Softmax answers with quantities: take a run whose head answers"):
        evidence(built, Spots(), "test", 16, 0)


def test_a_head_of_somebody_else_counts_by_what_it_predicts():
    """Its outputs need be no logits, and it may have columns of its own."""
    still = model()
    theirs = GalaxyModel(still.augmenter, still.backbone, Odds(NAMES))
    found = evidence(theirs, Spots(), "test", 16, 0)
    odds = Spots().light[:-1] ** 2
    wanted = np.stack([1 / (1 + odds), odds / (1 + odds)], axis=1)
    np.testing.assert_allclose(np.exp(found.log_probabilities), wanted, rtol=1e-5)


class Odds(torch.nn.Module):
    """The square of the light is the odds of the second class."""

    def __init__(self, names):
        super().__init__()
        self.schema, self.nothing = Classes(names), torch.nn.Parameter(torch.zeros(1))

    def forward(self, features):
        return features**2

    def predict(self, outputs):
        share = (outputs / (1 + outputs))[:, 0]
        return {"odds": outputs[:, 0], NAMES[0]: 1 - share, NAMES[1]: share}
