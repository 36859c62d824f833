"""The output layer as the specification words it (spec/galaxy-zoo.md, E1 and E2), one number at a time."""

from decimal import Decimal, localcontext

import numpy as np

GATES = [(1, 3, 5), (4, 5, 13), (0, 15, 18), (13, 18, 25), (3, 25, 28), (7, 28, 37)]
"""Of the Galaxy Zoo challenge, in order: (parent column, first column, column behind the last)."""


def fractions(outputs, tree, output="relu", bound=True):
    """Fractions of each galaxy, answer by answer, found by name."""
    rows = [dict(zip(tree.columns, row, strict=True)) for row in outputs]
    return np.array([fractions_of_galaxy(row, tree, output, bound) for row in rows])


def fractions_of_galaxy(outputs, tree, output="relu", bound=True):
    """Each question's supports over their sum (if bound), times the fraction of its parent answer."""
    found = {}
    for question in tree.questions:
        weight = 1.0 if question.parent is None else found[question.parent]
        with localcontext(prec=60):
            supports, nothing = supports_of([float(outputs[answer]) for answer in question.answers], output)
            total = sum(supports) + nothing if bound else 1
            shares = [float(support / total) for support in supports]
        found |= {answer: weight * share for answer, share in zip(question.answers, shares, strict=True)}
    return [found[answer] for answer in tree.columns]


def supports_of(outputs, output):
    """What each answer of a question brings, to sixty digits, and what is added to their sum."""
    positive = [max(Decimal(z), Decimal(0)) for z in outputs]
    if output == "relu":
        return positive, Decimal("1e-12")
    if output == "squared":
        return [a * a for a in positive], Decimal("1e-24")
    if output == "clipped":
        return [min(a, Decimal(1)) for a in positive], Decimal("1e-12")
    if output == "softplus":
        steep = [10 * Decimal(z) for z in outputs]
        return [(1 + z.exp()).ln() if z > -50 else z.exp() for z in steep], 0
    exponentials = [(Decimal(z) - Decimal(max(outputs))).exp() for z in outputs]
    if output == "softmax":
        return exponentials, 0
    return [max(Decimal("1.01") * e - Decimal("0.01"), Decimal(0)) for e in exponentials], 0


def broken_sums(fractions, known, tree):
    """The mean square by which the sums of fully known questions miss their parent, galaxy by galaxy."""
    squares = []
    for row, labelled in zip(fractions, known, strict=True):
        for where, parent in zip(tree.slices, tree.parents, strict=True):
            if labelled[where].all():
                squares.append((row[where].sum() - (1.0 if parent is None else row[parent])) ** 2)
    return np.mean(squares) if squares else 0.0


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
