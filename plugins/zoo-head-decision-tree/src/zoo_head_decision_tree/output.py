"""The output layer of a decision tree: any numbers become vote fractions that obey the tree.

After Dieleman, Willett & Dambre (2015, MNRAS 450, 1441), section 5.3, as in their released code.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from zoo.schema import VoteFractions
from zoo_head_decision_tree.normalisation import NORMALISATIONS


def fractions(
    outputs: Float[Tensor, "galaxy answer"],
    tree: VoteFractions,
    output: str = "relu",
    stop_gradient: bool = False,
    bound: bool = True,
) -> Float[Tensor, "galaxy answer"]:
    """Cumulative vote fractions in [0, 1]: a question's answers sum to the fraction of the answer it follows.

    Each question's outputs are normalised as `output` says, the published way being rectified and divided by their sum,
    and multiplied by the fraction of the parent answer, which is weighted by its own parents already. A question whose
    outputs are all zero or less then gives zeros, gets no gradient, and silences the questions behind it.
    stop_gradient: whether parents count as constants. bound: without it supports take the place of shares, and sums
    are whatever they are. Computed in float32 or better, also under autocast.
    """
    chosen = NORMALISATIONS[output]
    with torch.autocast(outputs.device.type, enabled=False):
        supports = chosen.support(outputs.to(torch.promote_types(outputs.dtype, torch.float32)))
        by_question = supports.split([len(question.answers) for question in tree.questions], dim=1)
        questions: list[Float[Tensor, "galaxy answer_of_question"]] = []
        answers: list[Float[Tensor, "galaxy 1"]] = []
        for support, parent in zip(by_question, tree.parents, strict=True):
            shares = chosen.shares(support) if bound else support
            if parent is not None:
                shares = shares * (answers[parent].detach() if stop_gradient else answers[parent])
            questions.append(shares)
            answers += shares.split(1, dim=1)
        return torch.cat(questions, dim=1)


def broken_sums(
    fractions: Float[Tensor, "galaxy answer"],
    known: Bool[Tensor, "galaxy answer"],
    tree: VoteFractions,
    stop_gradient: bool,
) -> Float[Tensor, ""]:
    """The mean square by which questions, those whose answers are all known, miss the fraction of their parent."""
    misses, counted = [], []
    for where, parent in zip(tree.slices, tree.parents, strict=True):
        due = torch.ones_like(fractions[:, 0]) if parent is None else fractions[:, parent]
        misses.append(fractions[:, where].sum(1) - (due.detach() if stop_gradient else due))
        counted.append(known[:, where].all(1))
    counts = torch.stack(counted)
    return torch.where(counts, torch.stack(misses), 0).square().sum() / counts.sum().clamp(min=1)
