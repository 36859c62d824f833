"""Volunteers whose answers are Dirichlet-multinomial: each galaxy's chances are drawn, then walked down the tree."""

import numpy as np


def chances(concentrations, tree, random):
    """The chance of each answer to a volunteer who is asked, a Dirichlet draw per galaxy and question."""
    drawn = random.standard_gamma(concentrations)
    return np.concatenate([drawn[:, k] / drawn[:, k].sum(1, keepdims=True) for k in tree.slices], axis=1)


def votes(chances, tree, volunteers, random):
    """Numbers of votes: as many volunteers come to a question as gave the answer before it."""
    found = np.zeros(chances.shape)
    for where, parent in zip(tree.slices, tree.parents, strict=True):
        asked = np.full(len(chances), volunteers) if parent is None else found[:, parent].astype(int)
        found[:, where] = random.multinomial(asked, chances[:, where])
    return found
