"""Figures of classes tell the numbers that a count gives, state positive classes, and stand beside published values."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from zoo_head_classes.evidence import evidence
from zoo_head_classes.figures import confusion, kept_fraction, roc, table_2
from zoo_head_classes.published import printed
from zoo_head_classes.rates import positives, rates

from zoo.errors import ZooError

from .spots import Spots, model

SEEING = {"dataset": Spots(), "split": "test", "tta": "none", "batch_size": 16, "workers": 0}
CLASSES = {"convention": "published", "positive": None, "beside": None}
SAMPLED = {"resamples": 20, "seed": 0}
MODELS = {"one": model(), "two": model(at=0.7), "three": model(at=0.2)}
DRAWN = {
    "table_2": lambda models, **more: table_2.draw(models, kept=0.5, **CLASSES | SEEING | SAMPLED | more),
    "kept_fraction": lambda models, **more: kept_fraction.draw(models, points=10, **CLASSES | SEEING | more),
    "roc": lambda models, **more: roc.draw(models, **{"positive": None, "beside": None} | SEEING | SAMPLED | more),
    "confusion": lambda models, **more: confusion.draw(models, **{"kept": 1.0, "beside": None} | SEEING | more),
}


def told(name: str) -> dict[str, float]:
    """The rates of a model, by a call."""
    return rates(evidence(MODELS[name], Spots(), "test", 16, 0), positives("published", None, ("elliptical", "spiral")))


@pytest.mark.parametrize("name", DRAWN)
def test_each_is_three_files_for_one_model_and_for_several(tmp_path: Path, name: str):
    path = DRAWN[name](MODELS).write(tmp_path, name)
    assert path.stat().st_size > 1000
    several, one = pd.read_csv(path.with_suffix(".csv")), DRAWN[name]({"one": MODELS["one"]}).numbers
    assert list(one) == list(several) and 3 < len(one) <= len(several)


def test_table_2_has_the_mean_over_models_their_spread_and_the_positive_class():
    numbers = DRAWN["table_2"](MODELS).numbers.set_index(["kept", "rate"])
    assert numbers.loc[1.0, "galaxies"].tolist() == [59] * 5 and numbers.loc[0.5, "galaxies"].tolist() == [30] * 5
    assert numbers.loc[1.0, "positive"].fillna("").tolist() == ["", "elliptical", "elliptical", "elliptical", "spiral"]
    for rate in ("accuracy", "precision", "recall", "fpr", "f1"):
        each = [told(name)[rate] for name in MODELS]
        row = numbers.loc[(1.0, rate)]
        assert row["value"] == pytest.approx(np.mean(each)) and row["spread"] == pytest.approx(np.std(each, ddof=1))
        assert row["low"] <= row["value"] <= row["high"]
    assert numbers.loc[(0.5, "accuracy"), "value"] >= numbers.loc[(1.0, "accuracy"), "value"]
    again = DRAWN["table_2"](MODELS).numbers.set_index(["kept", "rate"])
    assert numbers["low"].tolist() == again["low"].tolist()


def test_published_values_stand_beside_the_galaxies_that_they_are_of():
    def beside(row: str) -> dict[float, float]:
        numbers = DRAWN["table_2"]({"one": MODELS["one"]}, beside=row).numbers
        return numbers[numbers["rate"] == "precision"].set_index("kept")["published"].dropna().to_dict()

    assert beside("HP_DES") == {1.0: 0.998} and beside("FO_SDSS") == {0.5: 0.945}
    assert printed("FO_DES", 6300, "recall") == 0.946 and not np.isfinite(printed("FO_DES", 0.9, "recall"))
    assert not np.isfinite(printed("FO_DES", 1.0, "recall")), "the row is about half of the galaxies"
    with pytest.raises(ZooError, match="beside=XX: choose one of HP_SDSS, HP_DES, FO_SDSS, FO_DES, or null"):
        beside("XX")


def test_curves_against_the_kept_share_end_with_all_galaxies():
    numbers = DRAWN["kept_fraction"](MODELS, beside="FO_DES").numbers
    last = numbers[numbers["kept"] == 1].set_index("run")
    assert last["galaxies"].tolist() == [59] * 4
    for name in MODELS:
        assert last.loc[name, ["accuracy", "f1"]].tolist() == pytest.approx([told(name)["accuracy"], told(name)["f1"]])
    assert last.loc["mean", "accuracy"] == pytest.approx(last["accuracy"].iloc[:3].mean())
    assert last.loc["mean", "accuracy_std"] == pytest.approx(last["accuracy"].iloc[:3].std())
    with pytest.raises(ZooError, match="points=0: give 1 or more"):
        kept_fraction.draw(MODELS, points=0, **CLASSES | SEEING)


def test_a_threshold_that_moves_leaves_the_roc_as_it_is():
    numbers = DRAWN["roc"](MODELS).numbers
    areas = numbers.groupby("run")[["auc", "low", "high"]].first()
    assert areas.nunique().tolist() == [1, 1, 1] and (areas["low"] < areas["auc"]).all()
    assert numbers["positive"].unique().tolist() == ["spiral"]
    other = DRAWN["roc"](MODELS, positive="elliptical").numbers
    assert other["auc"].iat[0] == pytest.approx(numbers["auc"].iat[0])
    assert "Xception 0.96" in roc.beside("FO_SDSS") and roc.beside("HP_DES") == ""


def test_the_curve_of_a_round_is_the_mean_of_its_models_with_their_spread():
    noisy = {"one": model(), "two": model(), "three": model(at=0.7), "four": model(steep=-4.0)}
    rounds = {"one": 0, "two": 0, "three": 1, "four": 1}
    numbers = DRAWN["roc"](noisy, rounds=rounds).numbers
    each = {name: DRAWN["roc"]({name: noisy[name]}).numbers for name in noisy}
    first, second = (numbers[numbers["run"] == name] for name in ("round 0", "round 1"))
    assert first["models"].unique().tolist() == [2] and first["tpr_std"].max() < 1e-12
    area = {name: one["auc"].iat[0] for name, one in each.items()}
    assert second["auc"].iat[0] == pytest.approx((area["three"] + area["four"]) / 2)
    assert second["spread"].iat[0] == pytest.approx(np.std([area["three"], area["four"]], ddof=1))
    assert first["low"].iat[0] < first["auc"].iat[0] < first["high"].iat[0]
    curves = [np.interp(second["fpr"], each[name]["fpr"], each[name]["tpr"]) for name in ("three", "four")]
    np.testing.assert_allclose(second["tpr"], np.mean(curves, axis=0), atol=1e-9)
    np.testing.assert_allclose(second["difference"], second["tpr"].to_numpy() - first["tpr"].to_numpy(), atol=1e-9)


def test_the_kept_share_has_a_mean_for_each_round():
    rounds = {"one": 0, "two": 1, "three": 1}
    numbers = DRAWN["kept_fraction"](MODELS, rounds=rounds).numbers
    last = numbers[numbers["kept"] == 1].set_index("run")
    assert last.index.tolist() == ["one", "two", "three", "mean of round 0", "mean of round 1"]
    assert last.loc["mean of round 0", "accuracy"] == last.loc["one", "accuracy"]
    assert last.loc["mean of round 1", "accuracy"] == pytest.approx(last.loc[["two", "three"], "accuracy"].mean())


def test_a_roc_without_the_class_is_refused():
    alone = Spots()
    alone.targets[:] = 0
    with pytest.raises(ZooError, match="The split test has 0 galaxies of spiral among 60: a ROC needs both"):
        DRAWN["roc"](MODELS, dataset=alone)


def test_a_confusion_has_every_galaxy_once_and_published_ones_stand_beside():
    numbers = DRAWN["confusion"](MODELS, beside="HP_DES").numbers
    sums = numbers.groupby("run", sort=False)["galaxies"].sum()
    assert sums.to_dict() == {"one": 59, "two": 59, "three": 59, "published, HP_DES": 1066}
    assert numbers.groupby(["run", "true"])["share"].sum().tolist() == pytest.approx([1] * 8)
    assert DRAWN["confusion"](MODELS, kept=20).numbers.groupby("run")["galaxies"].sum().tolist() == [20] * 3
    with pytest.raises(ZooError, match="its row leaves room for many matrices; choose HP_SDSS, HP_DES"):
        DRAWN["confusion"](MODELS, beside="FO_DES")


def test_three_classes_need_a_positive_one():
    names = ("round", "disc", "ring")
    three = {"dataset": Spots(names), "convention": "one", "positive": "ring"}
    numbers = DRAWN["table_2"]({"one": model(names)}, **three).numbers
    assert numbers["positive"].unique().tolist() == ["", "ring"]
    with pytest.raises(ZooError, match="the classes are round, disc, ring: take convention=one"):
        DRAWN["table_2"]({"one": model(names)}, dataset=Spots(names))
