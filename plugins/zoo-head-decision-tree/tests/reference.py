"""The output layer as the specification words it (spec/galaxy-zoo.md, E1 and E2), one number at a time."""

import numpy as np

GATES = [(1, 3, 5), (4, 5, 13), (0, 15, 18), (13, 18, 25), (3, 25, 28), (7, 28, 37)]
"""Of the Galaxy Zoo challenge, in order: (parent column, first column, column behind the last)."""


def fractions(outputs, tree):
    """Fractions of each galaxy, answer by answer, found by name."""
    return np.array([fractions_of_galaxy(dict(zip(tree.columns, row, strict=True)), tree) for row in outputs])


def fractions_of_galaxy(outputs, tree):
    """Divide each question's rectified outputs by their sum, then multiply by the fraction of its parent answer."""
    found = {}
    for question in tree.questions:
        weight = 1.0 if question.parent is None else found[question.parent]
        total = sum(max(float(outputs[answer]), 0.0) for answer in question.answers)
        for answer in question.answers:
            found[answer] = weight * max(float(outputs[answer]), 0.0) / (total + 1e-12)
    return [found[answer] for answer in tree.columns]


def galaxy_zoo(outputs):
    """The 37 columns of the challenge, without a schema: divide in place, then gate in the published order."""
    slices = [(0, 3), (3, 5), (5, 7), (7, 9), (9, 13), (13, 15), (15, 18), (18, 25), (25, 28), (28, 31), (31, 37)]
    found = np.maximum(np.asarray(outputs, float), 0.0)
    for start, stop in slices:
        found[:, start:stop] /= found[:, start:stop].sum(axis=1, keepdims=True) + 1e-12
    for parent, start, stop in GATES:
        found[:, start:stop] *= found[:, [parent]]
    return found
