"""Scores of classes by counting, galaxy by galaxy and pair by pair."""

import numpy as np


def confusion(probabilities, target, num_classes):
    """How many galaxies of each true class are taken for each class: the first of the most probable ones."""
    counts = np.zeros((num_classes, num_classes), int)
    for row, true in zip(probabilities, target, strict=True):
        if true >= 0:
            counts[true, list(row).index(max(row))] += 1
    return counts


def divide(numerator, denominator):
    """The ratio, NaN where nothing is divided by nothing."""
    return numerator / denominator if denominator else np.nan


def recall(counts, k):
    """Of the galaxies of class k, the share that is recognised."""
    return divide(counts[k, k], sum(counts[k, :]))


def f1(counts, k):
    """2 TP / (2 TP + FP + FN)."""
    wrong = sum(counts[k, other] + counts[other, k] for other in range(len(counts)) if other != k)
    return divide(2 * counts[k, k], 2 * counts[k, k] + wrong)


def auc(probabilities, target, k):
    """Of all pairs of a galaxy of class k and another one, the share ranked rightly; a tie is half right."""
    positive = [row[k] for row, true in zip(probabilities, target, strict=True) if true == k]
    negative = [row[k] for row, true in zip(probabilities, target, strict=True) if true >= 0 and true != k]
    right = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return divide(right, len(positive) * len(negative))


def mean(values):
    """The mean of what is defined."""
    defined = [value for value in values if not np.isnan(value)]
    return divide(sum(defined), len(defined))


def scores(probabilities, target, names):
    """All scores by name, without the matrix."""
    counts, classes = confusion(probabilities, target, len(names)), range(len(names))
    parts = {
        "accuracy": [recall(counts, k) for k in classes],
        "f1": [f1(counts, k) for k in classes],
        "auc": [auc(probabilities, target, k) for k in classes],
    }
    by_class = {f"{score}/{name}": parts[score][k] for score in parts for k, name in enumerate(names)}
    accuracy = divide(sum(counts[k, k] for k in classes), counts.sum())
    return {"accuracy": accuracy, "f1": mean(parts["f1"]), "auc": mean(parts["auc"])} | by_class
