"""Random numbers that depend on the survey's seed, the galaxy's number and their purpose alone."""

import numpy as np

PURPOSES = ("galaxy", "votes", "texture", "field", "noise", "position")


def stream(seed: int, index: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose: streams of one galaxy never meet, so drawing more from one moves no other.

    Philox is counter-based (Salmon et al. 2011): the key is (seed, index), and each purpose has
    2**192 numbers of its own.
    """
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 0, PURPOSES.index(purpose)]))
