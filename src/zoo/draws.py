"""Randomness as a function: the order of galaxies and the draws of each are computed, never remembered.

A counter-based generator (Philox; Salmon et al. 2011) keyed by seed and epoch gives one table of uniforms per epoch,
indexed by the galaxy. So the same galaxy gets the same augmentation whatever the batch size, the number of workers or
ranks, and a training that was broken off goes on exactly.
"""

import hashlib

import numpy as np
from jaxtyping import Float32, Int64

ORDER, AUGMENTATION = 0, 1


def generator(seed: int, epoch: int, purpose: int) -> np.random.Generator:
    """A generator that depends on its arguments only."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, purpose, epoch]))


def order(seed: int, epoch: int, n: int) -> Int64[np.ndarray, " n"]:
    """A permutation of n galaxies."""
    return generator(seed, epoch, ORDER).permutation(n)


def uniforms(seed: int, epoch: int, n: int, num_draws: int) -> Float32[np.ndarray, "n draw"]:
    """The uniform numbers in [0, 1) of n galaxies."""
    return generator(seed, epoch, AUGMENTATION).random((n, num_draws), dtype=np.float32)


def step_seed(seed: int, step: int, rank: int) -> int:
    """The seed of torch's generator (dropout) for one step of one rank."""
    digest = hashlib.blake2b(f"{seed}:{step}:{rank}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
