"""The weights of a blend: one per catalogue and answer, positive, summing to 1 over the catalogues.

After the winning solution of the Galaxy Zoo challenge (Dieleman 2014): uniform, one softmax weight per catalogue, or a
softmax over catalogues for each answer by itself, fitted to the squared error by L-BFGS-B (Byrd et al. 1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from zoo import draws

FITTED = ("shared", "per_answer")
KINDS = ("uniform", *FITTED)

BLEND = 2
"""The purpose of these draws; `zoo.draws` lists the others."""

SPREAD = 0.01
"""Standard deviation of the first logits, as published."""

GRADIENT, EVALUATIONS = 1e-9, 10_000
"""L-BFGS-B ends where no component of the projected gradient is larger, or after so many evaluations, as published.
Here the gradient is that of the error relative to the mean one of single catalogues."""


def uniform(num_catalogues: int, num_answers: int) -> Float[np.ndarray, "catalogue answer"]:
    """Equal weights."""
    return np.full((num_catalogues, num_answers), 1 / num_catalogues)


def fitted(
    kind: str,
    predictions: Float[np.ndarray, "catalogue galaxy answer"],
    truth: Float[np.ndarray, "galaxy answer"],
    seed: int,
) -> Float[np.ndarray, "catalogue answer"]:
    """The weights with the least squared error on these galaxies; answers without a label (NaN) do not count.

    kind: `uniform` is not fitted, `shared` has one weight per catalogue, `per_answer` one for each answer as well; an
    answer without any label then keeps equal weights.
    """
    num_catalogues, _, num_answers = predictions.shape
    if kind == "uniform":
        return uniform(num_catalogues, num_answers)
    first = SPREAD * draws.generator(seed, 0, BLEND).standard_normal((num_catalogues, num_answers))
    products = error_products(predictions, truth)
    if kind == "shared":
        return np.repeat(least(products.sum(0), first[:, 0])[:, None], num_answers, axis=1)
    return np.stack([least(products[answer], first[:, answer]) for answer in range(num_answers)], axis=1)


def error_products(
    predictions: Float[np.ndarray, "catalogue galaxy answer"], truth: Float[np.ndarray, "galaxy answer"]
) -> Float[np.ndarray, "answer catalogue catalogue"]:
    """S with wᵀSw, summed over answers, the mean squared error of weights w that sum to 1.

    Because they do, the error of the blend is the blend of the errors. einsum, unlike a matrix product, gives the same
    bits for any number of threads.
    """
    known = ~np.isnan(truth)
    errors = np.where(known, predictions - truth, 0)
    return np.einsum("kga,lga->akl", errors, errors, optimize=False) / max(known.sum(), 1)


def least(
    products: Float[np.ndarray, "catalogue catalogue"], first: Float[np.ndarray, " catalogue"]
) -> Float[np.ndarray, " catalogue"]:
    """The softmax weights w that minimise wᵀSw, from these first logits. There is one minimum, because S is convex."""
    if not products.any():
        return np.full(len(first), 1 / len(first))
    from scipy.optimize import minimize

    relative = products / np.diag(products).mean()
    limits = {"gtol": GRADIENT, "ftol": 0.0, "maxfun": EVALUATIONS, "maxiter": EVALUATIONS}
    return softmax(minimize(error_and_gradient, first, relative, "L-BFGS-B", jac=True, options=limits).x)


def error_and_gradient(
    logits: Float[np.ndarray, " catalogue"], products: Float[np.ndarray, "catalogue catalogue"]
) -> tuple[float, Float[np.ndarray, " catalogue"]]:
    """wᵀSw for the softmax w of the logits, and its derivative by them, 2w(Sw − wᵀSw)."""
    weights = softmax(logits)
    slope = products @ weights
    return weights @ slope, 2 * weights * (slope - weights @ slope)


def softmax(logits: Float[np.ndarray, " catalogue"]) -> Float[np.ndarray, " catalogue"]:
    """Positive numbers that sum to 1."""
    positive = np.exp(logits - logits.max())
    return positive / positive.sum()


def blend(
    predictions: Float[np.ndarray, "catalogue galaxy answer"], weights: Float[np.ndarray, "catalogue answer"]
) -> Float[np.ndarray, "galaxy answer"]:
    """The weighted mean over catalogues, summed in their order, so that its bits depend on nothing else."""
    total = np.zeros(predictions.shape[1:])
    for one, its in zip(predictions, weights, strict=True):
        total += its * one
    return total


def table(
    kind: str,
    weights: Float[np.ndarray, "catalogue answer"],
    names: Sequence[str],
    fingerprints: Sequence[str],
    answers: Sequence[str],
) -> str:
    """`weights.csv`: a row per catalogue, by name, or per catalogue and answer."""
    by_name = sorted(range(len(names)), key=lambda member: names[member])
    cells = [("catalogue", "sha256", *(["answer"] if kind == "per_answer" else []), "weight")]
    for member in by_name:
        who = in_quotes(names[member]), fingerprints[member]
        if kind == "per_answer":
            cells += [(*who, in_quotes(a), f"{w:.17g}") for a, w in zip(answers, weights[member], strict=True)]
        else:
            cells.append((*who, f"{weights[member, 0]:.17g}"))
    return "".join(",".join(row) + "\n" for row in cells)


def in_quotes(text: str) -> str:
    """A cell of a CSV file, in quotes where it needs them."""
    return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in ',"\r\n') else text
