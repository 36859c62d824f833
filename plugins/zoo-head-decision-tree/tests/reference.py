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


def log_likelihood(concentrations, votes, tree):
    """Walmsley et al. (2022): the sum over questions of scipy's Dirichlet-multinomial, galaxy by galaxy."""
    from scipy.stats import dirichlet_multinomial

    found = np.zeros(len(votes))
    for galaxy, (alpha, given) in enumerate(zip(np.asarray(concentrations, float), np.asarray(votes), strict=True)):
        for where in tree.slices:
            if given[where].sum() > 0:
                found[galaxy] += dirichlet_multinomial.logpmf(given[where], alpha[where], int(given[where].sum()))
    return found


def cumulative(votes, tree):
    """Fractions of all volunteers of one galaxy, by walking up from each answer; `votes` by name of the answer."""
    question_of = {answer: question for question in tree.questions for answer in question.answers}

    def fraction(answer):
        if answer is None:
            return 1.0
        question = question_of[answer]
        asked = sum(votes[other] for other in question.answers)
        return votes[answer] / asked * fraction(question.parent) if asked else 0.0

    return [fraction(answer) for answer in tree.columns]
