"""The Dirichlet-multinomial likelihood of volunteers' votes, question by question.

A question with answers i of concentrations a_i (A in all) that n_i volunteers gave (N in all) has the probability

    N! / prod(n_i!) · prod(Gamma(a_i + n_i) / Gamma(a_i)) · Gamma(A) / Gamma(A + N)

the Dirichlet-multinomial (Mosimann 1962, Biometrika 49, 65). The logarithm of it, summed over the questions of a tree,
is what Walmsley et al. (2022, MNRAS 509, 3966) maximise; Walmsley et al. (2020, MNRAS 491, 1554) had one question with
two answers.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from zoo.schema import VoteCounts

SHIFT = 8
"""Stirling's series is taken at this argument or above, where the terms kept are good to 1e-11."""

STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680)
"""Coefficients of 1/x, 1/x³, … in log Gamma(x) (Abramowitz & Stegun 1964, 6.1.41)."""


def log_likelihood(
    concentrations: Float[Tensor, "galaxy answer"], votes: Float[Tensor, "galaxy answer"], tree: VoteCounts
) -> Float[Tensor, " galaxy"]:
    """The logarithm of the probability of a galaxy's votes, of all questions together.

    A question without votes, or whose votes are NaN, adds an exact zero and has no gradient. In the precision of the
    concentrations: differences of log Gamma are never taken, so that float32 keeps six digits.
    """
    votes = votes.nan_to_num().to(concentrations.dtype)
    own, given = (torch.stack([x[:, where].sum(1) for where in tree.slices], dim=1) for x in (concentrations, votes))
    ways = torch.lgamma(given + 1).sum(1) - torch.lgamma(votes + 1).sum(1)
    return ways + log_rising(concentrations, votes).sum(1) - log_rising(own, given).sum(1)


def log_rising(x: Float[Tensor, "*shape"], n: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """log(Gamma(x + n) / Gamma(x)) for x > 0 and n ≥ 0, without cancellation; an exact zero for n = 0.

    Both arguments are moved up by SHIFT with Gamma(x + 1) = x·Gamma(x), and Stirling's series is subtracted term by
    term: log Gamma itself grows like x log x, and in float32 the difference of two would lose the digits that count.
    """
    moved = sum(torch.log(x + k) - torch.log(x + n + k) for k in range(SHIFT))
    y = x + SHIFT
    raised = n * torch.log(y) + (y + n - 0.5) * torch.log1p(n / y) - n + _series(y + n) - _series(y)
    return torch.where(n == 0, torch.zeros_like(x), raised + moved)


def _series(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """What Stirling's formula without its series lacks; no power of a large number is taken."""
    inverse = 1 / x
    value = torch.zeros_like(x)
    for coefficient in reversed(STIRLING):
        value = coefficient + inverse.square() * value
    return inverse * value
