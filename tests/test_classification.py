"""Laws of the columns that follow from probabilities of classes: class, probability, margin, spread."""

from pathlib import Path

import numpy as np
import pytest

from zoo import catalogue, classification, compose
from zoo.catalogue import Catalogue
from zoo.errors import ZooError
from zoo.schema import Classes, Quantities

NAMES = ["elliptical", "merger", "spiral"]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_the_margin_is_the_difference_of_the_two_largest_logits() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (500, 3))
    found = classification.classified(softmax(logits).astype(np.float32), NAMES)
    ranked = np.sort(logits, axis=1)
    assert found["morph_class"] == [NAMES[k] for k in logits.argmax(axis=1)]
    assert np.allclose(found["margin"], ranked[:, -1] - ranked[:, -2], atol=1e-3)
    assert np.array_equal(found["probability"], softmax(logits).astype(np.float32).max(axis=1))


def test_certainty_has_a_finite_margin_and_no_prediction_has_no_class() -> None:
    found = classification.classified(np.array([[0, 0, 1], [np.nan, 0.5, 0.5]], np.float32), NAMES)
    assert found["morph_class"] == ["spiral", ""]
    assert 80 < found["margin"][0] < 90 and np.isnan(found["margin"][1]) and np.isnan(found["probability"][1])


def test_the_spread_is_that_of_the_probability_of_the_blended_class() -> None:
    single = np.random.default_rng(1).dirichlet([1, 1, 1], (4, 9))
    winners = classification.classified(single.mean(axis=0), NAMES)["morph_class"]
    found = classification.spread(single, winners, NAMES)
    expected = [single[:, row, NAMES.index(name)].std(ddof=1) for row, name in enumerate(winners)]
    assert np.allclose(found, expected)


def test_each_catalogue_says_how_likely_the_blended_class_is_and_the_median_is_theirs() -> None:
    single = np.random.default_rng(2).dirichlet([1, 1, 1], (5, 9))
    winners = [*classification.classified(single.mean(axis=0), NAMES)["morph_class"][:8], ""]
    found = classification.each(single, winners, NAMES)
    assert [*found] == ["p1", "p2", "p3", "p4", "p5", "p_median"]
    for row, name in enumerate(winners[:8]):
        said = sorted(single[:, row, NAMES.index(name)])
        assert np.allclose(sorted(found[f"p{k}"][row] for k in range(1, 6)), said) and np.isclose(
            found["p_median"][row], said[2]
        )
    assert all(np.isnan(column[8]) for column in found.values())


def test_a_class_that_is_called_as_a_column_of_blends_is_refused() -> None:
    columns = catalogue.columns(Classes(("p1", "b")), ["p1", "b"])
    with pytest.raises(ZooError, match="A prediction is called p1, as is another column"):
        classification.of_blend(columns, ["aaaa", "bbbb"])


def test_a_catalogue_hands_on_what_the_data_set_knows_and_two_columns_never_share_a_name() -> None:
    names = [c.name for c in catalogue.columns(Classes(("a", "b")), ["a", "b"], ["ra", "dec", "flag"])]
    derived = ["morph_class", "probability", "margin"]
    assert names == ["object_id", "ra", "dec", "flag", "a", "b", *derived, "status", "error_code"]
    assert catalogue.known_in(["object_id", "ra", "survey"]) == ["survey"]
    assert "margin" not in [c.name for c in catalogue.columns(Quantities(("a",)), ["a"])]
    with pytest.raises(ZooError, match="A prediction is called margin, as is another column"):
        catalogue.columns(Classes(("margin", "b")), ["margin", "b"])


def test_predictions_and_blends_of_classes_have_them(toy_run: Path, tmp_path: Path) -> None:
    for out, rest in (("A", "tta=none"), ("B", "tta=rolls")):
        assert compose.run_hydra("predict", [f"run={toy_run}", f"out={tmp_path / out}", "device=cpu", rest]) == 0
    members = f"catalogues=[{tmp_path / 'A'},{tmp_path / 'B'}]"
    assert compose.run_hydra("blend", [members, f"out={tmp_path / 'both'}", "format=fits"]) == 0
    one, other, both = (Catalogue(tmp_path / name).to_pandas() for name in ("A", "B", "both"))
    assert (one["probability"] == one[["round", "long"]].max(axis=1)).all()
    assert (both["morph_class"] == both[["round", "long"]].idxmax(axis=1)).all()
    assert np.allclose(both["spread"], np.abs(one["round"] - other["round"]) / 2**0.5, atol=1e-6)
    assert [*both].index("spread") == [*both].index("margin") + 1 and "spread" not in one
    each = both[["p1", "p2"]].to_numpy()
    said = np.stack([made.to_numpy()[range(len(both)), made.columns.get_indexer(both["morph_class"])]
                     for made in (one[["round", "long"]], other[["round", "long"]])], axis=1)  # fmt: skip
    assert np.array_equal(np.sort(each), np.sort(said)) and np.allclose(both["p_median"], each.mean(axis=1))
    again = [f"catalogues=[{tmp_path / 'both'},{tmp_path / 'A'}]", f"out={tmp_path / 'C'}"]
    assert compose.run_hydra("blend", again) == 0
    assert [*Catalogue(tmp_path / "C").to_pandas()] == [*both], "a blend of blends has one spread"
