"""Accuracy, precision, recall, false positive rate and F1, with the positive class stated for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Bool, Int
from torchmetrics.functional.classification import binary_stat_scores

from zoo.errors import ZooError
from zoo_head_classes.evidence import Evidence, position

ELLIPTICAL, SPIRAL = "elliptical", "spiral"

PUBLISHED = {"precision": ELLIPTICAL, "recall": ELLIPTICAL, "fpr": ELLIPTICAL, "f1": SPIRAL}
"""The positive classes with which Table II of Khan et al. (2019) agrees with itself (spec G23)."""

CONVENTIONS = ("published", "one")

RATES: Mapping[str, Callable[[int, int, int, int], tuple[int, int]]] = {
    "precision": lambda tp, fp, tn, fn: (tp, tp + fp),
    "recall": lambda tp, fp, tn, fn: (tp, tp + fn),
    "fpr": lambda tp, fp, tn, fn: (fp, fp + tn),
    "f1": lambda tp, fp, tn, fn: (2 * tp, 2 * tp + fp + fn),
}
"""Numerator and denominator of each rate from the four counts."""

WORDS = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "fpr": "FPR", "f1": "F1"}


def positives(convention: str, positive: str | None, names: tuple[str, ...]) -> dict[str, str]:
    """The positive class of each rate.

    convention: `published` is Table II of Khan et al. (2019): elliptical, but spiral for F1; `one` takes `positive`
    for all rates, by default the last class. Raises ZooError for an unknown convention or class.
    """
    if convention not in CONVENTIONS:
        raise ZooError(f"convention={convention}: choose {' or '.join(CONVENTIONS)}.")
    if convention == "one":
        return dict.fromkeys(RATES, names[position(positive or names[-1], names)])
    if {*names} != {ELLIPTICAL, SPIRAL}:
        raise ZooError(
            f"convention=published is about {ELLIPTICAL} and {SPIRAL}, and the classes are {', '.join(names)}: take "
            "convention=one positive=CLASS."
        )
    return PUBLISHED


def rates(found: Evidence, positive: Mapping[str, str]) -> dict[str, float]:
    """All rates of these galaxies, accuracy first; NaN where nothing is divided by nothing."""
    predicted = found.predicted
    counts = {
        name: counted(predicted == found.names.index(name), found.truth == found.names.index(name))
        for name in {*positive.values()}
    }
    ratios = {rate: divided(*RATES[rate](*counts[name])) for rate, name in positive.items()}
    return {"accuracy": divided(int((predicted == found.truth).sum()), len(found)), **ratios}


def counted(predicted: Bool[np.ndarray, " galaxy"], truth: Bool[np.ndarray, " galaxy"]) -> list[int]:
    """True and false positives, true and false negatives."""
    pair = (torch.from_numpy(values.astype(np.int64)) for values in (predicted, truth))
    return binary_stat_scores(*pair, validate_args=False)[:4].tolist()


def divided(numerator: int, denominator: int) -> float:
    """The ratio, NaN without a denominator."""
    return numerator / denominator if denominator else float("nan")


def confusion(found: Evidence) -> Int[np.ndarray, "true predicted"]:
    """Numbers of galaxies by true and predicted class."""
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    pair = (torch.from_numpy(values) for values in (found.predicted, found.truth))
    return multiclass_confusion_matrix(*pair, len(found.names), validate_args=False).numpy()
