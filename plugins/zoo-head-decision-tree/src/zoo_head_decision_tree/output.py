"""The output layer of a decision tree: any numbers become vote fractions that obey the tree.

After Dieleman, Willett & Dambre (2015, MNRAS 450, 1441), section 5.3, as in their released code.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from zoo.schema import VoteFractions

EPSILON = 1e-12
"""Keeps a question without any positive output at zero instead of 0/0; half precision cannot hold it."""


def fractions(outputs: Float[Tensor, "galaxy answer"], tree: VoteFractions) -> Float[Tensor, "galaxy answer"]:
    """Cumulative vote fractions in [0, 1]: a question's answers sum to the fraction of the answer it follows.

    Each question's outputs are rectified, divided by their sum and multiplied by the fraction of the parent answer,
    which is weighted by its own parents already. A question whose outputs are all zero or less gives zeros, gets no
    gradient, and silences the questions behind it. Computed in float32 or better, also under autocast.
    """
    with torch.autocast(outputs.device.type, enabled=False):
        positive = outputs.to(torch.promote_types(outputs.dtype, torch.float32)).relu()
        by_question = positive.split([len(question.answers) for question in tree.questions], dim=1)
        questions: list[Float[Tensor, "galaxy answer_of_question"]] = []
        answers: list[Float[Tensor, "galaxy 1"]] = []
        for support, parent in zip(by_question, tree.parents, strict=True):
            shares = support / (support.sum(1, keepdim=True) + EPSILON)
            questions.append(shares if parent is None else shares * answers[parent])
            answers += questions[-1].split(1, dim=1)
        return torch.cat(questions, dim=1)
