"""Votes as shares of their question, and shares as cumulative fractions along the tree."""

import torch
from jaxtyping import Float
from torch import Tensor

from zoo.schema import VoteCounts


def shares(votes: Float[Tensor, "galaxy answer"], tree: VoteCounts) -> Float[Tensor, "galaxy answer"]:
    """Each answer's share of the votes on its question; NaN for a question without votes."""
    questions = votes.split([len(question.answers) for question in tree.questions], dim=1)
    return torch.cat([given / given.sum(1, keepdim=True) for given in questions], dim=1)


def reached(shares: Float[Tensor, "galaxy answer"], tree: VoteCounts) -> Float[Tensor, "galaxy question"]:
    """The probability that a volunteer comes to each question: the product of the shares that lead to it."""
    answers: list[Float[Tensor, " galaxy"]] = []
    questions: list[Float[Tensor, " galaxy"]] = []
    for where, parent in zip(tree.slices, tree.parents, strict=True):
        questions.append(torch.ones_like(shares[:, 0]) if parent is None else answers[parent])
        answers += [questions[-1] * share for share in shares[:, where].unbind(1)]
    return torch.stack(questions, dim=1)


def cumulative(shares: Float[Tensor, "galaxy answer"], tree: VoteCounts) -> Float[Tensor, "galaxy answer"]:
    """Fractions of all volunteers, as the head `decision_tree` predicts them: shares times the way to their question.

    With the shares of votes, a question that nobody came to has zeros, not NaN; NaN remains where the first question
    has no votes.
    """
    sizes = torch.tensor([len(question.answers) for question in tree.questions], device=shares.device)
    roots = [where for where, parent in zip(tree.slices, tree.parents, strict=True) if parent is None]
    unknown = torch.cat([shares[:, where] for where in roots], dim=1).isnan().all(1, keepdim=True)
    known = shares.nan_to_num()
    found = known * reached(known, tree).repeat_interleave(sizes, dim=1)
    return torch.where(unknown, torch.nan, found)
